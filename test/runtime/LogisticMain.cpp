//===- LogisticMain.cpp - the program of the tests as a binary ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The same `main` that the compiler generates, over a data source in memory.
//
//===----------------------------------------------------------------------===//

#include "Logistic.h"
#include "MemorySource.h"
#include "runtime/RunProgram.h"

int main(int argc, char **argv) {
  return fanfold::runProgram(fanfold::test::logistic, fanfold::makeCpuDevice(),
                             fanfold::test::openMemorySource, argc, argv);
}

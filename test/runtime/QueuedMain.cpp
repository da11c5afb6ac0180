//===- QueuedMain.cpp - the program of the tests on a device with a queue -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Logistic.h"
#include "MemorySource.h"
#include "QueuedDevice.h"
#include "runtime/RunProgram.h"

int main(int argc, char **argv) {
  return fanfold::runProgram(fanfold::test::logistic, fanfold::test::makeQueuedDevice(),
                             fanfold::test::openMemorySource, argc, argv);
}

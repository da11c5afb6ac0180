//===- DeployableMain.cpp - a program as the compiler links it ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The `main` that is generated for a GPU, with the data store and all that it needs.
//
//===----------------------------------------------------------------------===//

#include "../Logistic.h"
#include "io/Loader.h"
#include "runtime/RunProgram.h"
#include "runtime/cuda/CudaDevice.h"

int main(int argc, char **argv) {
  return fanfold::runProgram(fanfold::test::logistic, fanfold::makeCudaDevice(),
                             fanfold::io::openDataSource, argc, argv);
}

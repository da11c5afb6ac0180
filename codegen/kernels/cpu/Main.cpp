//===- Main.cpp - main() of programs for the CPU --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cpu/Main.h"
#include "comm/Join.h"
#include "io/Loader.h"
#include "runtime/RunProgram.h"

int fanfold::cpuMain(const Program &program, int argc, char **argv) {
  return runProgram(program, makeCpuDevice(), io::openDataSource, argc, argv, nullptr, joinOnCpu);
}

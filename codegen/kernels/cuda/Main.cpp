//===- Main.cpp - main() of programs for CUDA -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/Main.h"
#include "codegen/kernels/tuning/TuneProgram.h"
#include "comm/Join.h"
#include "io/Loader.h"
#include "runtime/RunProgram.h"
#include "runtime/cuda/CudaDevice.h"

int fanfold::cudaMain(const Program &program, int argc, char **argv) {
  return runProgram(program, makeCudaDevice(), io::openDataSource, argc, argv, tuneCudaProgram,
                    joinOnGpu);
}

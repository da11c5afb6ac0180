//===- Main.h - main() of programs for CUDA -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All that a generated main.cpp includes: declarations of built-in types, so that it
// compiles in no time.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_MAIN_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_MAIN_H

namespace fanfold {

struct Program;

/// runProgram() on a GPU, with data from a store and a `tune` command. Returns the exit
/// status.
int cudaMain(const Program &program, int argc, char **argv);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_MAIN_H

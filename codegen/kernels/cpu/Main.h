//===- Main.h - main() of programs for the CPU ----------------------------===//
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

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_MAIN_H
#define FANFOLD_CODEGEN_KERNELS_CPU_MAIN_H

namespace fanfold {

struct Program;

/// runProgram() on the CPU, with data from a store. Returns the exit status.
int cpuMain(const Program &program, int argc, char **argv);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_KERNELS_CPU_MAIN_H

//===- CudaToolchain.h - what builds CUDA programs ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CUDA_CUDATOOLCHAIN_H
#define FANFOLD_CODEGEN_CUDA_CUDATOOLCHAIN_H

#include "runtime/Status.h"

#include <string>

namespace fanfold {

/// The Makefile of a CUDA project, as cpuMakefile; `NVCC=...` and `CXX=...` override the compilers,
/// $NVCC as well.
std::string cudaMakefile();

/// What compiles device code: $NVCC, else the nvcc that Fanfold was built with.
std::string cudaCompiler();

/// Whether nvcc and the libraries of CUDA programs are there.
Status checkCudaToolchain();

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CUDA_CUDATOOLCHAIN_H

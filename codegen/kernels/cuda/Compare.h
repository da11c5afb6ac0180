//===- Compare.h - whether memory holds the same bits ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_COMPARE_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_COMPARE_H

#include <cstddef>
#include <cstdint>

namespace fanfold::cuda {

/// Adds the number of bytes in which a and b differ to *count. All three are memory of the
/// device; `stream` is a cudaStream_t.
void countDifferences(void *stream, const void *a, const void *b, size_t bytes, uint64_t *count);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_COMPARE_H

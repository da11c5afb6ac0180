//===- Copy.h - slices of channels ----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What concatenation and slicing come to where no producer can write in place.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_COPY_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_COPY_H

#include <cstdint>
#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// copyChannels for elements of 1, 2 or 4 bytes; all sizes in bytes and multiples of that.
void copyBytes(cudaStream_t stream, int64_t rows, int64_t bytes, const void *src, int64_t srcStride,
               void *dst, int64_t dstStride);

/// For each row, copies `channels` elements from src + row * srcStride to dst + row *
/// dstStride, strides in elements. One call is a slice along channels; one for each
/// operand is a concatenation. Source and destination do not overlap. Moves 16 bytes at a
/// time if addresses, channels and strides allow, or else the most that they do.
template <typename T>
void copyChannels(cudaStream_t stream, int64_t rows, int64_t channels, const T *src,
                  int64_t srcStride, T *dst, int64_t dstStride) {
  constexpr auto size = static_cast<int64_t>(sizeof(T));
  copyBytes(stream, rows, channels * size, src, srcStride * size, dst, dstStride * size);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_COPY_H

//===- Copy.h - slices of channels ----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_COPY_H
#define FANFOLD_CODEGEN_KERNELS_CPU_COPY_H

#include "codegen/kernels/cpu/Parallel.h"

namespace fanfold::cpu {

/// For each row, copies `channels` elements of 4 bytes from src + row * srcStride to
/// dst + row * dstStride, strides in elements. One call is a slice along channels;
/// one for each operand is a concatenation. Source and destination do not overlap.
template <class T>
void copyChannels(int64_t rows, int64_t channels, const T *src, int64_t srcStride, T *dst,
                  int64_t dstStride) {
  static_assert(sizeof(T) == 4, "elements have 4 bytes");
  parallelFor(rows, rowGrain(channels), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c)
        dst[row * dstStride + c] = src[row * srcStride + c];
  });
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_COPY_H

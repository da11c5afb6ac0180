//===- Copy.cu - slices of channels ---------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/Copy.h"
#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/Vec.cuh"

#include <algorithm>

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// A thread for each word; sizes and strides in words.
template <typename Word>
__global__ void __launch_bounds__(blockThreads)
    copyKernel(uint32_t words, Divisor wordsPerRow, const Word *src, int64_t srcStride, Word *dst,
               int64_t dstStride) {
  const uint32_t word = blockIdx.x * blockThreads + threadIdx.x;
  if (word >= words)
    return;
  uint32_t row = word;
  const uint32_t column = wordsPerRow.split(row);
  dst[row * dstStride + column] = src[row * srcStride + column];
}

template <int Bytes>
void copyWords(cudaStream_t stream, int64_t rows, int64_t bytes, const void *src, int64_t srcStride,
               void *dst, int64_t dstStride) {
  using Word = typename detail::Word<Bytes>::Type;
  const int64_t wordsPerRow = bytes / Bytes;
  const int64_t step = std::max<int64_t>(1, maxGroups / wordsPerRow);
  srcStride /= Bytes;
  dstStride /= Bytes;
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t words = std::min(step, rows - first) * wordsPerRow;
    copyKernel<<<static_cast<unsigned>(divideUp(words, blockThreads)), blockThreads, 0, stream>>>(
        static_cast<uint32_t>(words), Divisor(wordsPerRow),
        static_cast<const Word *>(src) + first * srcStride, srcStride,
        static_cast<Word *>(dst) + first * dstStride, dstStride);
  }
}

} // namespace

void fanfold::cuda::copyBytes(cudaStream_t stream, int64_t rows, int64_t bytes, const void *src,
                              int64_t srcStride, void *dst, int64_t dstStride) {
  if (rows == 0 || bytes == 0)
    return;
  // The lowest bit of all of them is what they have in common.
  const uint64_t all = reinterpret_cast<uintptr_t>(src) | reinterpret_cast<uintptr_t>(dst) |
                       static_cast<uint64_t>(bytes | srcStride | dstStride);
  if (all % 16 == 0)
    copyWords<16>(stream, rows, bytes, src, srcStride, dst, dstStride);
  else if (all % 8 == 0)
    copyWords<8>(stream, rows, bytes, src, srcStride, dst, dstStride);
  else if (all % 4 == 0)
    copyWords<4>(stream, rows, bytes, src, srcStride, dst, dstStride);
  else if (all % 2 == 0)
    copyWords<2>(stream, rows, bytes, src, srcStride, dst, dstStride);
  else
    copyWords<1>(stream, rows, bytes, src, srcStride, dst, dstStride);
}

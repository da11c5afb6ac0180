//===- Compare.cu - whether memory holds the same bits --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/Compare.h"
#include "codegen/kernels/cuda/Launch.h"

#include <algorithm>

using namespace fanfold::cuda;

namespace {

/// A thread's share lies blockDim * gridDim words apart, so that a warp reads whole lines.
template <typename Word>
__global__ void __launch_bounds__(blockThreads)
    compareKernel(const Word *a, const Word *b, size_t words, unsigned long long *count) {
  unsigned long long differences = 0;
  const size_t step = size_t{gridDim.x} * blockThreads;
  for (size_t i = size_t{blockIdx.x} * blockThreads + threadIdx.x; i < words; i += step) {
    const Word difference = a[i] ^ b[i];
    for (size_t byte = 0; byte < sizeof(Word); ++byte)
      differences += ((difference >> (8 * byte)) & 0xff) != 0;
  }
  if (differences)
    atomicAdd(count, differences);
}

template <typename Word>
void compare(cudaStream_t stream, const void *a, const void *b, size_t words, uint64_t *count) {
  constexpr int64_t mostBlocks = 2048;
  const int64_t blocks = std::min(mostBlocks, divideUp(int64_t(words), blockThreads));
  compareKernel<<<unsigned(blocks), blockThreads, 0, stream>>>(
      static_cast<const Word *>(a), static_cast<const Word *>(b), words,
      reinterpret_cast<unsigned long long *>(count));
}

} // namespace

void fanfold::cuda::countDifferences(void *stream, const void *a, const void *b, size_t bytes,
                                     uint64_t *count) {
  if (bytes == 0)
    return;
  const auto queue = static_cast<cudaStream_t>(stream);
  const uint64_t all = reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b) | bytes;
  if (all % sizeof(uint64_t) == 0)
    compare<uint64_t>(queue, a, b, bytes / sizeof(uint64_t), count);
  else
    compare<uint8_t>(queue, a, b, bytes, count);
}

//===- BlockReduce.cuh - sums within a block ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For the kernels of the library that give a row, or a part of a tensor, to a block of
// blockThreads.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_BLOCKREDUCE_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_BLOCKREDUCE_CUH

#include "codegen/kernels/cuda/Launch.h"

namespace fanfold::cuda::detail {

/// The combination of the block's values, for every thread. combine(a, b) is the same in
/// both orders; partners add at the same distance in all threads, so that the result has
/// the same bits in all of them, and in every run. All threads of the block take part.
template <typename T, typename Combine>
__device__ T blockReduce(T value, Combine combine) {
  constexpr int warps = blockThreads / 32;
  __shared__ T shared[warps];
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2)
    value = combine(value, __shfl_xor_sync(0xffffffffu, value, distance));
  __syncthreads(); // The last call's values have been read.
  if (threadIdx.x % 32 == 0)
    shared[threadIdx.x / 32] = value;
  __syncthreads();
  value = shared[0];
#pragma unroll
  for (int warp = 1; warp < warps; ++warp)
    value = combine(value, shared[warp]);
  return value;
}

template <typename T>
__device__ T blockSum(T value) {
  return blockReduce(value, [](T a, T b) { return a + b; });
}

/// Sums of n numbers by one block, in double.
template <typename T>
__device__ double blockSum(int64_t n, const T *values) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < n; i += blockThreads)
    sum += static_cast<double>(values[i]);
  return blockSum(sum);
}

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_BLOCKREDUCE_CUH

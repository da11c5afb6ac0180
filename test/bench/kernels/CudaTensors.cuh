//===- CudaTensors.cuh - tensors for benches of kernels -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_BENCH_KERNELS_CUDATENSORS_CUH
#define FANFOLD_TEST_BENCH_KERNELS_CUDATENSORS_CUH

#include "CudaBench.h"

#include "codegen/kernels/Random.h"
#include "codegen/kernels/cuda/Pointwise.cuh"

namespace fanfold::bench {

using namespace cuda;

template <typename T>
struct RandomFill {
  T *y;
  float low, high;
  using Channels = Nothing;
  using Elements = Nothing;
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(int64_t) const { return {}; }
  __device__ void operator()(int64_t i, Nothing, Nothing) const {
    y[i] = fromFloat<T>(low + (high - low) * kernels::uniform(1, 2, i));
  }
};

/// `count` random numbers.
template <typename T>
T *randomTensor(Memory &memory, int64_t count, float low = -1, float high = 1) {
  T *tensor = memory.allocate<T>(count);
  pointwiseFlat<1>(cudaStreamLegacy, count, RandomFill<T>{tensor, low, high});
  bench::check(cudaDeviceSynchronize(), "filling a tensor");
  return tensor;
}

constexpr int64_t batch = 256;

} // namespace fanfold::bench

#endif // FANFOLD_TEST_BENCH_KERNELS_CUDATENSORS_CUH

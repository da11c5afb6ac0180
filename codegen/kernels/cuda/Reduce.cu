//===- Reduce.cu - the last steps of sums, and sums over a whole tensor ---===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/BlockReduce.cuh"
#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/Elements.cuh"
#include "codegen/kernels/cuda/Reduce.h"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// A block takes 8 columns, which are one sector of memory, in 32 lanes.
constexpr int columns = 8, lanes = blockThreads / columns;

/// Where the sum of a column goes: to one of a few arrays, or to a tensor.
struct ToTargets {
  SumTargets targets;
  int64_t channels;
  __device__ void operator()(int64_t column, double sum) const {
    targets.out[column / channels][column % channels] = static_cast<float>(sum);
  }
};
template <typename T>
struct ToTensor {
  T *out;
  __device__ void operator()(int64_t column, double sum) const {
    out[column] = fromFloat<T>(static_cast<float>(sum));
  }
};

template <typename Store>
__global__ void __launch_bounds__(blockThreads)
    sumPartialsKernel(int64_t parts, int64_t width, const float *partials,
                      const __grid_constant__ Store store) {
  __shared__ double shared[lanes][columns];
  const int lane = static_cast<int>(threadIdx.x) / columns;
  const int place = static_cast<int>(threadIdx.x) % columns;
  const int64_t column = int64_t{blockIdx.x} * columns + place;
  double sum = 0;
  if (column < width) {
#pragma unroll 4
    for (int64_t part = lane; part < parts; part += lanes)
      sum += static_cast<double>(partials[part * width + column]);
  }
  shared[lane][place] = sum;
  for (int distance = lanes / 2; distance > 0; distance /= 2) {
    __syncthreads();
    if (lane < distance)
      shared[lane][place] += shared[lane + distance][place];
  }
  if (lane == 0 && column < width)
    store(column, shared[0][place]);
}

template <typename T>
__global__ void __launch_bounds__(blockThreads)
    squaresKernel(int64_t n, const T *x, double *partials) {
  double sum = 0;
  forElements(n, x, int64_t{blockIdx.x} * blockThreads + threadIdx.x,
              int64_t{gridDim.x} * blockThreads,
              [&](float v) { sum += static_cast<double>(v) * static_cast<double>(v); });
  sum = blockSum(sum);
  if (threadIdx.x == 0)
    partials[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(blockThreads)
    totalKernel(int64_t n, const double *partials, float *out) {
  const double sum = blockSum(n, partials);
  if (threadIdx.x == 0)
    *out = static_cast<float>(sum);
}

} // namespace

template <typename Store>
static void launchSumPartials(cudaStream_t stream, int64_t parts, int64_t width,
                              const float *partials, const Store &store) {
  if (width > 0)
    sumPartialsKernel<<<static_cast<unsigned>(divideUp(width, columns)), blockThreads, 0, stream>>>(
        parts, width, partials, store);
}

void fanfold::cuda::sumPartials(cudaStream_t stream, int64_t parts, int sums, int64_t channels,
                                const float *partials, const SumTargets &targets) {
  launchSumPartials(stream, parts, sums * channels, partials, ToTargets{targets, channels});
}

template <typename T>
void fanfold::cuda::sumPartials(cudaStream_t stream, int64_t parts, int64_t n,
                                const float *partials, T *out) {
  launchSumPartials(stream, parts, n, partials, ToTensor<T>{out});
}

template <typename T>
void fanfold::cuda::sumOfSquares(cudaStream_t stream, int64_t n, const T *x, float *out,
                                 void *workspace) {
  auto *partials = static_cast<double *>(workspace);
  const int64_t blocks = sumOfSquaresBlocks(n);
  squaresKernel<<<static_cast<unsigned>(blocks), blockThreads, 0, stream>>>(n, x, partials);
  totalKernel<<<1, blockThreads, 0, stream>>>(blocks, partials, out);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::sumPartials(cudaStream_t, int64_t, int64_t, const float *, T *);    \
  template void fanfold::cuda::sumOfSquares(cudaStream_t, int64_t, const T *, float *, void *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

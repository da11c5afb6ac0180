//===- BatchNorm.cu - statistics of batch normalisation -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/BatchNorm.h"
#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/PointwiseReduce.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// What becomes of the moments of a channel.
struct Statistics {
  float epsilon, momentum;
  const float *runningMean, *runningVar;
  float *newRunningMean, *newRunningVar;
  float *mean, *invStd;

  /// `squares` is the sum of squared distances from the mean.
  __device__ void write(int64_t c, double count, double center, double squares) const {
    mean[c] = static_cast<float>(center);
    invStd[c] = static_cast<float>(1.0 / sqrt(squares / count + static_cast<double>(epsilon)));
    const double added = static_cast<double>(momentum), kept = 1.0 - added;
    newRunningMean[c] =
        static_cast<float>(kept * static_cast<double>(runningMean[c]) + added * center);
    newRunningVar[c] = static_cast<float>(kept * static_cast<double>(runningVar[c]) +
                                          added * (squares / (count - 1.0)));
  }
};

/// Zero where rounding made it negative; NaN stays.
template <typename T>
__device__ T atLeastZero(T x) {
  return x < T(0) ? T(0) : x;
}

/// partials[row block][0][channel] = the mean of a block's rows, [1] = the sum of squared
/// distances from it. Blocks without rows write nothing. The tiling is that of
/// pointwiseReduce.
template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    momentsKernel(RowTiling tiling, int64_t rowsPerBlock, const T *x, float *partials) {
  const int lane = static_cast<int>(threadIdx.x) / tiling.width;
  const int column = static_cast<int>(threadIdx.x) % tiling.width;
  const int64_t c = (int64_t{blockIdx.y} * tiling.width + column) * V;
  const int64_t begin = blockIdx.x * rowsPerBlock;
  const int64_t rows = min(tiling.rows - begin, rowsPerBlock);
  const bool works = lane < tiling.lanes && lane < rows && c < tiling.channels;

  // Moments of the lane about its first element, which is not far from its mean.
  float first[V] = {}, sums[V] = {}, squares[V] = {};
  float count = 0;
  if (works) {
    const T *in = x + begin * tiling.channels + c;
    const Vec<T, V> v = load<V>(in + lane * tiling.channels);
#pragma unroll
    for (int k = 0; k < V; ++k)
      first[k] = toFloat(v[k]);
    const int64_t start = lane + tiling.lanes;
#pragma unroll 4
    for (int64_t row = start; row < rows; row += tiling.lanes) {
      const Vec<T, V> v = load<V>(in + row * tiling.channels);
#pragma unroll
      for (int k = 0; k < V; ++k) {
        const float distance = toFloat(v[k]) - first[k];
        sums[k] += distance;
        squares[k] += distance * distance;
      }
    }
    count = static_cast<float>(divideUp(rows - lane, tiling.lanes));
  }

  // Means are told as distances from lane 0's first element, so that they stay small.
  __shared__ float origin[V][blockThreads], center[V][blockThreads];
  if (lane == 0) {
#pragma unroll
    for (int k = 0; k < V; ++k)
      origin[k][column] = first[k];
  }
  __syncthreads();
  float laneMean[V] = {}, total[1][V] = {};
  if (works) {
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float fromFirst = sums[k] / count;
      squares[k] = atLeastZero(squares[k] - sums[k] * fromFirst);
      laneMean[k] = (first[k] - origin[k][column]) + fromFirst;
      total[0][k] = count * laneMean[k];
    }
  }
  sumLanes<V, 1>(works ? lane : blockThreads, tiling.lanes, tiling.width, total);
  if (lane == 0) {
#pragma unroll
    for (int k = 0; k < V; ++k)
      center[k][column] = total[0][k] / static_cast<float>(rows);
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < V; ++k) {
    const float distance = works ? laneMean[k] - center[k][column] : 0.0f;
    total[0][k] = squares[k] + count * distance * distance;
  }
  sumLanes<V, 1>(works ? lane : blockThreads, tiling.lanes, tiling.width, total);
  if (!works || lane > 0)
    return;
  Vec<float, V> means, all;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    means[k] = origin[k][column] + center[k][column];
    all[k] = total[0][k];
  }
  float *out = partials + int64_t{blockIdx.x} * 2 * tiling.channels + c;
  store(out, means);
  store(out + tiling.channels, all);
}

/// A block takes 8 channels, which are one sector of memory, in 32 lanes of row blocks.
constexpr int columns = 8, lanes = blockThreads / columns;

/// The moments of the row blocks together (Chan et al.), about the first block's mean.
__global__ void __launch_bounds__(blockThreads)
    combineKernel(int64_t rows, int64_t channels, int64_t rowsPerBlock, const float *partials,
                  const __grid_constant__ Statistics statistics) {
  __shared__ double shared[2][lanes][columns];
  const int lane = static_cast<int>(threadIdx.x) / columns;
  const int column = static_cast<int>(threadIdx.x) % columns;
  const int64_t c = int64_t{blockIdx.x} * columns + column;
  const int64_t blocks = divideUp(rows, rowsPerBlock);
  const double origin = c < channels ? static_cast<double>(partials[c]) : 0.0;
  double sum = 0, squares = 0;
  if (c < channels) {
#pragma unroll 4
    for (int64_t block = lane; block < blocks; block += lanes) {
      const float *partial = partials + block * 2 * channels + c;
      const auto count = static_cast<double>(min(rowsPerBlock, rows - block * rowsPerBlock));
      const double distance = static_cast<double>(partial[0]) - origin;
      sum += count * distance;
      squares += static_cast<double>(partial[channels]) + count * distance * distance;
    }
  }
  shared[0][lane][column] = sum;
  shared[1][lane][column] = squares;
  for (int distance = lanes / 2; distance > 0; distance /= 2) {
    __syncthreads();
    if (lane < distance) {
      shared[0][lane][column] += shared[0][lane + distance][column];
      shared[1][lane][column] += shared[1][lane + distance][column];
    }
  }
  if (lane > 0 || c >= channels)
    return;
  const auto count = static_cast<double>(rows);
  const double offset = shared[0][0][column] / count;
  statistics.write(c, count, origin + offset,
                   atLeastZero(shared[1][0][column] - shared[0][0][column] * offset));
}

__global__ void __launch_bounds__(blockThreads)
    finalizeKernel(int64_t rows, int64_t channels, const float *sum, const float *sumOfSquares,
                   const __grid_constant__ Statistics statistics) {
  const int64_t c = int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (c >= channels)
    return;
  const auto count = static_cast<double>(rows), total = static_cast<double>(sum[c]);
  const double center = total / count;
  statistics.write(c, count, center,
                   atLeastZero(static_cast<double>(sumOfSquares[c]) - total * center));
}

} // namespace

template <typename T>
void fanfold::cuda::batchNormStatistics(cudaStream_t stream, int64_t rows, int64_t channels,
                                        const T *x, float epsilon, float momentum,
                                        const float *runningMean, const float *runningVar,
                                        float *newRunningMean, float *newRunningVar, float *mean,
                                        float *invStd, void *workspace) {
  if (rows == 0 || channels == 0)
    return;
  auto *partials = static_cast<float *>(workspace);
  int64_t rowsPerBlock = 0;
  withWidth<T>(channels, [&](auto width) {
    constexpr int v = width;
    RowTiling tiling(rows, channels, v, reduceChannels);
    tiling.rowBlocks = reduceRowBlocks(rows, channels);
    rowsPerBlock = divideUp(rows, tiling.rowBlocks);
    momentsKernel<v><<<tiling.grid(), blockThreads, 0, stream>>>(tiling, rowsPerBlock, x, partials);
  });
  combineKernel<<<static_cast<unsigned>(divideUp(channels, columns)), blockThreads, 0, stream>>>(
      rows, channels, rowsPerBlock, partials,
      Statistics{epsilon, momentum, runningMean, runningVar, newRunningMean, newRunningVar, mean,
                 invStd});
}

void fanfold::cuda::batchNormFinalize(cudaStream_t stream, int64_t rows, int64_t channels,
                                      const float *sum, const float *sumOfSquares, float epsilon,
                                      float momentum, const float *runningMean,
                                      const float *runningVar, float *newRunningMean,
                                      float *newRunningVar, float *mean, float *invStd) {
  if (channels == 0)
    return;
  const Statistics statistics = {epsilon,        momentum,      runningMean, runningVar,
                                 newRunningMean, newRunningVar, mean,        invStd};
  finalizeKernel<<<static_cast<unsigned>(divideUp(channels, blockThreads)), blockThreads, 0,
                   stream>>>(rows, channels, sum, sumOfSquares, statistics);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::batchNormStatistics(cudaStream_t, int64_t, int64_t, const T *,      \
                                                   float, float, const float *, const float *,     \
                                                   float *, float *, float *, float *, void *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

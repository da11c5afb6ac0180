//===- BatchNorm.cu - statistics of batch normalisation -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/BatchNorm.h"
#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/RowTiling.cuh"
#include "codegen/kernels/cuda/Vec.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// What becomes of the moments of a channel. Divisions are made once, on the host.
struct Statistics {
  double perRow, perRowUnbiased; ///< One over the rows, and over one less.
  float epsilon, momentum;
  const float *runningMean, *runningVar;
  float *newRunningMean, *newRunningVar;
  float *mean, *invStd;

  /// What was running before. It may lie where write() writes, so a thread reads it first,
  /// which also is when there is time for it.
  struct Running {
    float mean, var;
  };
  __device__ Running running(int64_t c) const { return {runningMean[c], runningVar[c]}; }

  /// `squares` is the sum of squared distances from the mean.
  __device__ void write(int64_t c, const Running &running, double center, double squares) const {
    const double added = static_cast<double>(momentum), kept = 1.0 - added;
    mean[c] = static_cast<float>(center);
    invStd[c] = 1.0f / sqrtf(static_cast<float>(squares * perRow + static_cast<double>(epsilon)));
    newRunningMean[c] =
        static_cast<float>(kept * static_cast<double>(running.mean) + added * center);
    newRunningVar[c] = static_cast<float>(kept * static_cast<double>(running.var) +
                                          added * (squares * perRowUnbiased));
  }
};

/// Zero where rounding made it negative; NaN stays.
template <typename T>
__device__ T atLeastZero(T x) {
  return x < T(0) ? T(0) : x;
}

/// How many rows each of the row blocks has, as forRows deals them: batches in turn.
struct RowParts {
  int64_t batchRows; ///< Of all lanes of a block.
  int64_t batches;   ///< Of the blocks with the fewest.
  int64_t oneMore;   ///< So many blocks, from the first on, have one batch more.
  int64_t lastBlock; ///< Has the last batch,
  int64_t missing;   ///< to which these rows are missing.
  int count;

  RowParts(const RowTiling &tiling, int batch)
      : batchRows(int64_t{tiling.lanes} * batch), count(static_cast<int>(tiling.rowBlocks)) {
    const int64_t all = divideUp(tiling.rows, batchRows);
    batches = all / count;
    oneMore = all % count;
    lastBlock = (all - 1) % count;
    missing = all * batchRows - tiling.rows;
  }
  __device__ float rowsOf(int block) const {
    const int64_t rows = (batches + (block < oneMore ? 1 : 0)) * batchRows;
    return static_cast<float>(block == lastBlock ? rows - missing : rows);
  }
};

/// Rows that a thread reads ahead.
constexpr int batchOfMoments = 4;

template <int V, typename T>
struct Input {
  const T *x;
  int64_t gap; ///< Elements between rows.

  using Elements = Vec<T, V>;
  __device__ Elements elements(ElementIndex i) const { return load<V>(x + i.apart(gap)); }
};

/// partials[row block][0][channel] = the mean of a block's rows, [1] = the sum of squared
/// distances from it. Distances are from the block's first row until then, so that sums
/// over threads are plain sums.
template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    momentsKernel(RowTiling tiling, const __grid_constant__ RowParts parts, const Input<V, T> input,
                  float *partials) {
  const int lane = tiling.lane();
  const int64_t c = tiling.channel(V);
  const T *firstRow = input.x + blockIdx.x * parts.batchRows * (tiling.channels + input.gap);
  float sums[V] = {}, squares[V] = {};
  if (lane < tiling.lanes && c < tiling.channels) {
    float origin[V];
    const Vec<T, V> first = load<V>(firstRow + c);
#pragma unroll
    for (int k = 0; k < V; ++k)
      origin[k] = toFloat(first[k]);
    forRows<batchOfMoments>(input, tiling, lane, c, [&](ElementIndex, const Vec<T, V> &v) {
#pragma unroll
      for (int k = 0; k < V; ++k) {
        const float distance = toFloat(v[k]) - origin[k];
        sums[k] += distance;
        squares[k] += distance * distance;
      }
    });
  }

  // The gap keeps the V rows that a warp reads in different banks.
  __shared__ float shared[2][V][blockThreads + 4];
#pragma unroll
  for (int k = 0; k < V; ++k) {
    shared[0][k][threadIdx.x] = sums[k];
    shared[1][k][threadIdx.x] = squares[k];
  }
  __syncthreads();
  const int local = static_cast<int>(threadIdx.x);
  const int64_t own = int64_t{blockIdx.y} * tiling.width * V + local;
  if (local >= tiling.width * V || own >= tiling.channels)
    return;
  const float origin = toFloat(firstRow[own]), rows = parts.rowsOf(static_cast<int>(blockIdx.x));
  float sum = 0, square = 0;
#pragma unroll 8
  for (int l = 0; l < tiling.lanes; ++l) {
    sum += shared[0][local % V][l * tiling.width + local / V];
    square += shared[1][local % V][l * tiling.width + local / V];
  }
  const float distance = sum / rows;
  float *out = partials + int64_t{blockIdx.x} * 2 * tiling.channels + own;
  out[0] = origin + distance;
  out[tiling.channels] = atLeastZero(square - sum * distance);
}

/// A block takes 8 channels, which are one sector of memory, in 64 lanes of row blocks. A
/// lane reads 8 of them ahead, which are all that there are.
constexpr int columns = 8, lanes = 64, batchOfParts = 8, warps = columns * lanes / 32;
static_assert(batchNormBlocks <= lanes * batchOfParts, "one batch");

/// The moments of the row blocks together (Chan et al.), about the first block's mean.
__global__ void __launch_bounds__(columns *lanes)
    combineKernel(int64_t channels, const __grid_constant__ RowParts parts, const float *partials,
                  const __grid_constant__ Statistics statistics) {
  const int lane = static_cast<int>(threadIdx.x) / columns;
  const int column = static_cast<int>(threadIdx.x) % columns;
  const int64_t c = int64_t{blockIdx.x} * columns + column;
  const bool works = c < channels;
  Statistics::Running running = {};
  if (works && lane == 0)
    running = statistics.running(c);
  const double origin = works ? static_cast<double>(partials[c]) : 0.0;
  float means[batchOfParts] = {}, partSquares[batchOfParts] = {};
#pragma unroll
  for (int k = 0; k < batchOfParts; ++k)
    if (const int part = lane + k * lanes; works && part < parts.count) {
      const float *partial = partials + int64_t{part} * 2 * channels + c;
      means[k] = partial[0];
      partSquares[k] = partial[channels];
    }
  double sum = 0, squares = 0;
#pragma unroll
  for (int k = 0; k < batchOfParts; ++k)
    if (const int part = lane + k * lanes; part < parts.count) {
      const auto count = static_cast<double>(parts.rowsOf(part));
      const double distance = static_cast<double>(means[k]) - origin;
      sum += count * distance;
      squares += static_cast<double>(partSquares[k]) + count * distance * distance;
    }
#pragma unroll
  for (int distance = 16; distance >= columns; distance /= 2) {
    sum += __shfl_xor_sync(0xffffffffu, sum, distance);
    squares += __shfl_xor_sync(0xffffffffu, squares, distance);
  }
  __shared__ double shared[2][warps][columns];
  if (threadIdx.x % 32 < columns) {
    shared[0][threadIdx.x / 32][column] = sum;
    shared[1][threadIdx.x / 32][column] = squares;
  }
  __syncthreads();
  if (lane > 0 || !works)
    return;
#pragma unroll
  for (int warp = 1; warp < warps; ++warp) {
    sum += shared[0][warp][column];
    squares += shared[1][warp][column];
  }
  const double offset = sum * statistics.perRow;
  statistics.write(c, running, origin + offset, atLeastZero(squares - sum * offset));
}

/// Few threads for a block: there are few channels, and as many multiprocessors.
constexpr int finalizeThreads = 32;

__global__ void __launch_bounds__(finalizeThreads)
    finalizeKernel(int64_t channels, const float *sum, const float *sumOfSquares,
                   const __grid_constant__ Statistics statistics) {
  const int64_t c = int64_t{blockIdx.x} * finalizeThreads + threadIdx.x;
  if (c >= channels)
    return;
  const auto total = static_cast<double>(sum[c]), all = static_cast<double>(sumOfSquares[c]);
  const Statistics::Running running = statistics.running(c);
  const double center = total * statistics.perRow;
  statistics.write(c, running, center, atLeastZero(all - total * center));
}

} // namespace

template <typename T>
void fanfold::cuda::batchNormStatistics(cudaStream_t stream, int64_t rows, int64_t channels,
                                        const T *x, int64_t pitch, float epsilon, float momentum,
                                        const float *runningMean, const float *runningVar,
                                        float *newRunningMean, float *newRunningVar, float *mean,
                                        float *invStd, void *workspace) {
  if (rows == 0 || channels == 0)
    return;
  auto *partials = static_cast<float *>(workspace);
  const auto count = static_cast<double>(rows);
  const Statistics statistics = {
      1.0 / count, 1.0 / (count - 1.0), epsilon,       momentum, runningMean,
      runningVar,  newRunningMean,      newRunningVar, mean,     invStd};
  withWidth<T>(channels, [&](auto width) {
    constexpr int v = width;
    RowTiling tiling(rows, channels, v, batchNormChannels);
    tiling.cutRows(batchNormRowBlocks(rows, channels), batchOfMoments);
    const RowParts parts(tiling, batchOfMoments);
    momentsKernel<v><<<tiling.grid(), blockThreads, 0, stream>>>(
        tiling, parts, Input<v, T>{x, pitch - channels}, partials);
    combineKernel<<<static_cast<unsigned>(divideUp(channels, columns)), columns * lanes, 0,
                    stream>>>(channels, parts, partials, statistics);
  });
}

void fanfold::cuda::batchNormFinalize(cudaStream_t stream, int64_t rows, int64_t channels,
                                      const float *sum, const float *sumOfSquares, float epsilon,
                                      float momentum, const float *runningMean,
                                      const float *runningVar, float *newRunningMean,
                                      float *newRunningVar, float *mean, float *invStd) {
  if (channels == 0)
    return;
  const auto count = static_cast<double>(rows);
  const Statistics statistics = {
      1.0 / count, 1.0 / (count - 1.0), epsilon,       momentum, runningMean,
      runningVar,  newRunningMean,      newRunningVar, mean,     invStd};
  finalizeKernel<<<static_cast<unsigned>(divideUp(channels, finalizeThreads)), finalizeThreads, 0,
                   stream>>>(channels, sum, sumOfSquares, statistics);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::batchNormStatistics(                                                \
      cudaStream_t, int64_t, int64_t, const T *, int64_t, float, float, const float *,             \
      const float *, float *, float *, float *, float *, void *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

//===- PointwiseReduce.cuh - elementwise kernels with channel sums --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pointwise kernel that also sums terms over the rows of each channel:
//
//   struct pointwise4 {
//     const __half *x0, *x1; const float *x2;
//     __device__ void operator()(int64_t i, int c, float (&terms)[2][8]) const {
//       auto a0 = load<8>(x0 + i), a1 = load<8>(x1 + i);
//       auto a2 = load<8>(x2 + c);
//   #pragma unroll
//       for (int k = 0; k < 8; ++k) {
//         terms[0][k] = toFloat(a0[k]);
//         terms[1][k] = toFloat(a0[k]) * (toFloat(a1[k]) - a2[k]);
//       }
//     }
//   };
//   cuda::pointwiseReduce<8, 2>(stream, rows, channels, pointwise4{...}, {y0, y1}, workspace);
//
// The functor may store elements as well, and keeps to what Pointwise.cuh says.
//
// How the work is cut. A block takes some channels, at most 512, and some rows. Its
// threads stand side by side over the channels, and in as many lanes over the rows as
// there is room for; here 3 groups of V channels, and 85 lanes:
//
//            group 0   group 1   group 2
//   row 0    thread 0  thread 1  thread 2      lane 0
//   row 1    thread 3  thread 4  thread 5      lane 1
//   ...
//   row 85   thread 0  thread 1  thread 2      lane 0
//
// A thread adds its rows in fp32, lanes are added as a tree, and blocks, in double, by
// sumPartials. The order depends on sizes and V alone.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEREDUCE_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEREDUCE_CUH

#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/Reduce.h"
#include "codegen/kernels/cuda/Vec.cuh"
#include "codegen/kernels/cuda/Workspaces.h"

#include <algorithm>

namespace fanfold::cuda {

namespace detail {

/// How a channel sum is cut into blocks of blockThreads.
struct ReduceTiling {
  int64_t rows, channels;
  int64_t rowsPerBlock;
  int rowBlocks, channelBlocks;
  int width; ///< Groups of V channels of a block.
  int lanes; ///< Rows that a block takes at a time.

  ReduceTiling(int64_t rows, int64_t channels, int v) : rows(rows), channels(channels) {
    const int64_t groups = channels / v;
    const int64_t blocks = divideUp(groups, std::min<int64_t>(blockThreads, reduceChannels / v));
    width = static_cast<int>(divideUp(groups, blocks));
    channelBlocks = static_cast<int>(divideUp(groups, width));
    lanes = blockThreads / width;
    rowBlocks = static_cast<int>(reduceRowBlocks(rows, channels));
    rowsPerBlock = divideUp(rows, rowBlocks);
  }
};

/// values[s][k] of lane 0 becomes the sum over all lanes of a block. All threads of the
/// block take part; `lane` is blockThreads or more for those without work.
template <int V, int S>
__device__ void sumLanes(int lane, int lanes, int width, float (&values)[S][V]) {
  __shared__ float shared[V][blockThreads];
  int highest = 1;
  while (highest < lanes)
    highest *= 2;
#pragma unroll
  for (int s = 0; s < S; ++s) {
#pragma unroll
    for (int k = 0; k < V; ++k)
      shared[k][threadIdx.x] = values[s][k];
    for (int distance = highest / 2; distance > 0; distance /= 2) {
      __syncthreads();
      if (lane < distance && lane + distance < lanes) {
#pragma unroll
        for (int k = 0; k < V; ++k)
          shared[k][threadIdx.x] += shared[k][threadIdx.x + distance * width];
      }
    }
    // Lane 0 reads what it wrote itself.
#pragma unroll
    for (int k = 0; k < V; ++k)
      values[s][k] = shared[k][threadIdx.x];
    __syncthreads();
  }
}

/// partials[row block][s][channel] = the sums of a block.
template <int V, int S, typename F>
__global__ void __launch_bounds__(blockThreads)
    pointwiseReduceKernel(const __grid_constant__ F f, ReduceTiling tiling, float *partials) {
  const int lane = static_cast<int>(threadIdx.x) / tiling.width;
  const int64_t group =
      int64_t{blockIdx.y} * tiling.width + static_cast<int>(threadIdx.x) % tiling.width;
  const int64_t c = group * V;
  const bool works = lane < tiling.lanes && c < tiling.channels;
  float sums[S][V] = {};
  if (works) {
    const int64_t begin = blockIdx.x * tiling.rowsPerBlock;
    const int64_t end = min(tiling.rows, begin + tiling.rowsPerBlock);
#pragma unroll 2
    for (int64_t row = begin + lane; row < end; row += tiling.lanes) {
      float terms[S][V];
      f(row * tiling.channels + c, static_cast<int>(c), terms);
#pragma unroll
      for (int s = 0; s < S; ++s)
#pragma unroll
        for (int k = 0; k < V; ++k)
          sums[s][k] += terms[s][k];
    }
  }
  sumLanes<V, S>(works ? lane : blockThreads, tiling.lanes, tiling.width, sums);
  if (!works || lane > 0)
    return;
#pragma unroll
  for (int s = 0; s < S; ++s) {
    Vec<float, V> sum;
#pragma unroll
    for (int k = 0; k < V; ++k)
      sum[k] = sums[s][k];
    store(partials + (int64_t{blockIdx.x} * S + s) * tiling.channels + c, sum);
  }
}

} // namespace detail

/// Calls f(i, c, terms) once for every group of V elements of a rows x channels tensor,
/// and writes out[s][c] = the sum of terms[s] over the rows of channel c. V divides the
/// channels, which are fewer than 2^31. `workspace` is 16-byte aligned, of
/// pointwiseReduceWorkspaceBytes(rows, channels, S). Two launches.
template <int V, int S, typename F>
void pointwiseReduce(cudaStream_t stream, int64_t rows, int64_t channels, F f,
                     float *const (&out)[S], void *workspace) {
  static_assert(S <= maxSums, "sums of one kernel");
  if (channels == 0)
    return;
  const detail::ReduceTiling tiling(rows, channels, V);
  float *partials = static_cast<float *>(workspace);
  detail::pointwiseReduceKernel<V, S>
      <<<dim3(tiling.rowBlocks, tiling.channelBlocks), blockThreads, 0, stream>>>(f, tiling,
                                                                                  partials);
  SumTargets targets = {};
  std::copy(out, out + S, targets.out);
  sumPartials(stream, tiling.rowBlocks, S, channels, partials, targets);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEREDUCE_CUH

//===- PointwiseReduce.cuh - elementwise kernels with channel sums --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pointwise kernel that also sums terms over the rows of each channel: a functor as
// Pointwise.cuh has it, whose call gives terms as well:
//
//   __device__ void operator()(ElementIndex i, const Channels &p, const Elements &e,
//                              float (&terms)[2][8]) const {
//   #pragma unroll
//     for (int k = 0; k < 8; ++k) {
//       terms[0][k] = toFloat(e.v0[k]);
//       terms[1][k] = toFloat(e.v0[k]) * (toFloat(e.v1[k]) - p.v2[k]);
//     }
//   }
//   cuda::pointwiseReduce<8, 2>(stream, rows, channels, Pointwise4{...}, {y0, y1}, workspace);
//
// It may store elements as well. The work is cut as RowTiling.cuh says, at most 512
// channels for a block. A thread adds its rows in fp32, lanes are added as a tree, and
// blocks, in double, by sumPartials. The order depends on sizes and V alone.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEREDUCE_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEREDUCE_CUH

#include "codegen/kernels/cuda/Pointwise.cuh"
#include "codegen/kernels/cuda/Reduce.h"
#include "codegen/kernels/cuda/Workspaces.h"

#include <algorithm>

namespace fanfold::cuda {

namespace detail {

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
    pointwiseReduceKernel(const __grid_constant__ F f, RowTiling tiling, float *partials) {
  const int lane = tiling.lane();
  const int64_t c = tiling.channel(V);
  const bool works = lane < tiling.lanes && c < tiling.channels;
  float sums[S][V] = {};
  if (works) {
    const auto p = f.channels(static_cast<int>(c));
    forRows<batchOf<F>>(f, tiling, lane, c,
                        [&](ElementIndex i, const typename F::Elements &elements) {
                          float terms[S][V];
                          f(i, p, elements, terms);
#pragma unroll
                          for (int s = 0; s < S; ++s)
#pragma unroll
                            for (int k = 0; k < V; ++k)
                              sums[s][k] += terms[s][k];
                        });
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

/// Calls f once for every group of V elements of a rows x channels tensor,
/// and writes out[s][c] = the sum of terms[s] over the rows of channel c. V divides the
/// channels, which are fewer than 2^31. `workspace` is 16-byte aligned, of
/// pointwiseReduceWorkspaceBytes(rows, channels, S). Two launches.
template <int V, int S, typename F>
void pointwiseReduce(cudaStream_t stream, int64_t rows, int64_t channels, F f,
                     float *const (&out)[S], void *workspace) {
  static_assert(S <= maxSums, "sums of one kernel");
  if (channels == 0)
    return;
  detail::RowTiling tiling(rows, channels, V, reduceChannels);
  tiling.rowBlocks = reduceRowBlocks(rows, channels);
  float *partials = static_cast<float *>(workspace);
  detail::pointwiseReduceKernel<V, S>
      <<<tiling.grid(), blockThreads, 0, stream>>>(f, tiling, partials);
  SumTargets targets = {};
  std::copy(out, out + S, targets.out);
  sumPartials(stream, tiling.rowBlocks, S, channels, partials, targets);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEREDUCE_CUH

//===- Pointwise.cuh - elementwise kernels --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Generated code passes the body of a fused pointwise kernel as a functor that reads
// and writes through the pointers it holds, in three parts:
//
//   struct Pointwise3 {
//     const __half *x0; const float *x1; __half *y0; int64_t y0Gap;
//     struct Channels { Vec<float, 8> v1; };
//     struct Elements { Vec<__half, 8> v0; };
//     __device__ Channels channels(int c) const { return {load<8>(x1 + c)}; }
//     __device__ Elements elements(ElementIndex i) const { return {load<8>(x0 + i)}; }
//     __device__ void operator()(ElementIndex i, const Channels &p, const Elements &e) const {
//       Vec<__half, 8> w0;
//   #pragma unroll
//       for (int k = 0; k < 8; ++k)
//         w0[k] = fromFloat<__half>(pointwise_7(toFloat(e.v0[k]), p.v1[k]));
//       store(y0 + i.apart(y0Gap), w0);
//     }
//   };
//   cuda::pointwise<8>(stream, rows, channels, Pointwise3{x0, x1, y0, y0Gap});
//
// A thread stays with V neighbouring channels: what belongs to them is read once, for
// many rows. The elements of several rows are read before the first of them is written,
// so that the memory has enough to do. A call handles the V elements from i on,
// i = row * channels + c, and touches those of its operands and nothing else; so every
// output may be the memory of an operand of the same elements. Here y0 is a part of a larger
// tensor: between its rows are y0Gap elements of something else.
//
// V divides the channels, and operands and their rows are aligned as load says. A kernel that
// knows no channels and no parts is cuda::pointwiseFlat<V>(stream, n, f) over n elements,
// which V divides; its functor takes an int64_t.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISE_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISE_CUH

#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/RowTiling.cuh"
#include "codegen/kernels/cuda/Vec.cuh"

#include <algorithm>

namespace fanfold::cuda {

/// Channels or Elements of a functor that reads none.
struct Nothing {};

namespace detail {

/// Rows (or groups) whose elements a thread reads before it works on the first: as many
/// as about 64 bytes are, which its registers have room for.
template <typename F>
constexpr int batchOf = sizeof(typename F::Elements) <= 16   ? 4
                        : sizeof(typename F::Elements) <= 48 ? 2
                                                             : 1;

/// The groups of V elements of a tensor, whatever their rows.
template <int V, typename F>
__global__ void __launch_bounds__(blockThreads)
    pointwiseFlatKernel(const __grid_constant__ F f, int64_t groups) {
  constexpr int batch = batchOf<F>;
  const int64_t first = int64_t{blockIdx.x} * (blockThreads * batch) + threadIdx.x;
  const auto p = f.channels(0);
  typename F::Elements elements[batch];
#pragma unroll
  for (int k = 0; k < batch; ++k)
    if (first + k * blockThreads < groups)
      elements[k] = f.elements((first + k * blockThreads) * V);
#pragma unroll
  for (int k = 0; k < batch; ++k)
    if (first + k * blockThreads < groups)
      f((first + k * blockThreads) * V, p, elements[k]);
}

template <int V, typename F>
__global__ void __launch_bounds__(blockThreads)
    pointwiseRowsKernel(const __grid_constant__ F f, RowTiling tiling) {
  const int lane = tiling.lane();
  const int64_t c = tiling.channel(V);
  if (lane >= tiling.lanes || c >= tiling.channels)
    return;
  const auto p = f.channels(static_cast<int>(c));
  forRows<batchOf<F>>(
      f, tiling, lane, c,
      [&](ElementIndex i, const typename F::Elements &elements) { f(i, p, elements); });
}

} // namespace detail

/// Calls f for every group of V of n elements, in one launch. f.channels is asked for no
/// channel in particular.
template <int V, typename F>
void pointwiseFlat(cudaStream_t stream, int64_t n, F f) {
  if (n == 0)
    return;
  const int64_t groups = n / V;
  const int64_t blocks = divideUp(groups, blockThreads * detail::batchOf<F>);
  detail::pointwiseFlatKernel<V>
      <<<static_cast<unsigned>(blocks), blockThreads, 0, stream>>>(f, groups);
}

/// Calls f for every group of V elements of a rows x channels tensor, in one launch.
template <int V, typename F>
void pointwise(cudaStream_t stream, int64_t rows, int64_t channels, F f) {
  if (rows == 0 || channels == 0)
    return;
  // Eight waves of blocks: the last one, which is not full, then matters little.
  constexpr int64_t wantedBlocks = int64_t{8} * 132 * 8;
  detail::RowTiling tiling(rows, channels, V);
  tiling.cutRows(divideUp(wantedBlocks, tiling.channelBlocks), detail::batchOf<F>);
  detail::pointwiseRowsKernel<V><<<tiling.grid(), blockThreads, 0, stream>>>(f, tiling);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISE_CUH

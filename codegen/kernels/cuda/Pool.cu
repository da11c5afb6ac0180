//===- Pool.cu - maximum and average pooling ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/PoolShape.cuh"

#include <cmath>

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// Calls body(r, t, v) for the elements v of a window that lie within the input, row by
/// row. A kernel size K that is known makes its loads independent of each other; 0 stands
/// for any.
template <int K, int V, typename T, typename Body>
__device__ void forWindow(const PoolShape &s, const PoolGrid::Place &at, const T *x, Body body) {
  const int top = at.row * s.strideHeight - s.padHeight;
  const int left = at.column * s.strideWidth - s.padWidth;
  const T *sample = x + int64_t{at.sample} * s.inHeight * s.inWidth * s.channels + at.channel;
  const auto element = [&](int r, int t) {
    return sample + (int64_t{top + r} * s.inWidth + (left + t)) * s.channels;
  };
  if constexpr (K > 0) {
    Vec<T, V> values[K][K];
    bool inside[K][K];
#pragma unroll
    for (int r = 0; r < K; ++r)
#pragma unroll
      for (int t = 0; t < K; ++t) {
        inside[r][t] = static_cast<unsigned>(top + r) < static_cast<unsigned>(s.inHeight) &&
                       static_cast<unsigned>(left + t) < static_cast<unsigned>(s.inWidth);
        if (inside[r][t])
          values[r][t] = load<V>(element(r, t));
      }
#pragma unroll
    for (int r = 0; r < K; ++r)
#pragma unroll
      for (int t = 0; t < K; ++t)
        if (inside[r][t])
          body(r, t, values[r][t]);
  } else {
    const int rEnd = min(s.kernelHeight, s.inHeight - top);
    const int tEnd = min(s.kernelWidth, s.inWidth - left);
    for (int r = max(0, -top); r < rEnd; ++r)
#pragma unroll 4
      for (int t = max(0, -left); t < tEnd; ++t)
        body(r, t, load<V>(element(r, t)));
  }
}

template <int K, int V, bool Places, typename T>
__global__ void __launch_bounds__(blockThreads)
    maxPoolKernel(const __grid_constant__ PoolShape s, const __grid_constant__ PoolGrid grid,
                  const T *x, T *y, uint8_t *places) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  Vec<T, V> largest;
  Vec<uint8_t, V> place;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    largest[k] = fromFloat<T>(-INFINITY);
    place[k] = 255;
  }
  forWindow<K, V>(s, grid.place<V>(group), x, [&](int r, int t, const Vec<T, V> &in) {
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float value = toFloat(in[k]), best = toFloat(largest[k]);
      // The first of all, a larger one, or the first NaN.
      const bool takes = (Places && place[k] == 255) || (!(value <= best) && best == best);
      if (takes) {
        largest[k] = in[k];
        place[k] = static_cast<uint8_t>(r * s.kernelWidth + t);
      }
    }
  });
  store(y + int64_t{group} * V, largest);
  if constexpr (Places)
    store(places + int64_t{group} * V, place);
}

template <int K, int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    avgPoolKernel(const __grid_constant__ PoolShape s, const __grid_constant__ PoolGrid grid,
                  bool countPadding, const T *x, T *y) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(group);
  float sums[V] = {};
  bool empty = true;
  forWindow<K, V>(s, at, x, [&](int, int, const Vec<T, V> &in) {
    empty = false;
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += toFloat(in[k]);
  });
  const float weight = empty ? 0.0f : s.averageWeight(countPadding, at.row, at.column);
  Vec<T, V> out;
#pragma unroll
  for (int k = 0; k < V; ++k)
    out[k] = fromFloat<T>(sums[k] * weight);
  store(y + int64_t{group} * V, out);
}

/// Calls body with the constants K, the kernel's size if that is compiled, and V.
template <typename T, typename Body>
void withKernel(const Pool2dShape &s, Body body) {
  withWidth<T>(s.channels, [&](auto width) {
    if (s.kernelHeight == 3 && s.kernelWidth == 3)
      body(std::integral_constant<int, 3>(), width);
    else if (s.kernelHeight == 2 && s.kernelWidth == 2)
      body(std::integral_constant<int, 2>(), width);
    else
      body(std::integral_constant<int, 0>(), width);
  });
}

} // namespace

template <typename T>
void fanfold::cuda::maxPool2d(cudaStream_t stream, const Pool2dShape &s, const T *x, T *y,
                              uint8_t *places) {
  withKernel<T>(s, [&](auto size, auto width) {
    constexpr int k = size, v = width;
    const auto launch = [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
      const T *in = x + first * inSample(s);
      const int64_t out = first * outSample(s);
      if (places)
        maxPoolKernel<k, v, true>
            <<<blocks, blockThreads, 0, stream>>>(PoolShape(s), grid, in, y + out, places + out);
      else
        maxPoolKernel<k, v, false>
            <<<blocks, blockThreads, 0, stream>>>(PoolShape(s), grid, in, y + out, nullptr);
    };
    forSamples(s.batch, s.outHeight, s.outWidth, s.channels, v, launch);
  });
}

template <typename T>
void fanfold::cuda::avgPool2d(cudaStream_t stream, const Pool2dShape &s, bool countPadding,
                              const T *x, T *y) {
  withKernel<T>(s, [&](auto size, auto width) {
    constexpr int k = size, v = width;
    const auto launch = [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
      avgPoolKernel<k, v><<<blocks, blockThreads, 0, stream>>>(
          PoolShape(s), grid, countPadding, x + first * inSample(s), y + first * outSample(s));
    };
    forSamples(s.batch, s.outHeight, s.outWidth, s.channels, v, launch);
  });
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::maxPool2d(cudaStream_t, const Pool2dShape &, const T *, T *,        \
                                         uint8_t *);                                               \
  template void fanfold::cuda::avgPool2d(cudaStream_t, const Pool2dShape &, bool, const T *, T *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

//===- PoolGradient.cu - gradients of maximum and average pooling ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/PoolShape.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// The strides of a pooling as divisors: which windows hold a row or column.
struct Windows {
  Divisor strideHeight, strideWidth;

  /// The windows along one axis that hold place `at`: first to last, both inclusive.
  struct Range {
    int first, last;
  };
  static __device__ Range range(const Divisor &stride, int at, int pad, int kernel, int count) {
    const int end = at + pad; // in the padded input
    const int begin = end - kernel + 1;
    const int first = begin <= 0 ? 0 : static_cast<int>(stride.divide(begin + stride.divisor - 1));
    return {first, min(static_cast<int>(stride.divide(end)), count - 1)};
  }
};

/// Calls body(p, q, offset) for the windows that hold an element, in their order; offset
/// is that of the window's output. W is how many there are at most along each axis, if
/// that is known; then the loads of the body are independent of each other. 0 stands for
/// any number.
template <int W, typename Body>
__device__ void forWindows(const PoolShape &s, const Windows &windows, const PoolGrid::Place &at,
                           Body body) {
  const auto rows =
      Windows::range(windows.strideHeight, at.row, s.padHeight, s.kernelHeight, s.outHeight);
  const auto columns =
      Windows::range(windows.strideWidth, at.column, s.padWidth, s.kernelWidth, s.outWidth);
  const int64_t sample = int64_t{at.sample} * s.outHeight;
  const auto visit = [&](int p, int q) {
    body(p, q, ((sample + p) * s.outWidth + q) * s.channels + at.channel);
  };
  if constexpr (W > 0) {
#pragma unroll
    for (int i = 0; i < W; ++i)
#pragma unroll
      for (int j = 0; j < W; ++j)
        if (rows.first + i <= rows.last && columns.first + j <= columns.last)
          visit(rows.first + i, columns.first + j);
  } else {
    for (int p = rows.first; p <= rows.last; ++p)
      for (int q = columns.first; q <= columns.last; ++q)
        visit(p, q);
  }
}

template <int V, typename T>
__device__ void storeSums(T *p, const float (&sums)[V]) {
  Vec<T, V> out;
#pragma unroll
  for (int k = 0; k < V; ++k)
    out[k] = fromFloat<T>(sums[k]);
  store(p, out);
}

/// From x and y: an element takes a window's gradient if it is the maximum and none is
/// before it in the window.
template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    maxGradientKernel(const __grid_constant__ PoolShape s, const __grid_constant__ Windows windows,
                      const __grid_constant__ PoolGrid grid, const T *x, const T *y, const T *dy,
                      T *dx) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(group);
  const T *sample = x + int64_t{at.sample} * s.inHeight * s.inWidth * s.channels + at.channel;
  const Vec<T, V> own = load<V>(x + int64_t{group} * V);
  float sums[V] = {};
  forWindows<0>(s, windows, at, [&](int p, int q, int64_t offset) {
    const Vec<T, V> maximum = load<V>(y + offset), gradient = load<V>(dy + offset);
    const auto isMaximum = [&](const Vec<T, V> &v, int k) {
      const float value = toFloat(v[k]);
      return value == toFloat(maximum[k]) || value != value;
    };
    unsigned takes = 0; // a bit for each channel
#pragma unroll
    for (int k = 0; k < V; ++k)
      takes |= static_cast<unsigned>(isMaximum(own, k)) << k;
    const int left = q * s.strideWidth - s.padWidth;
    const int right = min(left + s.kernelWidth, s.inWidth);
    for (int h = max(0, p * s.strideHeight - s.padHeight); h <= at.row && takes; ++h)
      for (int w = max(0, left); w < (h < at.row ? right : at.column); ++w) {
        const Vec<T, V> before = load<V>(sample + (int64_t{h} * s.inWidth + w) * s.channels);
#pragma unroll
        for (int k = 0; k < V; ++k)
          takes &= ~(static_cast<unsigned>(isMaximum(before, k)) << k);
      }
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += (takes >> k & 1) ? toFloat(gradient[k]) : 0.0f;
  });
  storeSums(dx + int64_t{group} * V, sums);
}

template <int W, int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    placeGradientKernel(const __grid_constant__ PoolShape s,
                        const __grid_constant__ Windows windows,
                        const __grid_constant__ PoolGrid grid, const uint8_t *places, const T *dy,
                        T *dx) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(group);
  float sums[V] = {};
  forWindows<W>(s, windows, at, [&](int p, int q, int64_t offset) {
    const Vec<T, V> gradient = load<V>(dy + offset);
    const Vec<uint8_t, V> place = load<V>(places + offset);
    const int own = (at.row + s.padHeight - p * s.strideHeight) * s.kernelWidth +
                    (at.column + s.padWidth - q * s.strideWidth);
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += place[k] == own ? toFloat(gradient[k]) : 0.0f;
  });
  storeSums(dx + int64_t{group} * V, sums);
}

template <int W, int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    avgGradientKernel(const __grid_constant__ PoolShape s, const __grid_constant__ Windows windows,
                      const __grid_constant__ PoolGrid grid, bool countPadding, const T *dy,
                      T *dx) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  float sums[V] = {};
  forWindows<W>(s, windows, grid.place<V>(group), [&](int p, int q, int64_t offset) {
    const Vec<T, V> gradient = load<V>(dy + offset);
    const float weight = s.averageWeight(countPadding, p, q);
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += toFloat(gradient[k]) * weight;
  });
  storeSums(dx + int64_t{group} * V, sums);
}

/// Calls body(W, V, grid, windows, blocks, firstSample); see forWindows for W.
template <typename T, typename Body>
void forInput(const Pool2dShape &s, Body body) {
  const Windows windows{Divisor(s.strideHeight), Divisor(s.strideWidth)};
  const int64_t most =
      std::max(divideUp(s.kernelHeight, s.strideHeight), divideUp(s.kernelWidth, s.strideWidth));
  withWidth<T>(s.channels, [&](auto width) {
    forSamples(s.batch, s.inHeight, s.inWidth, s.channels, width,
               [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
                 if (most == 1)
                   body(std::integral_constant<int, 1>(), width, grid, windows, blocks, first);
                 else if (most == 2)
                   body(std::integral_constant<int, 2>(), width, grid, windows, blocks, first);
                 else if (most == 3)
                   body(std::integral_constant<int, 3>(), width, grid, windows, blocks, first);
                 else
                   body(std::integral_constant<int, 0>(), width, grid, windows, blocks, first);
               });
  });
}

} // namespace

template <typename T>
void fanfold::cuda::maxPool2dGradient(cudaStream_t stream, const Pool2dShape &s, const T *x,
                                      const T *y, const T *dy, T *dx) {
  const Windows windows{Divisor(s.strideHeight), Divisor(s.strideWidth)};
  withWidth<T>(s.channels, [&](auto width) {
    constexpr int v = width;
    const auto launch = [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
      maxGradientKernel<v><<<blocks, blockThreads, 0, stream>>>(
          PoolShape(s), windows, grid, x + first * inSample(s), y + first * outSample(s),
          dy + first * outSample(s), dx + first * inSample(s));
    };
    forSamples(s.batch, s.inHeight, s.inWidth, s.channels, v, launch);
  });
}

template <typename T>
void fanfold::cuda::maxPool2dGradient(cudaStream_t stream, const Pool2dShape &s,
                                      const uint8_t *places, const T *dy, T *dx) {
  forInput<T>(s, [&](auto most, auto width, const PoolGrid &grid, const Windows &windows,
                     unsigned blocks, int64_t first) {
    constexpr int w = most, v = width;
    placeGradientKernel<w, v><<<blocks, blockThreads, 0, stream>>>(
        PoolShape(s), windows, grid, places + first * outSample(s), dy + first * outSample(s),
        dx + first * inSample(s));
  });
}

template <typename T>
void fanfold::cuda::avgPool2dGradient(cudaStream_t stream, const Pool2dShape &s, bool countPadding,
                                      const T *dy, T *dx) {
  forInput<T>(s, [&](auto most, auto width, const PoolGrid &grid, const Windows &windows,
                     unsigned blocks, int64_t first) {
    constexpr int w = most, v = width;
    avgGradientKernel<w, v>
        <<<blocks, blockThreads, 0, stream>>>(PoolShape(s), windows, grid, countPadding,
                                              dy + first * outSample(s), dx + first * inSample(s));
  });
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::maxPool2dGradient(cudaStream_t, const Pool2dShape &, const T *,     \
                                                 const T *, const T *, T *);                       \
  template void fanfold::cuda::maxPool2dGradient(cudaStream_t, const Pool2dShape &,                \
                                                 const uint8_t *, const T *, T *);                 \
  template void fanfold::cuda::avgPool2dGradient(cudaStream_t, const Pool2dShape &, bool,          \
                                                 const T *, T *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

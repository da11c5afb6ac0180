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

/// Calls body(p, q, pixel) for the windows that hold an element, in their order; pixel is
/// that of the window's output in its sample.
template <typename Body>
__device__ void forWindows(const PoolShape &s, const Windows &windows, const PoolGrid::Place &at,
                           Body body) {
  const auto rows =
      Windows::range(windows.strideHeight, at.row, s.padHeight, s.kernelHeight, s.outHeight);
  const auto columns =
      Windows::range(windows.strideWidth, at.column, s.padWidth, s.kernelWidth, s.outWidth);
  for (int p = rows.first; p <= rows.last; ++p)
    for (int q = columns.first; q <= columns.last; ++q)
      body(p, q, p * s.outWidth + q);
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
  const T *sample = x + s.inBegin(at.sample, at.channel, s.xPitch);
  const Vec<T, V> own = load<V>(x + inputOf(s, at, s.xPitch));
  y += s.outBegin(at.sample, at.channel, s.yPitch);
  dy += s.outBegin(at.sample, at.channel, s.dyPitch);
  float sums[V] = {};
  forWindows(s, windows, at, [&](int p, int q, int pixel) {
    const Vec<T, V> maximum = load<V>(y + pixel * s.yPitch);
    const Vec<T, V> gradient = load<V>(dy + pixel * s.dyPitch);
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
        const Vec<T, V> before = load<V>(sample + (h * s.inWidth + w) * s.xPitch);
#pragma unroll
        for (int k = 0; k < V; ++k)
          takes &= ~(static_cast<unsigned>(isMaximum(before, k)) << k);
      }
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += (takes >> k & 1) ? toFloat(gradient[k]) : 0.0f;
  });
  storeScaled<V>(dx + inputOf(s, at, s.dxPitch), sums, 1.0f);
}

template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    placeGradientKernel(const __grid_constant__ PoolShape s,
                        const __grid_constant__ Windows windows,
                        const __grid_constant__ PoolGrid grid, const uint8_t *places, const T *dy,
                        T *dx) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(group);
  places += s.outBegin(at.sample, at.channel, s.channels);
  dy += s.outBegin(at.sample, at.channel, s.dyPitch);
  float sums[V] = {};
  forWindows(s, windows, at, [&](int p, int q, int pixel) {
    const Vec<T, V> gradient = load<V>(dy + pixel * s.dyPitch);
    const Vec<uint8_t, V> place = load<V>(places + pixel * s.channels);
    const int own = (at.row + s.padHeight - p * s.strideHeight) * s.kernelWidth +
                    (at.column + s.padWidth - q * s.strideWidth);
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += place[k] == own ? toFloat(gradient[k]) : 0.0f;
  });
  storeScaled<V>(dx + inputOf(s, at, s.dxPitch), sums, 1.0f);
}

template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    avgGradientKernel(const __grid_constant__ PoolShape s, const __grid_constant__ Windows windows,
                      const __grid_constant__ PoolGrid grid, bool countPadding, const T *dy,
                      T *dx) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(group);
  dy += s.outBegin(at.sample, at.channel, s.dyPitch);
  float sums[V] = {};
  forWindows(s, windows, at, [&](int p, int q, int pixel) {
    const Vec<T, V> gradient = load<V>(dy + pixel * s.dyPitch);
    const float weight = s.rowWeight(countPadding, p) * s.columnWeight(countPadding, q);
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += toFloat(gradient[k]) * weight;
  });
  storeScaled<V>(dx + inputOf(s, at, s.dxPitch), sums, 1.0f);
}

/// What the windows give to the maxima of a walk; at() is for the channels of a thread, in
/// one sample, whose outputs read() takes. `sums[r][u]` is for row r of the windows
/// and column u of the tile, which is column S * (W - 1 - w) + u of window w.
template <int K, int S, int V, typename T>
struct MaxTerms {
  const uint8_t *places;
  const T *dy;

  static constexpr int W = (K + S - 1) / S;
  struct Window {
    Vec<T, V> gradient;
    Vec<uint8_t, V> places;
  };
  __device__ MaxTerms at(const PoolShape &s, int sample, int channel) const {
    return {places + s.outBegin(sample, channel, s.channels),
            dy + s.outBegin(sample, channel, s.dyPitch)};
  }
  __device__ Window read(const PoolShape &s, int pixel) const {
    return {load<V>(dy + pixel * s.dyPitch), load<V>(places + pixel * s.channels)};
  }
  static __device__ Window outside() {
    Window window = {};
#pragma unroll
    for (int k = 0; k < V; ++k)
      window.places[k] = noPlace;
    return window;
  }
  struct Weights {};
  __device__ Weights weights(const PoolShape &, int, const bool (&)[W]) const { return {}; }
  __device__ float rowWeight(const PoolShape &, int) const { return 1.0f; }
  static __device__ void add(const Window (&windows)[W], Weights, float, int k,
                             float (&sums)[K][S]) {
#pragma unroll
    for (int w = 0; w < W; ++w) {
      const float gradient = toFloat(windows[w].gradient[k]);
      const int place = windows[w].places[k];
#pragma unroll
      for (int r = 0; r < K; ++r)
#pragma unroll
        for (int u = 0; u < S; ++u)
          if (const int t = S * (W - 1 - w) + u; t < K && place == r * K + t)
            sums[r][u] += gradient;
    }
  }
};

/// The same for averages.
template <int K, int S, int V, typename T>
struct AverageTerms {
  bool countPadding;
  const T *dy;

  static constexpr int W = (K + S - 1) / S;
  struct Window {
    Vec<T, V> gradient;
  };
  __device__ AverageTerms at(const PoolShape &s, int sample, int channel) const {
    return {countPadding, dy + s.outBegin(sample, channel, s.dyPitch)};
  }
  __device__ Window read(const PoolShape &s, int pixel) const {
    return {load<V>(dy + pixel * s.dyPitch)};
  }
  static __device__ Window outside() { return {}; }
  struct Weights {
    float column[W];
  };
  __device__ Weights weights(const PoolShape &s, int firstWindow, const bool (&inside)[W]) const {
    Weights weights;
#pragma unroll
    for (int w = 0; w < W; ++w)
      weights.column[w] = inside[w] ? s.columnWeight(countPadding, firstWindow + w) : 0.0f;
    return weights;
  }
  __device__ float rowWeight(const PoolShape &s, int p) const {
    return s.rowWeight(countPadding, p);
  }
  static __device__ void add(const Window (&windows)[W], const Weights &weights, float rowWeight,
                             int k, float (&sums)[K][S]) {
#pragma unroll
    for (int u = 0; u < S; ++u) {
      float sum = 0;
#pragma unroll
      for (int w = 0; w < W; ++w)
        if (S * (W - 1 - w) + u < K)
          sum += toFloat(windows[w].gradient[k]) * weights.column[w];
#pragma unroll
      for (int r = 0; r < K; ++r)
        sums[r][u] += sum * rowWeight;
    }
  }
};

/// A thread has `walk` tiles of S x S elements, one below the other. Tile (i, j) begins at
/// (S * i, S * j) of the padded input, as window (i, j) does; W windows end in it, along
/// each axis, of which that is the last. With K = 3 and S = 2:
///
///     | tile j-1 | tile j   |
///     | window j-1     |
///                | window j      |
///
/// So a row of windows finishes a row of tiles, and what it gives to the rows below is
/// carried on.
template <int K, int S, int V, typename Terms, typename T>
__global__ void __launch_bounds__(blockThreads)
    walkGradientKernel(const __grid_constant__ PoolShape s, const __grid_constant__ PoolGrid grid,
                       int tiles, int walk, const __grid_constant__ Terms f, T *__restrict__ dx) {
  static_assert(S <= K, "every element lies in a window");
  constexpr int W = (K + S - 1) / S;
  const uint32_t thread = blockIdx.x * blockThreads + threadIdx.x;
  if (thread >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(thread);
  const int begin = at.row * walk, end = min(begin + walk, tiles);
  const int firstWindow = at.column - (W - 1);
  const Terms terms = f.at(s, at.sample, at.channel);
  bool inColumn[W];
#pragma unroll
  for (int w = 0; w < W; ++w)
    inColumn[w] = static_cast<unsigned>(firstWindow + w) < static_cast<unsigned>(s.outWidth);
  const auto weights = f.weights(s, firstWindow, inColumn);
  const auto inRow = [&](int p) {
    return static_cast<unsigned>(p) < static_cast<unsigned>(s.outHeight);
  };
  typename Terms::Window next[W];
  const auto read = [&](int p) {
#pragma unroll
    for (int w = 0; w < W; ++w)
      next[w] =
          inRow(p) && inColumn[w] ? terms.read(s, p * s.outWidth + firstWindow + w) : f.outside();
  };
  const int left = at.column * S - s.padWidth;
  T *sample = dx + s.inBegin(at.sample, at.channel, s.dxPitch);

  float carried[K - S + 1][S][V] = {}; // one row more than is used, since K may be S
  read(begin - (W - 1));
  for (int p = begin - (W - 1); p < end; ++p) {
    typename Terms::Window windows[W];
#pragma unroll
    for (int w = 0; w < W; ++w)
      windows[w] = next[w];
    if (p + 1 < end)
      read(p + 1);
    const float rowWeight = inRow(p) ? f.rowWeight(s, p) : 0.0f;
    Vec<T, V> out[S][S];
#pragma unroll
    for (int k = 0; k < V; ++k) {
      float sums[K][S];
#pragma unroll
      for (int r = 0; r < K; ++r)
#pragma unroll
        for (int u = 0; u < S; ++u)
          sums[r][u] = r < K - S ? carried[r][u][k] : 0.0f;
      f.add(windows, weights, rowWeight, k, sums);
#pragma unroll
      for (int u = 0; u < S; ++u) {
#pragma unroll
        for (int i = 0; i < S; ++i)
          out[i][u][k] = fromFloat<T>(sums[i][u]);
#pragma unroll
        for (int r = 0; r < K - S; ++r)
          carried[r][u][k] = sums[r + S][u];
      }
    }
    if (p < begin)
      continue;
#pragma unroll
    for (int i = 0; i < S; ++i) {
      const int h = p * S - s.padHeight + i;
      if (static_cast<unsigned>(h) >= static_cast<unsigned>(s.inHeight))
        continue;
#pragma unroll
      for (int u = 0; u < S; ++u)
        if (static_cast<unsigned>(left + u) < static_cast<unsigned>(s.inWidth))
          store(sample + (h * s.inWidth + left + u) * s.dxPitch, out[i][u]);
    }
  }
}

/// Launches the walk of the terms that makeTerms(first sample) gives, for all parts of the
/// batch.
template <typename T, typename Kernel, typename Stride, typename MakeTerms>
void walkGradient(cudaStream_t stream, const Pool2dShape &s, Kernel, Stride, T *dx,
                  MakeTerms makeTerms) {
  constexpr int k = Kernel::value, distance = Stride::value, v = wide<T>;
  const int64_t tiles = divideUp(s.inHeight + s.padHeight, distance);
  const int64_t columns = divideUp(s.inWidth + s.padWidth, distance);
  const int walk = walkRows(s.batch, tiles, columns, s.channels / v);
  forSamples(s.batch, divideUp(tiles, walk), columns, s.channels, v,
             [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
               walkGradientKernel<k, distance, v><<<blocks, blockThreads, 0, stream>>>(
                   PoolShape(s), grid, static_cast<int>(tiles), walk, makeTerms(first),
                   dx + inputsBefore(s, first, s.dxPitch));
             });
}

/// Calls launch(V, grid, windows, blocks, first sample, dy, dx) for all parts of the batch,
/// with a thread for each group of the input, and with the parts' dy and dx.
template <typename T, typename Launch>
void forInput(const Pool2dShape &s, const T *dy, T *dx, Launch launch) {
  const Windows windows{Divisor(s.strideHeight), Divisor(s.strideWidth)};
  withWidth<T>(s.channels, [&](auto width) {
    forSamples(s.batch, s.inHeight, s.inWidth, s.channels, width,
               [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
                 launch(width, grid, windows, blocks, first,
                        dy + outputsBefore(s, first, s.dyPitch),
                        dx + inputsBefore(s, first, s.dxPitch));
               });
  });
}

} // namespace

template <typename T>
void fanfold::cuda::maxPool2dGradient(cudaStream_t stream, const Pool2dShape &s, const T *x,
                                      const T *y, const T *dy, T *dx) {
  forInput(s, dy, dx,
           [&](auto width, const PoolGrid &grid, const Windows &windows, unsigned blocks,
               int64_t first, const T *dyPart, T *dxPart) {
             constexpr int v = width;
             maxGradientKernel<v><<<blocks, blockThreads, 0, stream>>>(
                 PoolShape(s), windows, grid, x + inputsBefore(s, first, s.xPitch),
                 y + outputsBefore(s, first, s.yPitch), dyPart, dxPart);
           });
}

template <typename T>
void fanfold::cuda::maxPool2dGradient(cudaStream_t stream, const Pool2dShape &s,
                                      const uint8_t *places, const T *dy, T *dx) {
  const auto walk = [&](auto kernel, auto stride) {
    constexpr int k = kernel, distance = stride;
    walkGradient(stream, s, kernel, stride, dx, [&](int64_t first) {
      return MaxTerms<k, distance, wide<T>, T>{places + outputsBefore(s, first, s.channels),
                                               dy + outputsBefore(s, first, s.dyPitch)};
    });
  };
  withWalk<T>(s, walk, [&] {
    forInput(s, dy, dx,
             [&](auto width, const PoolGrid &grid, const Windows &windows, unsigned blocks,
                 int64_t first, const T *dyPart, T *dxPart) {
               constexpr int v = width;
               placeGradientKernel<v><<<blocks, blockThreads, 0, stream>>>(
                   PoolShape(s), windows, grid, places + outputsBefore(s, first, s.channels),
                   dyPart, dxPart);
             });
  });
}

template <typename T>
void fanfold::cuda::avgPool2dGradient(cudaStream_t stream, const Pool2dShape &s, bool countPadding,
                                      const T *dy, T *dx) {
  const auto walk = [&](auto kernel, auto stride) {
    constexpr int k = kernel, distance = stride;
    walkGradient(stream, s, kernel, stride, dx, [&](int64_t first) {
      return AverageTerms<k, distance, wide<T>, T>{countPadding,
                                                   dy + outputsBefore(s, first, s.dyPitch)};
    });
  };
  withWalk<T>(s, walk, [&] {
    forInput(s, dy, dx,
             [&](auto width, const PoolGrid &grid, const Windows &windows, unsigned blocks, int64_t,
                 const T *dyPart, T *dxPart) {
               constexpr int v = width;
               avgGradientKernel<v><<<blocks, blockThreads, 0, stream>>>(
                   PoolShape(s), windows, grid, countPadding, dyPart, dxPart);
             });
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

//===- Pool.cu - maximum and average pooling ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/PoolPrologue.cuh"
#include "codegen/kernels/cuda/PoolShape.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// The part of a window that lies within the input: rows and columns of the window,
/// half-open. `corner` is the window's first element, which may lie outside.
template <typename T>
struct Inside {
  int rowBegin, rowEnd, columnBegin, columnEnd;
  const T *corner;

  __device__ Inside(const PoolShape &s, const T *x, int sample, int p, int q, int channel) {
    const int top = p * s.strideHeight - s.padHeight, left = q * s.strideWidth - s.padWidth;
    rowBegin = max(0, -top);
    rowEnd = min(s.kernelHeight, s.inHeight - top);
    columnBegin = max(0, -left);
    columnEnd = min(s.kernelWidth, s.inWidth - left);
    corner = x + s.inBegin(sample, channel, s.xPitch) + (top * s.inWidth + left) * s.xPitch;
  }
  __device__ bool empty() const { return rowBegin >= rowEnd || columnBegin >= columnEnd; }
  __device__ const T *element(const PoolShape &s, int r, int t) const {
    return corner + (r * s.inWidth + t) * s.xPitch;
  }
};

/// Calls body(place, v) for the elements v of a window that lie within the input, row by
/// row; reads a batch of them ahead.
template <int V, typename T, typename Body>
__device__ void forWindow(const PoolShape &s, const Inside<T> &inside, Body body) {
  constexpr int batch = 8;
  const int columns = max(inside.columnEnd - inside.columnBegin, 0);
  int left = (inside.rowEnd - inside.rowBegin) * columns;
  int r = inside.rowBegin, t = inside.columnBegin;
  for (; left > 0; left -= batch) {
    Vec<T, V> values[batch];
    int places[batch];
#pragma unroll
    for (int k = 0; k < batch; ++k)
      if (k < left) {
        values[k] = load<V>(inside.element(s, r, t));
        places[k] = r * s.kernelWidth + t;
        if (++t == inside.columnEnd) {
          t = inside.columnBegin;
          ++r;
        }
      }
#pragma unroll
    for (int k = 0; k < batch; ++k)
      if (k < left)
        body(places[k], values[k]);
  }
}

/// Where a window's maximum goes, and `places` if they are wanted. The window is looked
/// through again, from its end, if it has a NaN.
template <int V, bool Places, typename T, typename Channels>
__device__ void storeMaximum(const PoolShape &s, const Inside<T> &inside, Maximum<T, V> &maximum,
                             const Channels &channels, T *y, uint8_t *places) {
  if constexpr (Places) {
    if (maximum.hasNan()) {
#pragma unroll 1
      for (int r = inside.rowEnd - 1; r >= inside.rowBegin; --r)
#pragma unroll 1
        for (int t = inside.columnEnd - 1; t >= inside.columnBegin; --t)
          maximum.placeNan(load<V>(inside.element(s, r, t)), r * s.kernelWidth + t);
    }
    maximum.storePlaces(places);
  }
  store(y, channels.result(maximum.result()));
}

template <int V, bool Places, typename Prologue, typename T>
__global__ void __launch_bounds__(blockThreads)
    maxPoolKernel(const __grid_constant__ PoolShape s, const __grid_constant__ PoolGrid grid,
                  const __grid_constant__ Prologue prologue, const T *x, T *y, uint8_t *places) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(group);
  const Inside<T> inside(s, x, at.sample, at.row, at.column, at.channel);
  y += outputOf(s, at, s.yPitch);
  places += int64_t{group} * V;
  if (inside.empty()) {
    const Maximum<T, V> none(noPlace);
    store(y, none.result());
    if constexpr (Places)
      none.storePlaces(places);
    return;
  }
  const typename Prologue::template Channels<V, T> channels(prologue, at.channel);
  Maximum<T, V> maximum(inside.rowBegin * s.kernelWidth + inside.columnBegin);
  forWindow<V>(s, inside,
               [&](int place, const Vec<T, V> &v) { maximum.add(channels.compared(v), place); });
  storeMaximum<V, Places>(s, inside, maximum, channels, y, places);
}

template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    avgPoolKernel(const __grid_constant__ PoolShape s, const __grid_constant__ PoolGrid grid,
                  bool countPadding, const T *x, T *y) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(group);
  const Inside<T> inside(s, x, at.sample, at.row, at.column, at.channel);
  float sums[V] = {};
  forWindow<V>(s, inside, [&](int, const Vec<T, V> &in) {
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += toFloat(in[k]);
  });
  const float weight =
      inside.empty() ? 0.0f
                     : s.rowWeight(countPadding, at.row) * s.columnWeight(countPadding, at.column);
  storeScaled<V>(y + outputOf(s, at, s.yPitch), sums, weight);
}

/// Maxima of a walk. A Row is what a row of the input gives to the windows of one column.
template <int K, int V, bool Places, typename Prologue, typename T>
struct MaxWalk {
  Prologue prologue;
  uint8_t *places;

  /// As many as there are without a prologue, where the compiler would rather have registers.
  static constexpr int minBlocks = std::is_same_v<Prologue, NoPrologue> ? 0 : 3;
  using Channels = typename Prologue::template Channels<V, T>;
  using Row = Maximum<T, V>;
  static __device__ Vec<T, V> outside() { return Maximum<T, V>::lowest(); }
  /// Of a row above the input the maximum is that of nothing. As the first row of a window
  /// it keeps the place of the first element inside, which is -h rows below it.
  static __device__ Row row(const Vec<T, V> (&v)[K], int h, int firstColumn) {
    Row row(v[0], firstColumn + (h < 0 ? -h * K : 0));
#pragma unroll
    for (int t = 1; t < K; ++t)
      row.add(v[t], t);
    return row;
  }
  __device__ void write(const PoolShape &s, const PoolGrid::Place &at, int p, const T *x,
                        const Channels &channels, const Row (&rows)[K], T *y) const {
    Row maximum = rows[0];
#pragma unroll
    for (int r = 1; r < K; ++r)
      maximum.merge(rows[r], r * K);
    storeMaximum<V, Places>(s, Inside<T>(s, x, at.sample, p, at.column, at.channel), maximum,
                            channels, y,
                            places + s.outBegin(at.sample, at.channel, s.channels) +
                                (p * s.outWidth + at.column) * s.channels);
  }
};

template <int K, int V, typename T>
struct AverageWalk {
  NoPrologue prologue;
  bool countPadding;

  static constexpr int minBlocks = 0;

  using Channels = NoPrologue::Channels<V, T>;
  struct Row {
    float sums[V];
  };
  static __device__ Vec<T, V> outside() {
    Vec<T, V> v;
#pragma unroll
    for (int k = 0; k < V; ++k)
      v[k] = fromFloat<T>(0.0f);
    return v;
  }
  static __device__ Row row(const Vec<T, V> (&v)[K], int, int) {
    Row row;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      row.sums[k] = toFloat(v[0][k]);
#pragma unroll
      for (int t = 1; t < K; ++t)
        row.sums[k] += toFloat(v[t][k]);
    }
    return row;
  }
  __device__ void write(const PoolShape &s, const PoolGrid::Place &at, int p, const T *,
                        const Channels &, const Row (&rows)[K], T *y) const {
    float sums[V];
#pragma unroll
    for (int k = 0; k < V; ++k) {
      sums[k] = rows[0].sums[k];
#pragma unroll
      for (int r = 1; r < K; ++r)
        sums[k] += rows[r].sums[k];
    }
    storeScaled<V>(y, sums, s.rowWeight(countPadding, p) * s.columnWeight(countPadding, at.column));
  }
};

/// A thread has `walk` rows of windows of a column. It reads what the next row of windows
/// adds before it works on this one.
template <int K, int S, int V, typename Walk, typename T>
__global__ void __launch_bounds__(blockThreads, Walk::minBlocks)
    walkKernel(const __grid_constant__ PoolShape s, const __grid_constant__ PoolGrid grid, int walk,
               const __grid_constant__ Walk f, const T *__restrict__ x, T *__restrict__ y) {
  static_assert(S <= K, "the windows share rows, or touch");
  const uint32_t thread = blockIdx.x * blockThreads + threadIdx.x;
  if (thread >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(thread);
  const int begin = at.row * walk, end = min(begin + walk, s.outHeight);
  const int left = at.column * S - s.padWidth, firstColumn = max(0, -left);
  const T *column = x + s.inBegin(at.sample, at.channel, s.xPitch) + left * s.xPitch;
  const typename Walk::Channels channels(f.prologue, at.channel);
  bool inColumn[K];
#pragma unroll
  for (int t = 0; t < K; ++t)
    inColumn[t] = static_cast<unsigned>(left + t) < static_cast<unsigned>(s.inWidth);
  const auto read = [&](int h, Vec<T, V>(&v)[K]) {
    const bool inRow = static_cast<unsigned>(h) < static_cast<unsigned>(s.inHeight);
    const T *in = column + h * s.inWidth * s.xPitch;
#pragma unroll
    for (int t = 0; t < K; ++t)
      v[t] = inRow && inColumn[t] ? channels.compared(load<V>(in + t * s.xPitch)) : f.outside();
  };

  typename Walk::Row rows[K];
  Vec<T, V> next[S][K];
  int h = begin * S - s.padHeight; // the first row of this row of windows
#pragma unroll
  for (int r = 0; r < K - S; ++r) {
    Vec<T, V> v[K];
    read(h + r, v);
    rows[r] = f.row(v, h + r, firstColumn);
  }
#pragma unroll
  for (int i = 0; i < S; ++i)
    read(h + K - S + i, next[i]);
  T *out =
      y + s.outBegin(at.sample, at.channel, s.yPitch) + (begin * s.outWidth + at.column) * s.yPitch;
  for (int p = begin; p < end; ++p, h += S) {
#pragma unroll
    for (int i = 0; i < S; ++i)
      rows[K - S + i] = f.row(next[i], h + K - S + i, firstColumn);
    if (p + 1 < end) {
#pragma unroll
      for (int i = 0; i < S; ++i)
        read(h + K + i, next[i]);
    }
    f.write(s, at, p, x, channels, rows, out);
    out += s.outWidth * s.yPitch;
#pragma unroll
    for (int r = 0; r < K - S; ++r)
      rows[r] = rows[r + S];
  }
}

/// Launches the walk that makeWalk(first sample) gives, for all parts of the batch.
template <typename T, typename Kernel, typename Stride, typename MakeWalk>
void walkOutput(cudaStream_t stream, const Pool2dShape &s, Kernel, Stride, const T *x, T *y,
                MakeWalk makeWalk) {
  constexpr int k = Kernel::value, distance = Stride::value, v = wide<T>;
  const int walk = walkRows(s.batch, s.outHeight, s.outWidth, s.channels / v);
  forSamples(s.batch, divideUp(s.outHeight, walk), s.outWidth, s.channels, v,
             [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
               walkKernel<k, distance, v><<<blocks, blockThreads, 0, stream>>>(
                   PoolShape(s), grid, walk, makeWalk(first), x + inputsBefore(s, first, s.xPitch),
                   y + outputsBefore(s, first, s.yPitch));
             });
}

/// Calls launch(V, grid, blocks, first sample, x, y) for all parts of the batch, with a thread for
/// each group of the output, and with the parts' x and y.
template <typename T, typename Launch>
void forOutput(const Pool2dShape &s, const T *x, T *y, Launch launch) {
  withWidth<T>(s.channels, [&](auto width) {
    forSamples(s.batch, s.outHeight, s.outWidth, s.channels, width,
               [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
                 launch(width, grid, blocks, first, x + inputsBefore(s, first, s.xPitch),
                        y + outputsBefore(s, first, s.yPitch));
               });
  });
}

template <bool Places, typename Prologue, typename T>
void launchMaxPool(cudaStream_t stream, const Pool2dShape &s, const Prologue &prologue, const T *x,
                   T *y, uint8_t *places) {
  const auto placesAt = [&](int64_t first) {
    return Places ? places + outputsBefore(s, first, s.channels) : nullptr;
  };
  const auto walk = [&](auto kernel, auto stride) {
    constexpr int k = kernel;
    walkOutput(stream, s, kernel, stride, x, y, [&](int64_t first) {
      return MaxWalk<k, wide<T>, Places, Prologue, T>{prologue, placesAt(first)};
    });
  };
  withWalk<T>(s, walk, [&] {
    forOutput(s, x, y,
              [&](auto width, const PoolGrid &grid, unsigned blocks, int64_t first, const T *xPart,
                  T *yPart) {
                constexpr int v = width;
                maxPoolKernel<v, Places><<<blocks, blockThreads, 0, stream>>>(
                    PoolShape(s), grid, prologue, xPart, yPart, placesAt(first));
              });
  });
}

/// With places where they are wanted.
template <typename Prologue, typename T>
void launchMaxPool(cudaStream_t stream, const Pool2dShape &s, const Prologue &prologue, const T *x,
                   T *y, uint8_t *places) {
  if (places)
    launchMaxPool<true>(stream, s, prologue, x, y, places);
  else
    launchMaxPool<false>(stream, s, prologue, x, y, places);
}

} // namespace

template <typename T>
void fanfold::cuda::maxPool2d(cudaStream_t stream, const Pool2dShape &s, const T *x, T *y,
                              uint8_t *places) {
  launchMaxPool(stream, s, NoPrologue(), x, y, places);
}

template <typename T>
void fanfold::cuda::normalizedMaxPool2d(cudaStream_t stream, const Pool2dShape &s, const T *x,
                                        const float *centre, const float *scale, const float *shift,
                                        T *y, uint8_t *places) {
  launchMaxPool(stream, s, Normalization{centre, scale, shift}, x, y, places);
}

template <typename T>
void fanfold::cuda::avgPool2d(cudaStream_t stream, const Pool2dShape &s, bool countPadding,
                              const T *x, T *y) {
  const auto walk = [&](auto kernel, auto stride) {
    constexpr int k = kernel;
    walkOutput(stream, s, kernel, stride, x, y, [&](int64_t) {
      return AverageWalk<k, wide<T>, T>{{}, countPadding};
    });
  };
  withWalk<T>(s, walk, [&] {
    forOutput(
        s, x, y,
        [&](auto width, const PoolGrid &grid, unsigned blocks, int64_t, const T *xPart, T *yPart) {
          constexpr int v = width;
          avgPoolKernel<v>
              <<<blocks, blockThreads, 0, stream>>>(PoolShape(s), grid, countPadding, xPart, yPart);
        });
  });
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::maxPool2d(cudaStream_t, const Pool2dShape &, const T *, T *,        \
                                         uint8_t *);                                               \
  template void fanfold::cuda::normalizedMaxPool2d(cudaStream_t, const Pool2dShape &, const T *,   \
                                                   const float *, const float *, const float *,    \
                                                   T *, uint8_t *);                                \
  template void fanfold::cuda::avgPool2d(cudaStream_t, const Pool2dShape &, bool, const T *, T *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

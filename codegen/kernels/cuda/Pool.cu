//===- Pool.cu - maximum and average pooling ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/PoolMaximum.cuh"
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
    corner = x + (int64_t{sample} * s.inHeight + top) * s.inWidth * s.channels +
             int64_t{left} * s.channels + channel;
  }
  __device__ bool empty() const { return rowBegin >= rowEnd || columnBegin >= columnEnd; }
  __device__ const T *element(const PoolShape &s, int r, int t) const {
    return corner + (int64_t{r} * s.inWidth + t) * s.channels;
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
template <int V, bool Places, typename T>
__device__ void storeMaximum(const PoolShape &s, const Inside<T> &inside, Maximum<T, V> &maximum,
                             T *y, uint8_t *places) {
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
  maximum.storeValues(y);
}

template <int V, bool Places, typename T>
__global__ void __launch_bounds__(blockThreads)
    maxPoolKernel(const __grid_constant__ PoolShape s, const __grid_constant__ PoolGrid grid,
                  const T *x, T *y, uint8_t *places) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(group);
  const Inside<T> inside(s, x, at.sample, at.row, at.column, at.channel);
  Maximum<T, V> maximum(inside.empty() ? 255
                                       : inside.rowBegin * s.kernelWidth + inside.columnBegin);
  forWindow<V>(s, inside, [&](int place, const Vec<T, V> &v) { maximum.add(v, place); });
  storeMaximum<V, Places>(s, inside, maximum, y + int64_t{group} * V, places + int64_t{group} * V);
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
  storeScaled<V>(y + int64_t{group} * V, sums, weight);
}

/// Maxima of a walk. A Row is what a row of the input gives to the windows of one column.
template <int K, int V, bool Places, typename T>
struct MaxWalk {
  uint8_t *places;

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
                        const Row (&rows)[K], T *y, int64_t offset) const {
    Row maximum = rows[0];
#pragma unroll
    for (int r = 1; r < K; ++r)
      maximum.merge(rows[r], r * K);
    storeMaximum<V, Places>(s, Inside<T>(s, x, at.sample, p, at.column, at.channel), maximum,
                            y + offset, places + offset);
  }
};

template <int K, int V, typename T>
struct AverageWalk {
  bool countPadding;

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
                        const Row (&rows)[K], T *y, int64_t offset) const {
    float sums[V];
#pragma unroll
    for (int k = 0; k < V; ++k) {
      sums[k] = rows[0].sums[k];
#pragma unroll
      for (int r = 1; r < K; ++r)
        sums[k] += rows[r].sums[k];
    }
    storeScaled<V>(y + offset, sums,
                   s.rowWeight(countPadding, p) * s.columnWeight(countPadding, at.column));
  }
};

/// A thread has `walk` rows of windows of a column. It reads what the next row of windows
/// adds before it works on this one.
template <int K, int S, int V, typename Walk, typename T>
__global__ void __launch_bounds__(blockThreads)
    walkKernel(const __grid_constant__ PoolShape s, const __grid_constant__ PoolGrid grid, int walk,
               const __grid_constant__ Walk f, const T *__restrict__ x, T *__restrict__ y) {
  static_assert(S <= K, "the windows share rows, or touch");
  const uint32_t thread = blockIdx.x * blockThreads + threadIdx.x;
  if (thread >= grid.groups)
    return;
  const PoolGrid::Place at = grid.place<V>(thread);
  const int begin = at.row * walk, end = min(begin + walk, s.outHeight);
  const int left = at.column * S - s.padWidth, firstColumn = max(0, -left);
  const T *column = x + int64_t{at.sample} * s.inHeight * s.inWidth * s.channels +
                    int64_t{left} * s.channels + at.channel;
  bool inColumn[K];
#pragma unroll
  for (int t = 0; t < K; ++t)
    inColumn[t] = static_cast<unsigned>(left + t) < static_cast<unsigned>(s.inWidth);
  const auto read = [&](int h, Vec<T, V>(&v)[K]) {
    const bool inRow = static_cast<unsigned>(h) < static_cast<unsigned>(s.inHeight);
    const T *in = column + int64_t{h} * s.inWidth * s.channels;
#pragma unroll
    for (int t = 0; t < K; ++t)
      v[t] = inRow && inColumn[t] ? load<V>(in + t * s.channels) : f.outside();
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
  int64_t offset =
      ((int64_t{at.sample} * s.outHeight + begin) * s.outWidth + at.column) * s.channels +
      at.channel;
  for (int p = begin; p < end; ++p, h += S) {
#pragma unroll
    for (int i = 0; i < S; ++i)
      rows[K - S + i] = f.row(next[i], h + K - S + i, firstColumn);
    if (p + 1 < end) {
#pragma unroll
      for (int i = 0; i < S; ++i)
        read(h + K + i, next[i]);
    }
    f.write(s, at, p, x, rows, y, offset);
    offset += int64_t{s.outWidth} * s.channels;
#pragma unroll
    for (int r = 0; r < K - S; ++r)
      rows[r] = rows[r + S];
  }
}

/// Launches the walk that makeWalk(outputs before it) gives, for all parts of the batch.
template <typename T, typename Kernel, typename Stride, typename MakeWalk>
void walkOutput(cudaStream_t stream, const Pool2dShape &s, Kernel, Stride, const T *x, T *y,
                MakeWalk makeWalk) {
  constexpr int k = Kernel::value, distance = Stride::value, v = wide<T>;
  const int walk = walkRows(s.batch, s.outHeight, s.outWidth, s.channels / v);
  forSamples(s.batch, divideUp(s.outHeight, walk), s.outWidth, s.channels, v,
             [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
               const int64_t out = first * outSample(s);
               walkKernel<k, distance, v><<<blocks, blockThreads, 0, stream>>>(
                   PoolShape(s), grid, walk, makeWalk(out), x + first * inSample(s), y + out);
             });
}

/// Calls launch(V, grid, blocks, inputs before them, outputs before them) for all parts of
/// the batch, with a thread for each group of the output.
template <typename T, typename Launch>
void forOutput(const Pool2dShape &s, Launch launch) {
  withWidth<T>(s.channels, [&](auto width) {
    forSamples(s.batch, s.outHeight, s.outWidth, s.channels, width,
               [&](const PoolGrid &grid, unsigned blocks, int64_t first) {
                 launch(width, grid, blocks, first * inSample(s), first * outSample(s));
               });
  });
}

template <bool Places, typename T>
void launchMaxPool(cudaStream_t stream, const Pool2dShape &s, const T *x, T *y, uint8_t *places) {
  const auto placesAt = [&](int64_t out) { return Places ? places + out : nullptr; };
  const auto walk = [&](auto kernel, auto stride) {
    constexpr int k = kernel;
    walkOutput(stream, s, kernel, stride, x, y,
               [&](int64_t out) { return MaxWalk<k, wide<T>, Places, T>{placesAt(out)}; });
  };
  withWalk<T>(s, walk, [&] {
    forOutput<T>(s, [&](auto width, const PoolGrid &grid, unsigned blocks, int64_t in,
                        int64_t out) {
      constexpr int v = width;
      maxPoolKernel<v, Places>
          <<<blocks, blockThreads, 0, stream>>>(PoolShape(s), grid, x + in, y + out, placesAt(out));
    });
  });
}

} // namespace

template <typename T>
void fanfold::cuda::maxPool2d(cudaStream_t stream, const Pool2dShape &s, const T *x, T *y,
                              uint8_t *places) {
  if (places)
    launchMaxPool<true>(stream, s, x, y, places);
  else
    launchMaxPool<false>(stream, s, x, y, places);
}

template <typename T>
void fanfold::cuda::avgPool2d(cudaStream_t stream, const Pool2dShape &s, bool countPadding,
                              const T *x, T *y) {
  const auto walk = [&](auto kernel, auto stride) {
    constexpr int k = kernel;
    walkOutput(stream, s, kernel, stride, x, y,
               [&](int64_t) { return AverageWalk<k, wide<T>, T>{countPadding}; });
  };
  withWalk<T>(s, walk, [&] {
    forOutput<T>(s, [&](auto width, const PoolGrid &grid, unsigned blocks, int64_t in,
                        int64_t out) {
      constexpr int v = width;
      avgPoolKernel<v>
          <<<blocks, blockThreads, 0, stream>>>(PoolShape(s), grid, countPadding, x + in, y + out);
    });
  });
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::maxPool2d(cudaStream_t, const Pool2dShape &, const T *, T *,        \
                                         uint8_t *);                                               \
  template void fanfold::cuda::avgPool2d(cudaStream_t, const Pool2dShape &, bool, const T *, T *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

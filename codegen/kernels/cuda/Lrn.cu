//===- Lrn.cu - local response normalisation across channels --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Threads have V neighbouring channels, and a block takes whole rows.
//
// With windows of 5 channels, which is what networks have, a thread reads the two channels
// on either side as well: they come from the cache, since its neighbours read them too.
//
// With others a block squares the channels once into shared memory, where the windows add
// up; of a wide row it takes a slice with the channels around it that reach into its
// windows. An array in shared memory has a gap after each V elements: without it the
// threads of a warp would meet in few banks.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/Lrn.h"
#include "codegen/kernels/cuda/Vec.cuh"

#include <algorithm>

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// Channels of a block, over all of its rows.
constexpr int64_t blockChannels = 2048;

/// Elements of shared memory that a group of V takes.
__host__ __device__ constexpr int spaced(int v) { return v == 1 ? 1 : v + 1; }

/// How a tensor is cut, in groups of V channels.
struct Tiling {
  int64_t rows;
  int groupsPerRow;
  int rowsPerBlock;
  int slice; ///< Groups of a row that a block writes.
  int halo;  ///< Groups before and after them that it reads too.
  int slices;

  Tiling(int64_t rows, int64_t channels, int64_t size, int v, int64_t windows) : rows(rows) {
    groupsPerRow = static_cast<int>(channels / v);
    slice = static_cast<int>(std::min<int64_t>(groupsPerRow, blockChannels / v));
    slices = static_cast<int>(divideUp(groupsPerRow, slice));
    // Beyond the ends of a row there is nothing to read.
    halo = slices == 1 ? 0 : static_cast<int>(divideUp(windows * (size - 1), v));
    rowsPerBlock = static_cast<int>(std::max<int64_t>(1, blockChannels / v / slice));
  }
  int64_t sharedElements(int v) const {
    return int64_t{rowsPerBlock} * (slice + 2 * halo) * spaced(v);
  }
};

/// One row of a block: which groups it holds, and where they are in shared memory.
struct Slice {
  int begin, end;      ///< Groups that are written.
  int lowest, highest; ///< Groups that are read: half-open.

  __device__ explicit Slice(const Tiling &t) {
    begin = static_cast<int>(blockIdx.y) * t.slice;
    end = min(begin + t.slice, t.groupsPerRow);
    lowest = max(begin - t.halo, 0);
    highest = min(end + t.halo, t.groupsPerRow);
  }
};

/// Index of a channel in an array of shared memory, told from the slice's lowest.
template <int V>
__device__ int sharedIndex(int c) {
  return c / V * spaced(V) + c % V;
}

struct Window {
  int before, after; ///< Channels around c, c not counted.
  float scale;       ///< alpha / size
  float beta, k;
};

struct Powers {
  float value; ///< d^-beta
  float next;  ///< d^(-beta - 1)
};

/// To 2^-23 of the result, which is enough of a quarter of an exponent; that of sqrtf to the
/// last bit takes several times as long.
__device__ float approximateSqrt(float x) {
  float y;
  asm("sqrt.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// The exponent 3/4, AlexNet's, takes roots. Others are exact to |log2 d| * 2^-24.
template <bool ThreeQuarters>
__device__ Powers powersOf(float d, float beta) {
  if constexpr (ThreeQuarters) {
    const float root = rsqrtf(d), value = root * approximateSqrt(root);
    return {value, value * root * root};
  } else {
    const float value = exp2f(-beta * log2f(d));
    return {value, value / d};
  }
}
__device__ Powers powersOf(float d, float beta) {
  return beta == 0.75f ? powersOf<true>(d, beta) : powersOf<false>(d, beta);
}

/// sums[k] = the sum of values[c + k - before] to values[c + k + after], which lie within
/// [0, width). The V windows share most of their channels.
template <int V>
__device__ void windowSums(const float *values, int c, int before, int after, int width,
                           float (&sums)[V]) {
#pragma unroll
  for (int k = 0; k < V; ++k)
    sums[k] = 0;
  for (int d = max(-before, -c); d < min(V + after, width - c); ++d) {
    const float value = values[sharedIndex<V>(c + d)];
#pragma unroll
    for (int k = 0; k < V; ++k)
      sums[k] += d >= k - before && d <= k + after ? value : 0.0f;
  }
}

/// Calls body(offset, shared, group, width) for each group of V channels, from `first` to
/// `last` of the slice, in all rows of the block: `offset` of its first element in the
/// tensor, `shared`, the row's array, and the channel in it.
template <int V, typename Body>
__device__ void forGroups(const Tiling &t, const Slice &slice, int first, int last, Body body) {
  const int count = last - first, width = (t.slice + 2 * t.halo) * spaced(V);
  const int64_t firstRow = int64_t{blockIdx.x} * t.rowsPerBlock;
  const int rows = static_cast<int>(min(int64_t{t.rowsPerBlock}, t.rows - firstRow));
  for (int i = static_cast<int>(threadIdx.x); i < rows * count; i += blockThreads) {
    const int row = i / count, group = first + i % count;
    body(((firstRow + row) * t.groupsPerRow + group) * V, row * width, (group - slice.lowest) * V);
  }
}

extern __shared__ float sharedMemory[];

template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    lrnKernel(const __grid_constant__ Tiling t, const __grid_constant__ Window window, const T *x,
              T *y) {
  const Slice slice(t);
  const int width = (slice.highest - slice.lowest) * V;
  forGroups<V>(t, slice, slice.lowest, slice.highest, [&](int64_t offset, int row, int c) {
    const Vec<T, V> in = load<V>(x + offset);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float value = toFloat(in[k]);
      sharedMemory[row + sharedIndex<V>(c + k)] = value * value;
    }
  });
  __syncthreads();
  forGroups<V>(t, slice, slice.begin, slice.end, [&](int64_t offset, int row, int c) {
    float sums[V];
    windowSums<V>(sharedMemory + row, c, window.before, window.after, width, sums);
    const Vec<T, V> in = load<V>(x + offset);
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k)
      out[k] = fromFloat<T>(toFloat(in[k]) *
                            powersOf(window.k + window.scale * sums[k], window.beta).value);
    store(y + offset, out);
  });
}

template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    lrnGradientKernel(const __grid_constant__ Tiling t, const __grid_constant__ Window window,
                      const T *x, const T *dy, T *dx) {
  const Slice slice(t);
  const int width = (slice.highest - slice.lowest) * V;
  const int elements = t.rowsPerBlock * (t.slice + 2 * t.halo) * spaced(V);
  float *squares = sharedMemory, *terms = squares + elements, *powers = terms + elements;
  forGroups<V>(t, slice, slice.lowest, slice.highest, [&](int64_t offset, int row, int c) {
    const Vec<T, V> in = load<V>(x + offset);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float value = toFloat(in[k]);
      squares[row + sharedIndex<V>(c + k)] = value * value;
    }
  });
  __syncthreads();
  // In a halo the outermost windows are cut off; their terms reach no channel of the slice.
  forGroups<V>(t, slice, slice.lowest, slice.highest, [&](int64_t offset, int row, int c) {
    float sums[V];
    windowSums<V>(squares + row, c, window.before, window.after, width, sums);
    const Vec<T, V> in = load<V>(x + offset), gradient = load<V>(dy + offset);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const Powers power = powersOf(window.k + window.scale * sums[k], window.beta);
      const int at = row + sharedIndex<V>(c + k);
      powers[at] = power.value;
      terms[at] = toFloat(gradient[k]) * toFloat(in[k]) * power.next;
    }
  });
  __syncthreads();
  const float scale = 2.0f * window.scale * window.beta;
  forGroups<V>(t, slice, slice.begin, slice.end, [&](int64_t offset, int row, int c) {
    float sums[V];
    windowSums<V>(terms + row, c, window.after, window.before, width, sums);
    const Vec<T, V> in = load<V>(x + offset), gradient = load<V>(dy + offset);
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k)
      out[k] = fromFloat<T>(toFloat(gradient[k]) * powers[row + sharedIndex<V>(c + k)] -
                            scale * toFloat(in[k]) * sums[k]);
    store(dx + offset, out);
  });
}

//===----------------------------------------------------------------------===//
// Windows of 5 channels
//===----------------------------------------------------------------------===//

constexpr int reach = 2; ///< Channels of a window before its own, and after.

/// How a tensor is cut: blocks take tiles of as many rows as they have threads for.
struct RowTiles {
  int64_t rows;
  int groupsPerRow; ///< At most blockThreads.
  int rowsPerTile;
  int tilesPerBlock;

  RowTiles(int64_t rows, int64_t groups)
      : rows(rows), groupsPerRow(static_cast<int>(groups)),
        rowsPerTile(blockThreads / groupsPerRow),
        tilesPerBlock(static_cast<int>(std::clamp<int64_t>(tiles() / 528, 1, 4))) {}
  int64_t tiles() const { return divideUp(rows, rowsPerTile); }
  unsigned blocks() const { return static_cast<unsigned>(divideUp(tiles(), tilesPerBlock)); }
};

/// A thread's place in the tiles of its block.
template <int V>
struct RowPlace {
  int64_t row, endRow; ///< In the first tile; that of the block's last.
  int64_t offset;      ///< Of the first element.
  int64_t step;        ///< From tile to tile.
  bool first, last;    ///< Of the row.

  __device__ explicit RowPlace(const RowTiles &t) {
    const int thread = static_cast<int>(threadIdx.x);
    const int line = thread / t.groupsPerRow, group = thread % t.groupsPerRow;
    const int64_t begin = int64_t{blockIdx.x} * t.tilesPerBlock * t.rowsPerTile;
    row = begin + line;
    // Threads that are left over have no rows.
    endRow =
        line < t.rowsPerTile ? min(t.rows, begin + int64_t{t.tilesPerBlock} * t.rowsPerTile) : 0;
    offset = (row * t.groupsPerRow + group) * V;
    step = int64_t{t.rowsPerTile} * t.groupsPerRow * V;
    first = group == 0;
    last = group == t.groupsPerRow - 1;
  }
};

/// A thread's channels and those that its windows reach.
template <int V, typename T>
struct Reached {
  Vec<T, V> own;
  Vec<T, reach> before, after;

  __device__ void read(const T *x, bool first, bool last) {
    own = load<V>(x);
    before = after = {};
    if (!first)
      before = load<reach>(x - reach);
    if (!last)
      after = load<reach>(x + V);
  }
  /// What is added to k in the denominators: window.scale * the sums of squares.
  __device__ void denominators(const Window &window, float (&d)[V]) const {
    float squares[V + 2 * reach];
#pragma unroll
    for (int k = 0; k < V + 2 * reach; ++k) {
      const float value = toFloat(k < reach       ? before[k]
                                  : k < V + reach ? own[k - reach]
                                                  : after[k - V - reach]);
      squares[k] = value * value;
    }
    sumAround(squares, d);
#pragma unroll
    for (int k = 0; k < V; ++k)
      d[k] = window.k + window.scale * d[k];
  }
  static __device__ void sumAround(const float (&values)[V + 2 * reach], float (&sums)[V]) {
#pragma unroll
    for (int k = 0; k < V; ++k) {
      sums[k] = values[k];
#pragma unroll
      for (int j = 1; j <= 2 * reach; ++j)
        sums[k] += values[k + j];
    }
  }
};

/// The next tile is read before this one is worked on. Nothing of a tile is written before
/// all threads have read it.
template <bool ThreeQuarters, int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    lrnRowsKernel(const __grid_constant__ RowTiles t, const __grid_constant__ Window window,
                  const T *x, T *y) {
  RowPlace<V> at(t);
  Reached<V, T> next = {};
  if (at.row < at.endRow)
    next.read(x + at.offset, at.first, at.last);
  for (int tile = 0; tile < t.tilesPerBlock; ++tile) {
    const Reached<V, T> in = next;
    if (at.row + t.rowsPerTile < at.endRow)
      next.read(x + at.offset + at.step, at.first, at.last);
    __syncthreads();
    if (at.row < at.endRow) {
      float d[V];
      in.denominators(window, d);
      Vec<T, V> out;
#pragma unroll
      for (int k = 0; k < V; ++k)
        out[k] =
            fromFloat<T>(toFloat(in.own[k]) * powersOf<ThreeQuarters>(d[k], window.beta).value);
      store(y + at.offset, out);
    }
    at.row += t.rowsPerTile;
    at.offset += at.step;
  }
}

/// As above. Neighbours exchange the terms that their windows share.
template <bool ThreeQuarters, int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    lrnGradientRowsKernel(const __grid_constant__ RowTiles t, const __grid_constant__ Window window,
                          const T *x, const T *dy, T *dx) {
  // Two, for tiles in turn: one barrier is between a thread's reads and the next writes.
  __shared__ Vec<float, reach> firstTerms[2][blockThreads], lastTerms[2][blockThreads];
  const int thread = static_cast<int>(threadIdx.x);
  const float scale = 2.0f * window.scale * window.beta;
  RowPlace<V> at(t);
  Reached<V, T> next = {};
  Vec<T, V> nextGradient = {};
  const auto read = [&](int64_t offset) {
    next.read(x + offset, at.first, at.last);
    nextGradient = load<V>(dy + offset);
  };
  if (at.row < at.endRow)
    read(at.offset);
  for (int tile = 0; tile < t.tilesPerBlock; ++tile) {
    const Reached<V, T> in = next;
    const Vec<T, V> gradient = nextGradient;
    if (at.row + t.rowsPerTile < at.endRow)
      read(at.offset + at.step);
    float powers[V], terms[V + 2 * reach];
    in.denominators(window, powers);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const Powers power = powersOf<ThreeQuarters>(powers[k], window.beta);
      powers[k] = power.value;
      terms[k + reach] = toFloat(gradient[k]) * toFloat(in.own[k]) * power.next;
    }
    auto &firsts = firstTerms[tile % 2], &lasts = lastTerms[tile % 2];
    Vec<float, reach> edge;
#pragma unroll
    for (int k = 0; k < reach; ++k)
      edge[k] = terms[reach + k];
    firsts[thread] = edge;
#pragma unroll
    for (int k = 0; k < reach; ++k)
      edge[k] = terms[V + k];
    lasts[thread] = edge;
    __syncthreads();
    if (at.row < at.endRow) {
      const Vec<float, reach> none = {};
      const Vec<float, reach> before = at.first ? none : lasts[thread - 1],
                              after = at.last ? none : firsts[thread + 1];
#pragma unroll
      for (int k = 0; k < reach; ++k) {
        terms[k] = before[k];
        terms[V + reach + k] = after[k];
      }
      float sums[V];
      Reached<V, T>::sumAround(terms, sums);
      Vec<T, V> out;
#pragma unroll
      for (int k = 0; k < V; ++k)
        out[k] =
            fromFloat<T>(toFloat(gradient[k]) * powers[k] - scale * toFloat(in.own[k]) * sums[k]);
      store(dx + at.offset, out);
    }
    at.row += t.rowsPerTile;
    at.offset += at.step;
  }
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

dim3 blocksOf(const Tiling &t) {
  return {static_cast<unsigned>(divideUp(t.rows, t.rowsPerBlock)), static_cast<unsigned>(t.slices)};
}

Window makeWindow(int64_t size, float alpha, float beta, float k) {
  return {static_cast<int>(size / 2), static_cast<int>((size - 1) / 2),
          alpha / static_cast<float>(size), beta, k};
}

/// Calls rows(whether beta is 3/4, tiles) if the kernels for windows of 5 can be taken,
/// slices(V) if not.
template <typename T, typename Rows, typename Slices>
void withKernel(int64_t rows, int64_t channels, int64_t size, float beta, Rows byRows,
                Slices bySlices) {
  if (rows == 0 || channels == 0)
    return;
  if (size != 2 * reach + 1 || channels % wide<T> != 0 || channels / wide < T >> blockThreads)
    withWidth<T>(channels, bySlices);
  else if (beta == 0.75f)
    byRows(std::true_type(), RowTiles(rows, channels / wide<T>));
  else
    byRows(std::false_type(), RowTiles(rows, channels / wide<T>));
}

} // namespace

template <typename T>
void fanfold::cuda::lrn(cudaStream_t stream, int64_t rows, int64_t channels, int64_t size,
                        float alpha, float beta, float k, const T *x, T *y) {
  const Window window = makeWindow(size, alpha, beta, k);
  const auto byRows = [&](auto threeQuarters, const RowTiles &tiles) {
    constexpr bool special = threeQuarters;
    constexpr int v = wide<T>;
    lrnRowsKernel<special, v><<<tiles.blocks(), blockThreads, 0, stream>>>(tiles, window, x, y);
  };
  const auto bySlices = [&](auto width) {
    constexpr int v = width;
    const Tiling tiling(rows, channels, size, v, 1);
    const size_t bytes = tiling.sharedElements(v) * sizeof(float);
    lrnKernel<v><<<blocksOf(tiling), blockThreads, bytes, stream>>>(tiling, window, x, y);
  };
  withKernel<T>(rows, channels, size, beta, byRows, bySlices);
}

template <typename T>
void fanfold::cuda::lrnGradient(cudaStream_t stream, int64_t rows, int64_t channels, int64_t size,
                                float alpha, float beta, float k, const T *x, const T *dy, T *dx) {
  const Window window = makeWindow(size, alpha, beta, k);
  const auto byRows = [&](auto threeQuarters, const RowTiles &tiles) {
    constexpr bool special = threeQuarters;
    constexpr int v = wide<T>;
    lrnGradientRowsKernel<special, v>
        <<<tiles.blocks(), blockThreads, 0, stream>>>(tiles, window, x, dy, dx);
  };
  const auto bySlices = [&](auto width) {
    constexpr int v = width;
    // A term reaches over one window, and what it is made of over another.
    const Tiling tiling(rows, channels, size, v, 2);
    const size_t bytes = 3 * tiling.sharedElements(v) * sizeof(float);
    lrnGradientKernel<v>
        <<<blocksOf(tiling), blockThreads, bytes, stream>>>(tiling, window, x, dy, dx);
  };
  withKernel<T>(rows, channels, size, beta, byRows, bySlices);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::lrn(cudaStream_t, int64_t, int64_t, int64_t, float, float, float,   \
                                   const T *, T *);                                                \
  template void fanfold::cuda::lrnGradient(cudaStream_t, int64_t, int64_t, int64_t, float, float,  \
                                           float, const T *, const T *, T *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

//===- Lrn.cu - local response normalisation across channels --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block takes whole rows, or of a wide row a slice with the channels around it that
// reach into its windows. It squares them once into shared memory, where the windows
// add up. Threads have V neighbouring channels, so an array in shared memory has a gap
// after each V elements: without it the threads of a warp would meet in few banks.
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

/// d^-beta. AlexNet's exponent needs no pow.
__device__ float inversePower(float d, float beta) {
  return beta == 0.75f ? rsqrtf(d) * rsqrtf(sqrtf(d)) : powf(d, -beta);
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
                            inversePower(window.k + window.scale * sums[k], window.beta));
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
      const float denominator = window.k + window.scale * sums[k];
      const float power = inversePower(denominator, window.beta);
      const int at = row + sharedIndex<V>(c + k);
      powers[at] = power;
      terms[at] = toFloat(gradient[k]) * toFloat(in[k]) * power / denominator;
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

dim3 blocksOf(const Tiling &t) {
  return {static_cast<unsigned>(divideUp(t.rows, t.rowsPerBlock)), static_cast<unsigned>(t.slices)};
}

Window makeWindow(int64_t size, float alpha, float beta, float k) {
  return {static_cast<int>(size / 2), static_cast<int>((size - 1) / 2),
          alpha / static_cast<float>(size), beta, k};
}

} // namespace

template <typename T>
void fanfold::cuda::lrn(cudaStream_t stream, int64_t rows, int64_t channels, int64_t size,
                        float alpha, float beta, float k, const T *x, T *y) {
  if (rows == 0 || channels == 0)
    return;
  withWidth<T>(channels, [&](auto width) {
    constexpr int v = width;
    const Tiling tiling(rows, channels, size, v, 1);
    const size_t bytes = tiling.sharedElements(v) * sizeof(float);
    lrnKernel<v><<<blocksOf(tiling), blockThreads, bytes, stream>>>(
        tiling, makeWindow(size, alpha, beta, k), x, y);
  });
}

template <typename T>
void fanfold::cuda::lrnGradient(cudaStream_t stream, int64_t rows, int64_t channels, int64_t size,
                                float alpha, float beta, float k, const T *x, const T *dy, T *dx) {
  if (rows == 0 || channels == 0)
    return;
  withWidth<T>(channels, [&](auto width) {
    constexpr int v = width;
    // A term reaches over one window, and what it is made of over another.
    const Tiling tiling(rows, channels, size, v, 2);
    const size_t bytes = 3 * tiling.sharedElements(v) * sizeof(float);
    lrnGradientKernel<v><<<blocksOf(tiling), blockThreads, bytes, stream>>>(
        tiling, makeWindow(size, alpha, beta, k), x, dy, dx);
  });
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::lrn(cudaStream_t, int64_t, int64_t, int64_t, float, float, float,   \
                                   const T *, T *);                                                \
  template void fanfold::cuda::lrnGradient(cudaStream_t, int64_t, int64_t, int64_t, float, float,  \
                                           float, const T *, const T *, T *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

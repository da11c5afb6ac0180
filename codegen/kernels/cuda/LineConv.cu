//===- LineConv.cu - convolutions over images as lines of pixels ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Filters are the rows of the product and pixels its columns: so the filters, which never
// change, stay in registers, and of what is left shared memory has to deliver half of what it
// could. A block is one warpgroup. It computes a tile, lays it out anew through shared
// memory, and stores it, while other blocks of the multiprocessor multiply.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/LineConv.h"
#include "codegen/kernels/cuda/LineRing.cuh"
#include "codegen/kernels/cuda/Reduce.h"
#include "codegen/kernels/cuda/Vec.cuh"
#include "codegen/kernels/cuda/Wgmma.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

constexpr int threads = 128;
constexpr int tile = lineTile;
/// 16-byte pieces of a pixel of y, if it has all filters.
constexpr int pieces = lineFilters / 8;

struct Problem {
  uint32_t pixels;                  ///< Of x.
  Divisor width, height;            ///< Of an image of x.
  uint32_t outWidth, outHeight;     ///< Of one of y.
  uint32_t filters, filterElements; ///< And elements of a filter.
  uint32_t tiles, reach;
  uint32_t ringPixels;
  Divisor planes;
  uint32_t planeBytes;
  /// Where a step reads: pixels behind its own, and bytes from the first plane.
  uint32_t distance[lineMaxSteps], plane[lineMaxSteps];
};

/// Two elements of w, filter `f` and from `k` of it; zeros if there is no such filter.
template <typename T>
__device__ uint32_t filterPair(const Problem &p, const T *w, uint32_t f, uint32_t k) {
  if (f >= p.filters || k >= p.filterElements)
    return 0;
  return *reinterpret_cast<const uint32_t *>(w + f * p.filterElements + k);
}

template <typename T>
__device__ uint32_t pack(float low, float high) {
  Vec<T, 2> pair;
  pair[0] = fromFloat<T>(low);
  pair[1] = fromFloat<T>(high);
  return pair.words[0];
}

/// Byte offset of a piece of a pixel in the staging area. Pixels have 128 bytes; the pieces of
/// 8 neighbouring ones change places so that none shares banks with another.
__device__ uint32_t stagingOffset(uint32_t pixel, uint32_t piece) {
  return (pixel * pieces + (piece ^ pixel % pieces)) * 16;
}

/// Accumulators to the staging area, as rows of filters.
template <typename T>
__device__ void stage(uint32_t staging, const float (&d)[64]) {
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  // Lanes in groups of 8 give the rows of 4 matrices: two pieces of 8 pixels, and of the next.
  const uint32_t pixel = lane % 8 + lane / 16 * 8, piece = 2 * warp + lane / 8 % 2;
#pragma unroll
  for (int j = 0; j < tile / 16; ++j) {
    const float *from = d + 8 * j;
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
                     staging + stagingOffset(16 * j + pixel, piece)),
                 "r"(pack<T>(from[0], from[1])), "r"(pack<T>(from[2], from[3])),
                 "r"(pack<T>(from[4], from[5])), "r"(pack<T>(from[6], from[7]))
                 : "memory");
  }
}

/// Sums of 8 filters over some pixels.
struct Sums {
  float sum[8] = {}, squares[8] = {};
  template <typename T>
  __device__ void add(const Vec<T, 8> &v) {
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      const float value = toFloat(v[k]);
      sum[k] += value;
      squares[k] += value * value;
    }
  }
};

/// Stores the results of a tile; thread t has piece t % 8 of every 16th pixel.
template <typename T, bool Statistics>
__device__ void storeTile(const Problem &p, uint32_t firstPixel, const unsigned char *staging, T *y,
                          Sums &sums) {
  const uint32_t piece = threadIdx.x % pieces;
  if (piece * 8 >= p.filters)
    return;
#pragma unroll
  for (uint32_t i = 0; i < tile; i += threads / pieces) {
    const uint32_t pixel = i + threadIdx.x / pieces;
    uint32_t row = firstPixel + pixel;
    const uint32_t column = p.width.split(row);
    const uint32_t image = p.height.divide(row);
    if (column >= p.outWidth || row - image * p.height.divisor >= p.outHeight ||
        firstPixel + pixel >= p.pixels)
      continue;
    const Vec<T, 8> v = load<8>(reinterpret_cast<const T *>(staging + stagingOffset(pixel, piece)));
    row -= image * (p.height.divisor - p.outHeight);
    store(y + uint64_t{row * p.outWidth + column} * p.filters + piece * 8, v);
    if constexpr (Statistics)
      sums.add(v);
  }
}

/// partials[block][0] and [1]: the sums of a block.
__device__ void storeSums(const Problem &p, float *shared, const Sums &sums, float *partials) {
  float(*rows)[2][lineFilters] = reinterpret_cast<float(*)[2][lineFilters]>(shared);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  __syncthreads();
#pragma unroll
  for (int k = 0; k < 8; ++k) {
    float sum = sums.sum[k], squares = sums.squares[k];
#pragma unroll
    for (int distance = pieces; distance < 32; distance *= 2) {
      sum += __shfl_xor_sync(~0u, sum, distance);
      squares += __shfl_xor_sync(~0u, squares, distance);
    }
    if (lane < pieces) {
      rows[warp][0][lane * 8 + k] = sum;
      rows[warp][1][lane * 8 + k] = squares;
    }
  }
  __syncthreads();
  const uint32_t s = threadIdx.x / lineFilters, filter = threadIdx.x % lineFilters;
  if (filter < p.filters)
    partials[(blockIdx.x * 2 + s) * p.filters + filter] =
        (rows[0][s][filter] + rows[1][s][filter]) + (rows[2][s][filter] + rows[3][s][filter]);
}

template <typename T, int Steps, bool Statistics>
__global__ void __launch_bounds__(threads, Steps <= 16 ? 3 : 2)
    lineConvKernel(const __grid_constant__ Problem p, const T *x, const T *w, T *y,
                   float *partials) {
  extern __shared__ __align__(128) unsigned char shared[];
  unsigned char *const staging = shared;
  LineRing<T, tile> ring(shared + LineConvTiling::stagingBytes, p.planes, p.planeBytes,
                         p.ringPixels);
  const uint32_t stagingAddress = static_cast<uint32_t>(__cvta_generic_to_shared(staging));

  // The tiles of this block, and those that it loads.
  const auto firstOf = [&](uint32_t block) {
    return static_cast<uint32_t>(uint64_t{block} * p.tiles / gridDim.x);
  };
  const uint32_t first = firstOf(blockIdx.x), count = firstOf(blockIdx.x + 1) - first;
  const uint32_t loads = count + p.reach;
  const auto fetch = [&](uint32_t t) {
    if (t < loads)
      ring.fetch(x, t, uint64_t{first + t} * tile, p.pixels);
  };
  for (uint32_t t = 0; t <= p.reach; ++t)
    fetch(t);
  commitCopies();
  fetch(p.reach + 1);
  commitCopies();

  uint32_t a[Steps][4];
  {
    const uint32_t lane = threadIdx.x % 32, f = threadIdx.x / 32 * 16 + lane / 4;
#pragma unroll
    for (int step = 0; step < Steps; ++step) {
      const uint32_t k = step * lineStepChannels + lane % 4 * 2;
      a[step][0] = filterPair(p, w, f, k);
      a[step][1] = filterPair(p, w, f + 8, k);
      a[step][2] = filterPair(p, w, f, k + 8);
      a[step][3] = filterPair(p, w, f + 8, k + 8);
    }
  }

  Sums sums;
  for (uint32_t t = 0; t < count; ++t) {
    // All that tile t reads has arrived, and tile t - 1 is done with what comes next.
    waitForCopies<LineConvTiling::tilesAhead - 1>();
    wgmma::publish();
    __syncthreads();
    fetch(t + p.reach + LineConvTiling::tilesAhead);
    commitCopies();

    float d[64];
    wgmma::fence(d);
    wgmma::begin();
#pragma unroll
    for (int step = 0; step < Steps; ++step) {
      const uint32_t at = ring.address(t * tile + p.distance[step]) + p.plane[step];
      wgmma::multiply<T, false>(d, a[step], wgmma::matrix(at, p.planeBytes, 128), step > 0);
    }
    wgmma::commit();
    wgmma::wait<0>();
    wgmma::fence(d);

    stage<T>(stagingAddress, d);
    __syncthreads();
    storeTile<T, Statistics>(p, (first + t) * tile, staging, y, sums);
  }
  if constexpr (Statistics)
    storeSums(p, reinterpret_cast<float *>(staging), sums, partials);
}

template <typename T, int Steps, bool Statistics>
void launch(cudaStream_t stream, const LineConvTiling &tiling, const Problem &p, const T *x,
            const T *w, T *y, float *partials) {
  const auto kernel = lineConvKernel<T, Steps, Statistics>;
  // An error is the launch's as well.
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                       static_cast<int>(tiling.blockBytes));
  kernel<<<static_cast<unsigned>(tiling.blocks), threads, static_cast<size_t>(tiling.blockBytes),
           stream>>>(p, x, w, y, partials);
}

} // namespace

template <typename T>
void fanfold::cuda::lineConv2d(cudaStream_t stream, const Conv2dShape &s, const T *x, const T *w,
                               T *y, float *sum, float *sumOfSquares, void *workspace) {
  const LineConvTiling tiling(s);
  const auto partials = static_cast<float *>(workspace);
  if (tiling.tiles > 0) {
    Problem p = {static_cast<uint32_t>(s.batch * s.inHeight * s.inWidth),
                 Divisor(s.inWidth),
                 Divisor(s.inHeight),
                 static_cast<uint32_t>(s.outWidth),
                 static_cast<uint32_t>(s.outHeight),
                 static_cast<uint32_t>(s.outChannels),
                 static_cast<uint32_t>(s.kernelHeight * s.kernelWidth * s.inChannels),
                 static_cast<uint32_t>(tiling.tiles),
                 static_cast<uint32_t>(tiling.reach),
                 static_cast<uint32_t>(tiling.ringTiles * lineTile),
                 Divisor(s.inChannels / 8),
                 static_cast<uint32_t>(tiling.planeBytes),
                 {},
                 {}};
    // Steps behind the last have filters of zeros, and read what the first does.
    for (int64_t step = 0; step < tiling.steps; ++step) {
      const int64_t tap = step * lineStepChannels / s.inChannels;
      const int64_t channel = step * lineStepChannels % s.inChannels;
      p.distance[step] =
          static_cast<uint32_t>(tap / s.kernelWidth * s.inWidth + tap % s.kernelWidth);
      p.plane[step] = static_cast<uint32_t>(channel / 8 * tiling.planeBytes);
    }
    const auto withSteps = [&](auto steps) {
      if (sum)
        launch<T, steps, true>(stream, tiling, p, x, w, y, partials);
      else
        launch<T, steps, false>(stream, tiling, p, x, w, y, partials);
    };
    if (tiling.steps <= 4)
      withSteps(std::integral_constant<int, 4>());
    else if (tiling.steps <= 8)
      withSteps(std::integral_constant<int, 8>());
    else if (tiling.steps <= 16)
      withSteps(std::integral_constant<int, 16>());
    else
      withSteps(std::integral_constant<int, lineMaxSteps>());
  }
  if (sum)
    sumPartials(stream, tiling.blocks, 2, s.outChannels, partials, {sum, sumOfSquares});
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::lineConv2d(cudaStream_t, const Conv2dShape &, const T *, const T *, \
                                          T *, float *, float *, void *);
INSTANTIATE(__half)
INSTANTIATE(__nv_bfloat16)

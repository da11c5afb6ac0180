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

#include "codegen/kernels/cuda/FilterSums.cuh"
#include "codegen/kernels/cuda/LineConv.h"
#include "codegen/kernels/cuda/LineRing.cuh"
#include "codegen/kernels/cuda/Reduce.h"
#include "codegen/kernels/cuda/Vec.cuh"
#include "codegen/kernels/cuda/Wgmma.cuh"

#include <limits>

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

constexpr int threads = 128;
constexpr int tile = lineTile;
constexpr int pieces = stagingPieces;

struct Problem {
  LineResults results;
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

/// What a kernel does to its sums, or makes of them.
enum class Extra : uint8_t { none, biasRelu, statistics };

/// Bias and lower bound of the results of two filters; NaN is not below a bound.
struct BiasRelu {
  float bias[2] = {}, least = 0;
  __device__ float operator()(float sum, int filter) const {
    const float value = sum + bias[filter];
    return value < least ? least : value;
  }
};

/// Accumulators to the staging area, as rows of filters.
template <typename T, Extra E>
__device__ void stage(uint32_t staging, const float (&d)[64], const BiasRelu &biasRelu) {
  const auto packed = [&](const float *pair, int filter) {
    if constexpr (E == Extra::biasRelu)
      return pack<T>(biasRelu(pair[0], filter), biasRelu(pair[1], filter));
    else
      return pack<T>(pair[0], pair[1]);
  };
#pragma unroll
  for (int j = 0; j < tile / 16; ++j) {
    const float *from = d + 8 * j;
    storeTransposed(staging + matrixRowOffset(16 * j), packed(from, 0), packed(from + 2, 1),
                    packed(from + 4, 0), packed(from + 6, 1));
  }
}

/// Stores the results of a tile; thread t has piece t % 8 of every 16th pixel.
template <typename T, Extra E>
__device__ void storeTile(const Problem &p, uint32_t firstPixel, const unsigned char *staging, T *y,
                          FilterSums &sums) {
  const uint32_t piece = threadIdx.x % pieces;
  if (piece * 8 >= p.filters)
    return;
#pragma unroll
  for (uint32_t i = 0; i < tile; i += threads / pieces) {
    const uint32_t pixel = i + threadIdx.x / pieces;
    uint32_t result;
    if (!p.results.find(firstPixel + pixel, result))
      continue;
    const Vec<T, 8> v = load<8>(reinterpret_cast<const T *>(staging + pieceOffset(pixel, piece)));
    store(y + uint64_t{result} * p.filters + piece * 8, v);
    if constexpr (E == Extra::statistics)
      sums.add(v);
  }
}

template <typename T, int Steps, Extra E>
__global__ void __launch_bounds__(threads, Steps <= 16 ? 3 : 2)
    lineConvKernel(const __grid_constant__ Problem p, const T *x, const T *w, T *y, const T *bias,
                   float least, float *partials) {
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
      ring.fetch(x, t, uint64_t{first + t} * tile, p.results.pixels);
  };
  for (uint32_t t = 0; t <= p.reach; ++t)
    fetch(t);
  commitCopies();
  fetch(p.reach + 1);
  commitCopies();

  uint32_t a[Steps][4];
  BiasRelu biasRelu;
  {
    const uint32_t lane = threadIdx.x % 32, f = threadIdx.x / 32 * 16 + lane / 4;
    biasRelu.least = least;
    for (const int i : {0, 1})
      if (E == Extra::biasRelu && bias && f + 8 * i < p.filters)
        biasRelu.bias[i] = toFloat(bias[f + 8 * i]);
#pragma unroll
    for (int step = 0; step < Steps; ++step) {
      const uint32_t k = step * lineStepChannels + lane % 4 * 2;
      a[step][0] = filterPair(p, w, f, k);
      a[step][1] = filterPair(p, w, f + 8, k);
      a[step][2] = filterPair(p, w, f, k + 8);
      a[step][3] = filterPair(p, w, f + 8, k + 8);
    }
  }

  FilterSums sums;
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

    stage<T, E>(stagingAddress, d, biasRelu);
    __syncthreads();
    storeTile<T, E>(p, (first + t) * tile, staging, y, sums);
  }
  if constexpr (E == Extra::statistics)
    sums.reduce<lineFilters, pieces>(staging, [&](uint32_t s, uint32_t filter, float sum) {
      if (filter < p.filters)
        partials[(blockIdx.x * 2 + s) * p.filters + filter] = sum;
    });
}

template <typename T, int Steps, Extra E>
void launch(cudaStream_t stream, const LineConvTiling &tiling, const Problem &p, const T *x,
            const T *w, T *y, const LineConvEpilogue<T> &epilogue, float *partials) {
  const auto kernel = lineConvKernel<T, Steps, E>;
  // An error is the launch's as well.
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                       static_cast<int>(tiling.blockBytes));
  kernel<<<static_cast<unsigned>(tiling.blocks), threads, static_cast<size_t>(tiling.blockBytes),
           stream>>>(p, x, w, y, epilogue.bias,
                     epilogue.relu ? 0.0f : -std::numeric_limits<float>::infinity(), partials);
}

} // namespace

template <typename T>
void fanfold::cuda::lineConv2d(cudaStream_t stream, const Conv2dShape &s, const T *x, const T *w,
                               T *y, const LineConvEpilogue<T> &epilogue, void *workspace) {
  const LineConvTiling tiling(s);
  const auto partials = static_cast<float *>(workspace);
  if (tiling.tiles > 0) {
    Problem p = {LineResults(s),
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
      if (epilogue.sum)
        launch<T, steps, Extra::statistics>(stream, tiling, p, x, w, y, epilogue, partials);
      else if (epilogue.bias || epilogue.relu)
        launch<T, steps, Extra::biasRelu>(stream, tiling, p, x, w, y, epilogue, partials);
      else
        launch<T, steps, Extra::none>(stream, tiling, p, x, w, y, epilogue, partials);
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
  if (epilogue.sum)
    sumPartials(stream, tiling.blocks, 2, s.outChannels, partials,
                {epilogue.sum, epilogue.sumOfSquares});
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::lineConv2d(cudaStream_t, const Conv2dShape &, const T *, const T *, \
                                          T *, const LineConvEpilogue<T> &, void *);
INSTANTIATE(__half)
INSTANTIATE(__nv_bfloat16)

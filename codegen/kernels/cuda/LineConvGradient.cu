//===- LineConvGradient.cu - gradients of filters over lines of pixels ----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Filters are the rows of the product, pixels what is summed over, and channels at the taps of
// a row its columns: a plane of the ring read from one pixel further on is the next tap, so
// eight channels at all taps of a row are one matrix whose parts overlap. The sums of a block
// stay in registers for all of its tiles.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/LineConv.h"
#include "codegen/kernels/cuda/LineRing.cuh"
#include "codegen/kernels/cuda/Reduce.h"
#include "codegen/kernels/cuda/Wgmma.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

using Tiling = LineConvGradientTiling;
constexpr int tile = lineTile;
/// Pixels that one instruction takes, and how many there are for a tile.
constexpr int stepPixels = 16, steps = tile / stepPixels;
/// Of 8 channels and a row of taps.
constexpr int maxGroups = 18;
template <int Width>
constexpr int groupsOf = Tiling::groups(Width);

struct Problem {
  LineResults results;
  uint32_t filters, filterElements, channels;
  uint32_t tiles, reach;
  uint32_t ringPixels;
  Divisor planes;
  uint32_t planeBytes;
  uint32_t groups;
  /// Of a group: pixels from a result's own, bytes from the first plane, and its place in a
  /// filter.
  uint32_t distance[maxGroups], plane[maxGroups], element[maxGroups];
};

/// Begins to copy the gradients of results for a tile of pixels; zeros where there is none.
template <typename T>
__device__ void fetchResults(const Problem &p, uint32_t firstPixel, const T *dy, uint32_t to) {
  const uint32_t piece = threadIdx.x % stagingPieces;
  // What is behind the last filter becomes rows of the product that nobody stores.
  if (piece * 8 >= p.filters)
    return;
  for (uint32_t pixel = threadIdx.x / stagingPieces; pixel < tile;
       pixel += blockDim.x / stagingPieces) {
    uint32_t result;
    const bool found = p.results.find(firstPixel + pixel, result);
    const T *source = dy + (found ? uint64_t{result} * p.filters + piece * 8 : 0);
    copyAsync(to + pieceOffset(pixel, piece), source, !found);
  }
}

/// Filters by pixels, from pixels of filters.
__device__ void loadTransposed(uint32_t (&a)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
               : "r"(address)
               : "memory");
}

/// The sums of a group: part of the filters' gradient of this block, of the filters' layout.
template <int Width>
__device__ void storeGroup(const Problem &p, const float (&d)[4 * Width], uint32_t element,
                           float *partials) {
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const uint32_t filter = warp * 16 + lane / 4 + 8 * half;
    if (filter >= p.filters)
      continue;
    float *const to = partials + filter * p.filterElements + element + lane % 4 * 2;
#pragma unroll
    for (int tap = 0; tap < Width; ++tap)
      *reinterpret_cast<float2 *>(to + tap * p.channels) =
          make_float2(d[4 * tap + 2 * half], d[4 * tap + 2 * half + 1]);
  }
}

template <typename T, int Width, int Warpgroups>
__global__ void __launch_bounds__(128 * Warpgroups, Tiling::residentBlocks(Width, Warpgroups))
    lineConvGradientKernel(const __grid_constant__ Problem p, const T *x, const T *dy,
                           float *partials) {
  constexpr int groups = groupsOf<Width>;
  extern __shared__ __align__(128) unsigned char shared[];
  const auto stages = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  LineRing<T, tile> ring(shared + Tiling::stages * LineConvTiling::stagingBytes, p.planes,
                         p.planeBytes, p.ringPixels);
  const auto stage = [&](uint32_t t) {
    return stages + t % Tiling::stages * LineConvTiling::stagingBytes;
  };
  const uint32_t firstGroup = Warpgroups == 1 ? 0 : __shfl_sync(~0u, threadIdx.x / 128, 0) * groups;

  const auto firstOf = [&](uint32_t block) {
    return static_cast<uint32_t>(uint64_t{block} * p.tiles / gridDim.x);
  };
  const uint32_t first = firstOf(blockIdx.x), count = firstOf(blockIdx.x + 1) - first;
  const auto fetchPixels = [&](uint32_t t) {
    ring.fetch(x, t, uint64_t{first + t} * tile, p.results.pixels);
  };
  // What tile t needs and the one before it does not.
  const auto fetch = [&](uint32_t t) {
    if (t < count) {
      fetchPixels(t + p.reach);
      fetchResults(p, (first + t) * tile, dy, stage(t));
    }
    commitCopies();
  };
  for (uint32_t t = 0; t < p.reach; ++t)
    fetchPixels(t);
  fetch(0);
  fetch(1);

  float d[groups][4 * Width] = {};
  for (uint32_t t = 0; t < count; ++t) {
    // All that tile t reads has arrived, and tile t - 1 is done with what comes next.
    waitForCopies<LineConvTiling::tilesAhead - 1>();
    wgmma::publish();
    __syncthreads();
    fetch(t + LineConvTiling::tilesAhead);

    uint32_t a[steps][4];
#pragma unroll
    for (int step = 0; step < steps; ++step)
      loadTransposed(a[step], stage(t) + matrixRowOffset(step * stepPixels));
#pragma unroll
    for (int g = 0; g < groups; ++g)
      wgmma::fence(d[g]);
    wgmma::begin();
#pragma unroll
    for (int step = 0; step < steps; ++step)
#pragma unroll
      for (int g = 0; g < groups; ++g) {
        const uint32_t at =
            ring.address(t * tile + step * stepPixels + p.distance[firstGroup + g]) +
            p.plane[firstGroup + g];
        wgmma::multiply<T, true>(d[g], a[step], wgmma::matrix(at, 128, 16), 1);
      }
    wgmma::commit();
    wgmma::wait<0>();
#pragma unroll
    for (int g = 0; g < groups; ++g)
      wgmma::fence(d[g]);
  }

  partials += size_t{blockIdx.x} * p.filters * p.filterElements;
#pragma unroll
  for (int g = 0; g < groups; ++g)
    if (firstGroup + g < p.groups)
      storeGroup<Width>(p, d[g], p.element[firstGroup + g], partials);
}

template <typename T, int Width, int Warpgroups>
void launch(cudaStream_t stream, const Tiling &tiling, const Problem &p, const T *x, const T *dy,
            float *partials) {
  const auto kernel = lineConvGradientKernel<T, Width, Warpgroups>;
  // An error is the launch's as well.
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                       static_cast<int>(tiling.blockBytes));
  kernel<<<static_cast<unsigned>(tiling.blocks), 128 * Warpgroups,
           static_cast<size_t>(tiling.blockBytes), stream>>>(p, x, dy, partials);
}

template <typename T, int Width>
void launch(cudaStream_t stream, const Tiling &tiling, const Problem &p, const T *x, const T *dy,
            float *partials) {
  if (tiling.warpgroups == 1)
    launch<T, Width, 1>(stream, tiling, p, x, dy, partials);
  else if (tiling.warpgroups == 2)
    launch<T, Width, 2>(stream, tiling, p, x, dy, partials);
  else if constexpr (Tiling::maxWarpgroups(Width) == 3)
    launch<T, Width, 3>(stream, tiling, p, x, dy, partials);
}

} // namespace

template <typename T>
void fanfold::cuda::lineConv2dGradient(cudaStream_t stream, const Conv2dShape &s, const T *x,
                                       const T *dy, T *dw, void *workspace) {
  const Tiling tiling(s);
  const auto partials = static_cast<float *>(workspace);
  if (tiling.blocks > 0) {
    const int64_t planes = s.inChannels / 8;
    Problem p = {LineResults(s),
                 static_cast<uint32_t>(s.outChannels),
                 static_cast<uint32_t>(s.kernelHeight * s.kernelWidth * s.inChannels),
                 static_cast<uint32_t>(s.inChannels),
                 static_cast<uint32_t>(tiling.tiles),
                 static_cast<uint32_t>(tiling.reach),
                 static_cast<uint32_t>(tiling.ringTiles * lineTile),
                 Divisor(planes),
                 static_cast<uint32_t>(tiling.planeBytes),
                 static_cast<uint32_t>(s.kernelHeight * planes),
                 {},
                 {},
                 {}};
    // Groups behind the last read what the first does.
    for (uint32_t group = 0; group < p.groups; ++group) {
      const int64_t row = group / planes, plane = group % planes;
      p.distance[group] = static_cast<uint32_t>(row * s.inWidth);
      p.plane[group] = static_cast<uint32_t>(plane * tiling.planeBytes);
      p.element[group] = static_cast<uint32_t>(row * s.kernelWidth * s.inChannels + plane * 8);
    }
    if (s.kernelWidth == 4)
      launch<T, 4>(stream, tiling, p, x, dy, partials);
    else if (s.kernelWidth == 3)
      launch<T, 3>(stream, tiling, p, x, dy, partials);
    else
      launch<T, 2>(stream, tiling, p, x, dy, partials);
  }
  sumPartials(stream, tiling.blocks, s.filterSize(), partials, dw);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::lineConv2dGradient(cudaStream_t, const Conv2dShape &, const T *,    \
                                                  const T *, T *, void *);
INSTANTIATE(__half)
INSTANTIATE(__nv_bfloat16)

//===- RowConv.cu - convolutions of three rows of taps, row by row --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Columns are the rows of the matrix product, and filters its columns, those of the first row of
// taps before those of the second. The warpgroups of a block share nothing but the filters: while
// one stores a row of results, others multiply.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/AsyncCopy.cuh"
#include "codegen/kernels/cuda/BulkCopy.cuh"
#include "codegen/kernels/cuda/FilterSums.cuh"
#include "codegen/kernels/cuda/PixelStaging.cuh"
#include "codegen/kernels/cuda/Reduce.h"
#include "codegen/kernels/cuda/RowConv.h"
#include "codegen/kernels/cuda/TensorMap.h"
#include "codegen/kernels/cuda/Vec.cuh"
#include "codegen/kernels/cuda/Wgmma.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

using Tiling = RowConvTiling;
constexpr int threads = 128; // Of a warpgroup.
constexpr int tile = Tiling::tileColumns;
constexpr int rowsUnderWay = Tiling::kernelHeight;
/// No pixel: of a column in a gap, or behind the last image.
constexpr uint32_t nowhere = ~uint32_t{0};
template <int Filters>
constexpr uint32_t resultPieces = Tiling::resultPieces(Filters);
template <int Filters>
constexpr uint32_t resultBytes = Tiling::resultBytes(Filters);

struct Problem {
  CUtensorMap map; ///< Of rows of x.
  uint32_t batch, channels, filters;
  int32_t inHeight;
  uint32_t outWidth;
  Divisor taps, kernelWidth;
  uint32_t depthSteps, steps; ///< Products of a column of taps, of 16 channels each, and of all.
  int32_t padHeight, padWidth;
  uint32_t yPitch;
  Divisor planes, outHeight; ///< Of 8 channels of a filter.
  uint32_t tileImages;
  Divisor imageTiles;
  Divisor segment; ///< Columns of a tile from image to image.
  uint32_t chunks, chunkBytes, copyBytes, stages;
  uint32_t rows, rowBlocks;
};

/// The rows of results of a warpgroup, [begin, end) of all, cut where tiles end, and the rows of x
/// that they need.
class Rows {
public:
  __device__ Rows(const Problem &p, uint32_t begin, uint32_t end) : p(p), next(begin), end(end) {
    nextTile();
  }

  __device__ bool isDone() const { return first == last; }
  __device__ uint32_t firstImage() const { return image; }
  __device__ uint32_t firstColumn() const { return column; }
  /// The rows of y of this tile.
  __device__ int32_t firstResult() const { return first; }
  __device__ int32_t endOfResults() const { return last; }
  /// The next row of x, and the end of those of this tile.
  __device__ int32_t row() const { return at; }
  __device__ int32_t endOfRows() const {
    return min(last - p.padHeight + rowsUnderWay - 1, p.inHeight);
  }

  __device__ void advance() {
    if (++at == endOfRows())
      nextTile();
  }
  __device__ void nextTile() {
    image = next;
    first = static_cast<int32_t>(p.outHeight.split(image));
    column = p.imageTiles.split(image) * tile;
    image *= p.tileImages;
    last = static_cast<int32_t>(min(first + (end - next), p.outHeight.divisor));
    next += last - first;
    at = max(first - p.padHeight, 0);
  }

private:
  const Problem &p;
  uint32_t next;
  const uint32_t end;
  uint32_t image, column;
  int32_t first, last, at;
};

/// The rows of x of a warpgroup in shared memory, one after the other. Its threads have one alike;
/// the first of them begins the copies.
class RowRing {
public:
  /// `barriers` are made, and what copies leave out is zero, when all threads have met.
  __device__ RowRing(const Problem &p, const Rows &rows, uint32_t memory, uint32_t barriers)
      : p(p), rows(rows), memory(memory), barriers(barriers), isFirst(threadIdx.x % threads == 0) {
    if (isFirst)
      for (uint32_t i = 0; i < p.stages; ++i)
        makeBarrier(barriers + i * 8, 1);
    const uint32_t bytes = p.stages * p.chunks * p.chunkBytes;
    for (uint32_t i = threadIdx.x % threads * 16; i < bytes; i += threads * 16)
      asm volatile("st.shared.v4.u32 [%0], {%1, %1, %1, %1};" ::"r"(memory + i), "r"(0) : "memory");
  }

  /// Begins the copy of the next row, if there is one; its stage is free.
  __device__ void fetch() {
    if (!isFirst || rows.isDone())
      return;
    const uint32_t slot = fetched++ % p.stages, barrier = barriers + slot * 8;
    arriveExpecting(barrier, p.copyBytes);
    for (uint32_t chunk = 0; chunk < p.chunks; ++chunk)
      copyRows(stage(slot) + chunk * p.chunkBytes, p.map, barrier,
               {static_cast<int32_t>(chunk * Tiling::chunkChannels),
                static_cast<int32_t>(rows.firstColumn()) - p.padWidth, rows.row(),
                static_cast<int32_t>(rows.firstImage())});
    rows.advance();
  }

  /// Waits for the next row; its address.
  __device__ uint32_t await() {
    const uint32_t slot = awaited % p.stages;
    waitFor(barriers + slot * 8, awaited / p.stages % 2);
    ++awaited;
    return stage(slot);
  }

private:
  __device__ uint32_t stage(uint32_t slot) const { return memory + slot * p.chunks * p.chunkBytes; }

  const Problem &p;
  Rows rows;
  const uint32_t memory, barriers;
  const bool isFirst;
  uint32_t fetched = 0, awaited = 0;
};

/// What is computed: a convolution, or the gradient of one's input, whose filters have channels
/// of x in the place of filters, and are turned round.
enum class Kind : uint8_t { forward, gradient };

/// Begins to copy the filters from `firstFilter` on, as planes of 8 channels for each column of
/// taps; zeros where there are none.
template <Kind K, typename T, int Filters>
__device__ void fetchFilters(const Problem &p, const T *w, uint32_t firstFilter, uint32_t to) {
  constexpr uint32_t planeBytes = rowsUnderWay * Filters * 16, pieces = Filters / 8;
  const uint32_t planes = p.planes.divisor, taps = p.taps.divisor;
  // Neighbouring threads copy neighbouring pieces of memory.
  for (uint32_t i = threadIdx.x; i < taps * planes * Filters; i += blockDim.x) {
    uint32_t rest = i, filter, channel, tap, place;
    if constexpr (K == Kind::forward) {
      channel = p.planes.split(rest) * 8;
      tap = p.taps.split(rest);
      filter = place = rest;
    } else {
      filter = rest % pieces * 8;
      rest /= pieces;
      tap = p.taps.split(rest);
      channel = rest;
      place = filter + channel % 8;
    }
    uint32_t down = tap;
    const uint32_t right = p.kernelWidth.split(down);
    const uint32_t at = (right * planes + channel / 8) * planeBytes + (down * Filters + place) * 16;
    filter += firstFilter;
    const bool isZero = filter >= p.filters || channel >= p.channels;
    const uint32_t from = K == Kind::forward
                              ? (filter * taps + tap) * p.channels + channel
                              : (channel * taps + (taps - 1 - tap)) * p.filters + filter;
    copyAsync(to + at, w + (isZero ? 0 : from), isZero);
  }
}

/// Byte offset of a piece of a column of results in shared memory.
template <int Filters>
__device__ uint32_t resultOffset(uint32_t column, uint32_t piece) {
  return (column * resultPieces<Filters> + (Filters == 32 ? piece ^ column / 2 % 4 : piece)) * 16;
}

/// What a warpgroup does with the rows of results that are complete.
template <typename T, int Filters, bool Statistics>
class Results {
  /// Threads for a column, of which the last may have nothing to do.
  static constexpr uint32_t pieces = Filters / 8, lanes = Filters == 32 ? 4 : 8;
  static constexpr uint32_t columnsAtOnce = threads / lanes;

public:
  __device__ Results(const Problem &p, T *y, uint32_t firstFilter, unsigned char *staging)
      : p(p), y(y), staging(staging),
        stagingAddress(static_cast<uint32_t>(__cvta_generic_to_shared(staging))),
        firstFilter(firstFilter), thread(threadIdx.x % threads) {}

  /// Those that follow are of this tile.
  __device__ void enterTile(const Rows &rows) {
#pragma unroll
    for (uint32_t i = 0; i < tile / columnsAtOnce; ++i) {
      uint32_t image = i * columnsAtOnce + thread / lanes;
      const uint32_t column = rows.firstColumn() + p.segment.split(image);
      const bool isOutside = column >= p.outWidth || image >= p.tileImages ||
                             rows.firstImage() + image >= p.batch || !hasFilters();
      origins[i] = isOutside
                       ? nowhere
                       : (rows.firstImage() + image) * p.outHeight.divisor * p.outWidth + column;
    }
  }

  /// Row `row`, of which a thread has d as the matrix units leave it.
  __device__ void store(const float *d, int32_t row) {
    const uint32_t lane = thread % 32, column = thread / 32 * 16 + lane % 16;
#pragma unroll
    for (uint32_t j = 0; j < pieces; j += 2)
      storeMatrices(stagingAddress + resultOffset<Filters>(column, j + lane / 16),
                    pack<T>(d[4 * j], d[4 * j + 1]), pack<T>(d[4 * j + 2], d[4 * j + 3]),
                    pack<T>(d[4 * j + 4], d[4 * j + 5]), pack<T>(d[4 * j + 6], d[4 * j + 7]));
    wgmma::syncWarpgroup();
    const uint32_t down = row * p.outWidth;
#pragma unroll
    for (uint32_t i = 0; i < tile / columnsAtOnce; ++i) {
      if (origins[i] == nowhere)
        continue;
      const uint32_t at = resultOffset<Filters>(i * columnsAtOnce + thread / lanes, thread % lanes);
      const Vec<T, 8> v = load<8>(reinterpret_cast<const T *>(staging + at));
      ::fanfold::cuda::store(
          y + uint64_t{origins[i] + down} * p.yPitch + firstFilter + thread % lanes * 8, v);
      if constexpr (Statistics)
        sums.add(v);
    }
  }

  /// partials[index][0] and [1]: the sums of the warpgroup.
  __device__ void storeSums(uint32_t index, float *partials) const {
    static_assert(FilterSums::sharedBytes<Filters> <= resultBytes<Filters>, "staging memory");
    sums.reduce<Filters, lanes>(staging, [&](uint32_t s, uint32_t i, float sum) {
      if (firstFilter + i < p.filters)
        partials[(index * 2 + s) * p.filters + firstFilter + i] = sum;
    });
  }

private:
  __device__ bool hasFilters() const {
    return thread % lanes < pieces && firstFilter + thread % lanes * 8 < p.filters;
  }

  const Problem &p;
  T *const y;
  unsigned char *const staging;
  const uint32_t stagingAddress, firstFilter, thread;
  /// The pixels at row 0 of what this thread stores.
  uint32_t origins[tile / columnsAtOnce];
  FilterSums sums;
};

template <Kind K, typename T, int Filters, bool Statistics>
__global__ void __launch_bounds__(Tiling::mostWarpgroups(Filters) * threads, 1)
    rowConvKernel(const __grid_constant__ Problem p, const T *w, T *y, float *partials) {
  extern __shared__ unsigned char shared[];
  constexpr uint32_t filterPlaneBytes = rowsUnderWay * Filters * 16;
  const uint32_t warpgroups = blockDim.x / threads, warpgroup = threadIdx.x / threads;
  const uint32_t filterBlock = blockIdx.x / p.rowBlocks, rowBlock = blockIdx.x % p.rowBlocks;
  // Rows of x of all warpgroups, the filters, results of all warpgroups, and barriers.
  const auto start = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  constexpr auto alignment = static_cast<uint32_t>(Tiling::alignment);
  const uint32_t memory = (start + alignment - 1) / alignment * alignment;
  const uint32_t ringBytes = p.stages * p.chunks * p.chunkBytes;
  const uint32_t filterAddress = memory + warpgroups * ringBytes;
  const uint32_t resultAddress =
      filterAddress + p.kernelWidth.divisor * p.planes.divisor * filterPlaneBytes;
  const uint32_t barriers = resultAddress + warpgroups * resultBytes<Filters>;
  unsigned char *const staging =
      shared + (resultAddress + warpgroup * resultBytes<Filters> - start);

  const uint32_t firstFilter = filterBlock * Filters;
  const uint32_t index = rowBlock * warpgroups + warpgroup, count = p.rowBlocks * warpgroups;
  const auto firstOf = [&](uint32_t i) {
    return static_cast<uint32_t>(uint64_t{i} * p.rows / count);
  };
  Rows work(p, firstOf(index), firstOf(index + 1));
  RowRing ring(p, work, memory + warpgroup * ringBytes, barriers + warpgroup * p.stages * 8);
  fetchFilters<K, T, Filters>(p, w, firstFilter, filterAddress);
  commitCopies();
  waitForCopies<0>();
  publishBarriers();
  __syncthreads();
  for (uint32_t i = 1; i < p.stages; ++i)
    ring.fetch();

  Results<T, Filters, Statistics> results(p, y, firstFilter, staging);
  for (; !work.isDone(); work.nextTile()) {
    constexpr int rowRegisters = Filters / 2;
    float d[rowsUnderWay * rowRegisters] = {};
    results.enterTile(work);
    const int32_t end = work.endOfRows();
    int32_t row = work.row();
    do {
      // All are done with the row before, and what became of it.
      wgmma::syncWarpgroup();
      ring.fetch();
      const uint32_t stage = ring.await();
      wgmma::fence(d);
      uint32_t pixels = stage, filters = filterAddress, right = 0, depth = 0, step = p.steps;
      do {
        // As the accumulators go round a loop of any length, ptxas has one before each product.
        wgmma::begin();
        wgmma::multiply<T, false, K == Kind::gradient>(
            d, wgmma::matrix(pixels, alignment, wgmma::Swizzle::bytes128),
            wgmma::matrix(filters, filterPlaneBytes, 128), 1);
        wgmma::commit();
        filters += 2 * filterPlaneBytes;
        if (++depth == p.depthSteps) {
          depth = 0;
          ++right;
        }
        pixels = stage + right * 128 + depth / 4 * p.chunkBytes + depth % 4 * 32;
      } while (--step > 0);
      wgmma::wait<0>();
      wgmma::fence(d);
      const int32_t result = row + p.padHeight - (rowsUnderWay - 1);
      if (result >= work.firstResult())
        results.store(d + (rowsUnderWay - 1) * rowRegisters, result);
#pragma unroll
      for (int i = rowsUnderWay * rowRegisters - 1; i >= 0; --i)
        wgmma::assign(d[i], i >= rowRegisters ? d[i - rowRegisters] : 0);
    } while (++row < end);
    int32_t result = row + p.padHeight - (rowsUnderWay - 1);
#pragma unroll
    for (int i = rowsUnderWay - 1; i > 0; --i, ++result) {
      if (result < work.firstResult() || result >= work.endOfResults())
        continue;
      // All are done with the results of the row before.
      wgmma::syncWarpgroup();
      results.store(d + i * rowRegisters, result);
    }
  }
  if constexpr (Statistics)
    results.storeSums(index, partials);
}

template <Kind K, int Filters, bool Statistics, typename T>
void launch(cudaStream_t stream, const Tiling &tiling, uint32_t blocks, const Problem &p,
            const T *w, T *y, float *partials) {
  const auto kernel = rowConvKernel<K, T, Filters, Statistics>;
  // An error is the launch's as well.
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                       static_cast<int>(tiling.blockBytes));
  kernel<<<blocks, static_cast<unsigned>(tiling.warpgroups * threads),
           static_cast<size_t>(tiling.blockBytes), stream>>>(p, w, y, partials);
}

template <Kind K, bool Statistics, typename T>
void launch(cudaStream_t stream, const Conv2dShape &s, const RowConvPitches &pitches, const T *x,
            const T *w, T *y, float *partials) {
  const Tiling tiling(s);
  if (tiling.rows == 0)
    return;
  const auto number = [](int64_t n) { return static_cast<uint32_t>(n); };
  Problem p = {{},
               number(s.batch),
               number(s.inChannels),
               number(s.outChannels),
               static_cast<int32_t>(s.inHeight),
               number(s.outWidth),
               Divisor(s.kernelHeight * s.kernelWidth),
               Divisor(s.kernelWidth),
               number(divideUp(s.inChannels, 16)),
               number(divideUp(s.inChannels, 16) * s.kernelWidth),
               static_cast<int32_t>(s.padHeight),
               static_cast<int32_t>(s.padWidth),
               number(pitches.y),
               Divisor(divideUp(s.inChannels, 16) * 2),
               Divisor(s.outHeight),
               number(tiling.tileImages),
               Divisor(tiling.imageTiles),
               Divisor(tiling.tileImages > 1 ? tiling.copyColumns : tile),
               number(tiling.chunks),
               number(Tiling::chunkBytes(s.kernelWidth)),
               number(tiling.chunks * tiling.tileImages * tiling.copyColumns * 128),
               number(tiling.stages),
               number(tiling.rows),
               number(tiling.rowBlocks)};
  // Without a map, no blocks: a launch that fails.
  const bool isMapped = mapRows(p.map, x, {s.batch, s.inHeight, s.inWidth, s.inChannels, pitches.x},
                                number(tiling.copyColumns), number(tiling.tileImages));
  const auto blocks = isMapped ? number(tiling.rowBlocks * tiling.filterBlocks) : 0;
  if (tiling.filters == 32)
    launch<K, 32, Statistics>(stream, tiling, blocks, p, w, y, partials);
  else if (tiling.filters == 48)
    launch<K, 48, Statistics>(stream, tiling, blocks, p, w, y, partials);
  else
    launch<K, 64, Statistics>(stream, tiling, blocks, p, w, y, partials);
}

} // namespace

template <typename T>
void fanfold::cuda::rowConv2d(cudaStream_t stream, const Conv2dShape &s,
                              const RowConvPitches &pitches, const T *x, const T *w, T *y,
                              const RowConvSums &sums, void *workspace) {
  if (!sums.sum)
    return launch<Kind::forward, false>(stream, s, pitches, x, w, y, nullptr);
  const auto partials = static_cast<float *>(workspace);
  launch<Kind::forward, true>(stream, s, pitches, x, w, y, partials);
  const Tiling tiling(s);
  sumPartials(stream, tiling.rowBlocks * tiling.warpgroups, 2, s.outChannels, partials,
              {sums.sum, sums.sumOfSquares});
}

template <typename T>
void fanfold::cuda::rowConv2dInputGradient(cudaStream_t stream, const Conv2dShape &s,
                                           const RowConvPitches &pitches, const T *dy, const T *w,
                                           T *dx) {
  launch<Kind::gradient, false>(stream, rowConvGradient(s), {pitches.y, pitches.x}, dy, w, dx,
                                nullptr);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::rowConv2d(cudaStream_t, const Conv2dShape &,                        \
                                         const RowConvPitches &, const T *, const T *, T *,        \
                                         const RowConvSums &, void *);                             \
  template void fanfold::cuda::rowConv2dInputGradient(                                             \
      cudaStream_t, const Conv2dShape &, const RowConvPitches &, const T *, const T *, T *);
INSTANTIATE(__half)
INSTANTIATE(__nv_bfloat16)

//===- ConvPointwise.cuh - a convolution and what is done to its result ---===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pointwise kernel (Pointwise.cuh, PointwiseReduce.cuh) that begins with the result of a
// convolution, or of the gradient of one's input, and runs while that is still in shared memory:
// the result is neither written nor read. Worth it where the pointwise kernel takes about as long
// as the convolution, as with 1x1 filters.
//
// A functor F as those headers have it, but that it is given the product:
//
//   Elements elements(ElementIndex i, const Vec<T, V> &product) const
//
// The product is rounded to T, as if it had been written.
//
// Channels are the rows of the matrix product and pixels its columns. Both operands lie in shared
// memory as memory has them, filters of a gradient included; the copying unit (BulkCopy.cuh) brings
// them, window and padding and all. Blocks wait for memory and for the matrix units; others of
// the multiprocessor work meanwhile. Only for code of architecture sm_90a.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_CONVPOINTWISE_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_CONVPOINTWISE_CUH

#include "codegen/kernels/cuda/BulkCopy.cuh"
#include "codegen/kernels/cuda/ConvPointwiseTiling.h"
#include "codegen/kernels/cuda/PixelStaging.cuh"
#include "codegen/kernels/cuda/Pointwise.cuh"
#include "codegen/kernels/cuda/Reduce.h"
#include "codegen/kernels/cuda/TensorMap.h"
#include "codegen/kernels/cuda/Wgmma.cuh"

namespace fanfold::cuda {

/// What a convolution multiplies for one of its results.
enum class ConvKind : uint8_t { forward, gradient };

namespace detail {

constexpr int productPixels = ConvPointwiseTiling::pixels;
constexpr int productDepth = ConvPointwiseTiling::stepChannels;
constexpr int productStages = ConvPointwiseTiling::stages;

/// Shared memory of a block, in bytes: the ring, a tile of each warpgroup on its way from the
/// layout of the matrix units to rows, and two barriers for each stage of the ring. A stage holds
/// pixels and, for each warpgroup, filters.
template <int Warpgroups>
struct ProductMemory {
  static constexpr int pixelBytes = productPixels * productDepth * 2;
  static constexpr int filterBytes = 64 * productDepth * 2;
  static constexpr int stageBytes = pixelBytes + Warpgroups * filterBytes;
  static constexpr int ringBytes = productStages * stageBytes;
  static constexpr int stagingBytes = productPixels * 64 * 2;
  static constexpr int barrierOffset = ringBytes + Warpgroups * stagingBytes;
  /// What swizzled rows want the ring to begin at a multiple of.
  static constexpr int alignment = 1024;
  static constexpr int blockBytes = barrierOffset + 2 * productStages * 8 + alignment;
};

struct ProductProblem {
  CUtensorMap pixelMap, filterMap;
  uint32_t rows, channels, tiles;
  uint32_t depthSteps; ///< Of productDepth, the last one perhaps not full.
  uint32_t kernelHeight, kernelWidth;
  Divisor width, height;         ///< Of an image of the result.
  int32_t firstColumn, firstRow; ///< Of what is multiplied, for the first pixel of an image.
};

/// The steps of a block's tiles, in the order in which they are multiplied: of a tile, for each tap
/// of the window, along the depth. One thread has it begin their copies.
template <int Warpgroups, ConvKind Kind>
class ProductSteps {
  using Memory = ProductMemory<Warpgroups>;

public:
  __device__ ProductSteps(const ProductProblem &p, uint32_t tile, uint32_t firstChannel)
      : p(p), firstChannel(static_cast<int32_t>(firstChannel)), tile(tile) {
    findPosition();
  }

  /// Begins to copy the next step, if there is one, to a stage; `barrier` says when it is there.
  /// Behind the tile comes the one `nextTile` further on.
  __device__ void fetch(uint32_t stage, uint32_t barrier, uint32_t nextTile) {
    if (tile >= p.tiles)
      return;
    arriveExpecting(barrier, Memory::stageBytes);
    from.channel = static_cast<int32_t>(depthStep * productDepth);
    copyPixels(stage, p.pixelMap, barrier, from, static_cast<uint16_t>(right),
               static_cast<uint16_t>(down));
    const uint32_t filters = stage + Memory::pixelBytes;
    const auto tap = static_cast<int32_t>(down * p.kernelWidth + right);
    if constexpr (Kind == ConvKind::forward) {
      copyFilters(filters, p.filterMap, barrier, from.channel, tap, firstChannel);
    } else {
      // What a pixel gave with the first tap, it gets back with the last.
      const auto last = static_cast<int32_t>(p.kernelHeight * p.kernelWidth - 1);
#pragma unroll
      for (int i = 0; i < Warpgroups; ++i)
        copyFilters(filters + i * Memory::filterBytes, p.filterMap, barrier, firstChannel + 64 * i,
                    last - tap, from.channel);
    }
    advance(nextTile);
  }

private:
  __device__ void findPosition() {
    uint32_t row = tile * productPixels;
    from.column = static_cast<int32_t>(p.width.split(row)) + p.firstColumn;
    from.row = static_cast<int32_t>(p.height.split(row)) + p.firstRow;
    from.image = static_cast<int32_t>(row);
  }

  __device__ void advance(uint32_t nextTile) {
    if (++depthStep < p.depthSteps)
      return;
    depthStep = 0;
    if (++right < p.kernelWidth)
      return;
    right = 0;
    if (++down < p.kernelHeight)
      return;
    down = 0;
    tile += nextTile;
    findPosition();
  }

  const ProductProblem &p;
  const int32_t firstChannel;
  uint32_t tile, depthStep = 0, right = 0, down = 0;
  ImagePosition from;
};

/// What the ring's stages are used for, as the threads of a block see it: thread 0 fills those
/// that all warps are done with.
template <int Warpgroups, ConvKind Kind>
class ProductRing {
  using Memory = ProductMemory<Warpgroups>;

public:
  __device__ ProductRing(const ProductProblem &p, uint32_t memory, uint32_t tile,
                         uint32_t firstChannel, uint32_t nextTile)
      : memory(memory), nextTile(nextTile), copies(p, tile, firstChannel) {
    if (threadIdx.x == 0) {
      for (uint32_t i = 0; i < productStages; ++i) {
        makeBarrier(filled(i), 1);
        makeBarrier(emptied(i), Warpgroups * 4);
      }
      publishBarriers();
    }
    __syncthreads();
    if (threadIdx.x == 0)
      for (uint32_t i = 0; i < productStages; ++i)
        copies.fetch(stage(i), filled(i), nextTile);
    __syncwarp();
  }

  /// Waits until step `n` of all, counted from 0, has arrived; its address.
  __device__ uint32_t await(uint32_t n) const {
    waitFor(filled(n % productStages), n / productStages % 2);
    return stage(n % productStages);
  }

  /// Says that this warp is done with all steps before `n`; the steps that come into their stages
  /// begin to be copied once the others are as well.
  __device__ void release(uint32_t n) {
    for (; released < n; ++released) {
      const uint32_t i = released % productStages;
      if (threadIdx.x % 32 == 0)
        arrive(emptied(i));
      if (threadIdx.x == 0) {
        waitFor(emptied(i), released / productStages % 2);
        copies.fetch(stage(i), filled(i), nextTile);
      }
    }
    __syncwarp();
  }

private:
  __device__ uint32_t stage(uint32_t i) const { return memory + i * Memory::stageBytes; }
  __device__ uint32_t filled(uint32_t i) const { return memory + Memory::barrierOffset + i * 16; }
  __device__ uint32_t emptied(uint32_t i) const { return filled(i) + 8; }

  const uint32_t memory, nextTile;
  ProductSteps<Warpgroups, Kind> copies;
  uint32_t released = 0;
};

/// Adds the sums of a warpgroup's threads with the same channels, in a fixed order, and leaves them
/// in partials[rowBlock][sum][channel]; its channels begin with `firstChannel`.
template <int V, int S>
__device__ void storeProductSums(const ProductProblem &p, float *shared, uint32_t rowBlock,
                                 uint32_t firstChannel, const float (&sums)[S][V],
                                 float *partials) {
  constexpr uint32_t lanes = 2 * V;
  const uint32_t thread = threadIdx.x % 128, c = thread % (64 / V) * V, lane = thread / (64 / V);
  wgmma::syncWarpgroup();
#pragma unroll
  for (int sum = 0; sum < S; ++sum)
#pragma unroll
    for (int k = 0; k < V; ++k)
      shared[(lane * S + sum) * 64 + c + k] = sums[sum][k];
  wgmma::syncWarpgroup();
  for (uint32_t i = thread; i < S * 64; i += 128) {
    float total = 0;
    for (uint32_t each = 0; each < lanes; ++each)
      total += shared[each * S * 64 + i];
    const uint32_t channel = firstChannel + i % 64;
    if (channel < p.channels)
      partials[(rowBlock * S + i / 64) * p.channels + channel] = total;
  }
}

template <typename T, int V, int Warpgroups, ConvKind Kind, int S, typename F>
__global__ void __launch_bounds__(Warpgroups * 128, ConvPointwiseTiling::residentBlocks(Warpgroups))
    convPointwiseKernel(const __grid_constant__ F f, const __grid_constant__ ProductProblem p,
                        uint32_t channelBlocks, float *partials) {
  using Memory = ProductMemory<Warpgroups>;
  extern __shared__ unsigned char shared[];
  const auto start = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  const uint32_t memory = (start + Memory::alignment - 1) / Memory::alignment * Memory::alignment;
  const uint32_t warpgroup = threadIdx.x / 128;
  const uint32_t stagingOffset = Memory::ringBytes + warpgroup * Memory::stagingBytes;
  unsigned char *const staging = shared + (memory - start) + stagingOffset;

  // Blocks that share pixels run side by side.
  const uint32_t blockChannel = blockIdx.x % channelBlocks * (Warpgroups * 64);
  const uint32_t rowBlock = blockIdx.x / channelBlocks, rowBlocks = gridDim.x / channelBlocks;
  ProductRing<Warpgroups, Kind> ring(p, memory, rowBlock, blockChannel, rowBlocks);

  // The functor's share of a warpgroup's tile: V channels of every (2 V)th pixel.
  constexpr int groups = 64 / V, lanes = 2 * V;
  const uint32_t group = threadIdx.x % groups, lane = threadIdx.x % 128 / groups;
  const uint32_t firstChannel = blockChannel + warpgroup * 64, c = firstChannel + group * V;
  float sums[S > 0 ? S : 1][V] = {};

  const uint32_t steps = p.depthSteps * p.kernelHeight * p.kernelWidth;
  uint32_t n = 0; // Steps of all tiles.
  for (uint32_t tile = rowBlock; tile < p.tiles; tile += rowBlocks) {
    // What was here need not live on through the functor.
    float d[64] = {};
    wgmma::fence(d);
    for (uint32_t step = 0; step < steps; ++step, ++n) {
      const uint32_t pixels = ring.await(n);
      const uint32_t filters = pixels + Memory::pixelBytes + warpgroup * Memory::filterBytes;
      wgmma::begin();
#pragma unroll
      for (int k = 0; k < productDepth / 16; ++k) {
        // Rows of 64 bytes with the depth along them; those of a gradient's filters have 128,
        // with channels along them.
        const uint64_t a = Kind == ConvKind::forward
                               ? wgmma::matrix(filters + k * 32, 512, wgmma::Swizzle::bytes64)
                               : wgmma::matrix(filters + k * 2048, 1024, wgmma::Swizzle::bytes128);
        const uint64_t b = wgmma::matrix(pixels + k * 32, 512, wgmma::Swizzle::bytes64);
        wgmma::multiply<T, Kind == ConvKind::gradient, false>(d, a, b, 1);
      }
      wgmma::commit();
      wgmma::wait<1>();
      ring.release(n);
    }
    wgmma::wait<0>();
    wgmma::fence(d);
    ring.release(n);

    // All of the warpgroup are done with its last tile.
    wgmma::syncWarpgroup();
#pragma unroll
    for (int j = 0; j < productPixels / 16; ++j)
      storeTransposed(memory + stagingOffset + matrixRowOffset(16 * j),
                      pack<T>(d[8 * j], d[8 * j + 1]), pack<T>(d[8 * j + 2], d[8 * j + 3]),
                      pack<T>(d[8 * j + 4], d[8 * j + 5]), pack<T>(d[8 * j + 6], d[8 * j + 7]));
    wgmma::syncWarpgroup();
    if (c >= p.channels)
      continue;
    const auto perChannel = f.channels(static_cast<int>(c));
    // As many pixels at once as registers hold: what is read meanwhile hides what memory takes.
    constexpr size_t bytes = sizeof(typename F::Elements);
    constexpr int batch = bytes <= 16                               ? 8
                          : bytes <= (Warpgroups == 1 ? 64u : 32u)  ? 4
                          : bytes <= (Warpgroups == 1 ? 128u : 64u) ? 2
                                                                    : 1;
#pragma unroll 1
    for (int first = 0; first < productPixels / lanes; first += batch) {
      typename F::Elements elements[batch];
      // Of the first; the others follow at equal distances.
      const uint32_t pixel = first * lanes + lane, row = tile * productPixels + pixel;
      const int64_t index = int64_t{row} * p.channels + c;
      const uint32_t distance = lanes * p.channels;
      const auto indexOf = [&](int i) {
        return ElementIndex{index + i * int64_t{distance}, int64_t{row} + i * lanes};
      };
#pragma unroll
      for (int i = 0; i < batch; ++i) {
        if (row + i * lanes >= p.rows)
          continue;
        const unsigned char *product =
            staging + pieceOffset(pixel + i * lanes, group * V / 8) + group * V % 8 * sizeof(T);
        elements[i] = f.elements(indexOf(i), load<V>(reinterpret_cast<const T *>(product)));
      }
#pragma unroll
      for (int i = 0; i < batch; ++i) {
        if (row + i * lanes >= p.rows)
          continue;
        if constexpr (S > 0) {
          float terms[S][V];
          f(indexOf(i), perChannel, elements[i], terms);
#pragma unroll
          for (int sum = 0; sum < S; ++sum)
#pragma unroll
            for (int k = 0; k < V; ++k)
              sums[sum][k] += terms[sum][k];
        } else {
          f(indexOf(i), perChannel, elements[i]);
        }
      }
    }
  }
  if constexpr (S > 0)
    storeProductSums(p, reinterpret_cast<float *>(staging), rowBlock, firstChannel, sums, partials);
}

/// False if the driver refuses.
inline bool makeProblem(ProductProblem &problem, const Conv2dShape &s, ConvKind kind,
                        int64_t warpgroups, const void *x, const void *w) {
  const bool isForward = kind == ConvKind::forward;
  const PixelProduct p(s, !isForward);
  const ConvPointwiseTiling tiling(p, warpgroups);
  // The window over the gradient of the output is turned round.
  PixelMapShape pixels{s.batch,
                       isForward ? s.inHeight : s.outHeight,
                       isForward ? s.inWidth : s.outWidth,
                       p.depth,
                       isForward ? -s.padHeight : s.padHeight - s.kernelHeight + 1,
                       isForward ? -s.padWidth : s.padWidth - s.kernelWidth + 1,
                       isForward ? s.outHeight : s.inHeight,
                       isForward ? s.outWidth : s.inWidth};
  const auto number = [](int64_t n) { return static_cast<uint32_t>(n); };
  problem.rows = number(p.rows);
  problem.channels = number(p.channels);
  problem.tiles = number(tiling.tiles);
  problem.depthSteps = number(divideUp(p.depth, productDepth));
  problem.kernelHeight = number(s.kernelHeight);
  problem.kernelWidth = number(s.kernelWidth);
  problem.width = Divisor(pixels.columns);
  problem.height = Divisor(pixels.rows);
  problem.firstColumn = static_cast<int32_t>(pixels.firstColumn);
  problem.firstRow = static_cast<int32_t>(pixels.firstRow);
  return mapPixels(problem.pixelMap, x, pixels, productDepth, productPixels) &&
         mapFilters(problem.filterMap, w, s.outChannels, s.kernelHeight * s.kernelWidth,
                    s.inChannels, isForward ? number(warpgroups * 64) : productDepth,
                    isForward ? productDepth : 64);
}

template <typename T, int V, int Warpgroups, ConvKind Kind, int S, typename F>
void launchConvPointwise(cudaStream_t stream, const Conv2dShape &s, const T *x, const T *w,
                         const F &f, float *partials) {
  static_assert(V == 8 || V == 4, "elements of a thread");
  using Memory = ProductMemory<Warpgroups>;
  static_assert(S * V * 2 * 4 * 64 <= Memory::stagingBytes, "room for the sums of all threads");
  const ConvPointwiseTiling tiling(PixelProduct(s, Kind == ConvKind::gradient), Warpgroups);
  if (tiling.tiles == 0)
    return;
  const auto kernel = convPointwiseKernel<T, V, Warpgroups, Kind, S, F>;
  ProductProblem problem = {{}, {}, 0, 0, 0, 0, 0, 0, Divisor(1), Divisor(1), 0, 0};
  // Without maps, no blocks: a launch that fails.
  const int64_t blocks =
      makeProblem(problem, s, Kind, Warpgroups, x, w) ? tiling.channelBlocks * tiling.rowBlocks : 0;
  // An error is the launch's as well.
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Memory::blockBytes);
  kernel<<<static_cast<unsigned>(blocks), Warpgroups * 128, Memory::blockBytes, stream>>>(
      f, problem, static_cast<uint32_t>(tiling.channelBlocks), partials);
}

} // namespace detail

/// Runs `f` on the convolution of x with w (forward: x is the input), or on the gradient of its
/// input (x is the gradient of its output). The shape satisfies hasConvPointwise; Warpgroups is 1
/// or 2; V, 8 or 4, divides the channels of the result. T is __half or
/// __nv_bfloat16.
template <int V, int Warpgroups, ConvKind Kind, typename T, typename F>
void convPointwise(cudaStream_t stream, const Conv2dShape &s, const T *x, const T *w, F f) {
  detail::launchConvPointwise<T, V, Warpgroups, Kind, 0>(stream, s, x, w, f, nullptr);
}

/// The same with sums, as pointwiseReduce; `workspace` has convPointwiseWorkspaceBytes.
template <int V, int Warpgroups, ConvKind Kind, typename T, typename F, int S>
void convPointwise(cudaStream_t stream, const Conv2dShape &s, const T *x, const T *w, F f,
                   float *const (&out)[S], void *workspace) {
  static_assert(S <= maxSums, "sums of one kernel");
  auto *partials = static_cast<float *>(workspace);
  detail::launchConvPointwise<T, V, Warpgroups, Kind, S>(stream, s, x, w, f, partials);
  const PixelProduct p(s, Kind == ConvKind::gradient);
  SumTargets targets = {};
  std::copy(out, out + S, targets.out);
  sumPartials(stream, ConvPointwiseTiling(p, Warpgroups).rowBlocks, S, p.channels, partials,
              targets);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_CONVPOINTWISE_CUH

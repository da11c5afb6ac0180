//===- LineConvTiling.h - how LineConv cuts a convolution -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which convolutions LineConv.h takes, how it cuts them, and the memory that it needs.
// Plain C++: the compiler asks. Everything depends on the shape alone.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_LINECONVTILING_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_LINECONVTILING_H

#include "codegen/kernels/cpu/Shapes.h"
#include "codegen/kernels/cuda/Launch.h"

#include <algorithm>
#include <cstddef>

namespace fanfold::cuda {

using cpu::Conv2dShape;

/// Pixels of a tile of the forward convolution.
constexpr int64_t lineTile = 128;
/// Filters that the matrix units take at once; there are no more.
constexpr int64_t lineFilters = 64;
/// Channels that one instruction takes: a tap has inChannels / 16 steps.
constexpr int64_t lineStepChannels = 16;
/// The most steps whose filters fit in registers.
constexpr int64_t lineMaxSteps = 27;

/// Multiprocessors of the card, and shared memory of each and of a block, in bytes.
constexpr int64_t lineProcessors = 132, lineProcessorBytes = 228 << 10, lineBlockBytes = 227 << 10;

/// The forward convolution. A block takes neighbouring tiles, one after the other. The pixels
/// that they read lie in a ring in shared memory, as planes of 8 channels:
///
///   plane 0:  | tile | tile | ... | tile | copy of the first |      16 bytes for a pixel
///   plane 1:  | ...
///
/// so that a tile which begins anywhere in the ring is contiguous.
struct LineConvTiling {
  int64_t steps;      ///< Instructions for a tile: taps times inChannels / 16.
  int64_t tiles;      ///< Of lineTile pixels, up to the last that has a result.
  int64_t reach;      ///< Tiles behind its own that a tile reads.
  int64_t ringTiles;  ///< A power of two.
  int64_t planeBytes; ///< From a plane to the next.
  int64_t blockBytes; ///< Shared memory of a block.
  int64_t blocks;

  explicit LineConvTiling(const Conv2dShape &s) {
    steps = s.kernelHeight * s.kernelWidth * s.inChannels / lineStepChannels;
    const int64_t last =
        ((s.batch - 1) * s.inHeight + s.outHeight - 1) * s.inWidth + s.outWidth - 1;
    tiles = s.batch == 0 ? 0 : last / lineTile + 1;
    reach = divideUp((s.kernelHeight - 1) * s.inWidth + s.kernelWidth - 1, lineTile);
    for (ringTiles = 1; ringTiles < reach + 1 + tilesAhead;)
      ringTiles *= 2;
    // Neighbouring lanes write the planes of a pixel, 8 lanes at a time: in different banks.
    const int64_t planes = s.inChannels / 8;
    planeBytes = (ringTiles + 1) * lineTile * 16 + std::max<int64_t>(1, 8 / planes) * 16;
    blockBytes = planes * planeBytes + stagingBytes;
    // As many as the multiprocessors hold: registers allow for three, or two with more steps.
    const int64_t resident =
        std::min<int64_t>(steps <= 16 ? 3 : 2, lineProcessorBytes / (blockBytes + 1024));
    blocks = std::min(tiles, resident * lineProcessors);
  }

  /// Tiles whose loads are under way.
  static constexpr int64_t tilesAhead = 2;
  /// A tile of y, on its way from the layout of the matrix units to rows.
  static constexpr int64_t stagingBytes = lineTile * lineFilters * 2;
};

/// The gradient of the filter. A block takes neighbouring tiles, of x in such a ring, and of
/// y's gradient. Matrix units multiply filters of y by a group of 8 channels, for all taps of
/// a row of taps at once: in a plane of the ring the taps are neighbours.
struct LineConvGradientTiling {
  int64_t tiles, reach, ringTiles, planeBytes; ///< As above.
  int64_t warpgroups;                          ///< Of a block; each has some of the groups.
  int64_t blockBytes;
  int64_t blocks;

  explicit LineConvGradientTiling(const Conv2dShape &s) {
    const LineConvTiling forward(s);
    tiles = forward.tiles;
    reach = forward.reach;
    ringTiles = forward.ringTiles;
    planeBytes = forward.planeBytes;
    const int64_t planes = s.inChannels / 8;
    warpgroups = divideUp(s.kernelHeight * planes, groups(s.kernelWidth));
    blockBytes = planes * planeBytes + stages * LineConvTiling::stagingBytes;
    const int64_t resident = std::min(residentBlocks(s.kernelWidth, warpgroups),
                                      lineProcessorBytes / (blockBytes + 1024));
    blocks = std::min(tiles, resident * lineProcessors);
  }

  /// Tiles of y's gradient: the one at work, and those under way.
  static constexpr int64_t stages = 1 + LineConvTiling::tilesAhead;
  /// Groups of a warpgroup: their sums take 128, 72 and 32 registers of a thread.
  static constexpr int64_t groups(int64_t kernelWidth) {
    return kernelWidth == 4 ? 8 : kernelWidth == 3 ? 6 : 4;
  }
  /// The most warpgroups, and the blocks that a multiprocessor has registers for.
  static constexpr int64_t maxWarpgroups(int64_t kernelWidth) { return kernelWidth == 4 ? 2 : 3; }
  static constexpr int64_t residentBlocks(int64_t kernelWidth, int64_t warpgroups) {
    return warpgroups > 1 ? 1 : kernelWidth == 4 ? 2 : 3;
  }
};

/// Whether LineConv.h has the convolution; elements are fp16 or bf16.
inline bool hasLineConv(const Conv2dShape &s) {
  const bool plain = s.strideHeight == 1 && s.strideWidth == 1 && s.padHeight == 0 &&
                     s.padWidth == 0 && s.dilationHeight == 1 && s.dilationWidth == 1 &&
                     s.groups == 1 && s.outHeight == s.inHeight - s.kernelHeight + 1 &&
                     s.outWidth == s.inWidth - s.kernelWidth + 1;
  if (!plain || s.inChannels % lineStepChannels != 0 || s.outChannels % 8 != 0 ||
      s.outChannels > lineFilters || s.batch * s.inHeight * s.inWidth > maxGroups - (1 << 20))
    return false;
  const LineConvTiling tiling(s);
  return tiling.steps <= lineMaxSteps && tiling.blockBytes <= lineBlockBytes;
}

/// Whether LineConv.h has the gradient of its filter.
inline bool hasLineConvGradient(const Conv2dShape &s) {
  if (!hasLineConv(s) || s.kernelWidth < 2 || s.kernelWidth > 4)
    return false;
  const LineConvGradientTiling tiling(s);
  return tiling.warpgroups <= tiling.maxWarpgroups(s.kernelWidth) &&
         tiling.blockBytes <= lineBlockBytes;
}

/// The filter's gradient of each block.
inline size_t lineConvGradientWorkspaceBytes(const Conv2dShape &s) {
  return static_cast<size_t>(LineConvGradientTiling(s).blocks * s.filterSize()) * sizeof(float);
}

/// Two sums of each block.
inline size_t lineConvWorkspaceBytes(const Conv2dShape &s) {
  return static_cast<size_t>(LineConvTiling(s).blocks * 2 * s.outChannels) * sizeof(float);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_LINECONVTILING_H

//===- RowConvTiling.h - how RowConv cuts a convolution -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which convolutions RowConv.h takes, how it cuts them, and the memory that it needs.
// Plain C++: the compiler asks. Everything depends on the shape alone.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_ROWCONVTILING_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_ROWCONVTILING_H

#include "codegen/kernels/cpu/Shapes.h"
#include "codegen/kernels/cuda/Launch.h"

#include <algorithm>
#include <cstddef>

namespace fanfold::cuda {

using cpu::Conv2dShape;

/// A tile of columns of y belongs to one image or, where images are narrow, to several with
/// padding between them. A warpgroup computes neighbouring rows of results, of one tile after the
/// other. Of each row of x that it needs, all channels lie in shared memory, in chunks of 64: a
/// column of one is a row of 128 bytes, so that the columns of a tap are rows one behind the
/// other. The filters lie there too, once for all warpgroups of a block.
struct RowConvTiling {
  static constexpr int64_t tileColumns = 64;   ///< The rows of one instruction.
  static constexpr int64_t chunkChannels = 64; ///< 128 bytes.
  static constexpr int64_t kernelHeight = 3;   ///< Rows of results that are under way.
  static constexpr int64_t processors = 132, blockBytesMost = 227 << 10;
  /// What swizzled rows want a stage to begin at a multiple of.
  static constexpr int64_t alignment = 1024;

  int64_t filters;      ///< Of a block: 32, 48 or 64; perhaps more than there are.
  int64_t filterBlocks; ///< Blocks that share pixels.
  int64_t chunks;
  int64_t warpgroups; ///< Of a block; 0 if shared memory does not suffice.
  int64_t stages;     ///< Rows of x of a warpgroup: the one at work, and those under way.
  int64_t blockBytes; ///< Shared memory of a block.

  int64_t tileImages;  ///< Images of a tile.
  int64_t imageTiles;  ///< Tiles of an image; one of the two is 1.
  int64_t copyColumns; ///< Of an image and a row of x: those of a tile, padding included.
  int64_t rows;        ///< Of results, in all tiles.
  int64_t rowBlocks;   ///< Blocks that share filters.

  explicit RowConvTiling(const Conv2dShape &s) {
    filters = 64;
    for (const int64_t each : {48, 32})
      if (divideUp(s.outChannels, each) * each < divideUp(s.outChannels, filters) * filters)
        filters = each;
    filterBlocks = divideUp(s.outChannels, filters);
    chunks = divideUp(s.inChannels, chunkChannels);
    fitMemory(s);
    // What is right of one image is left of the next.
    const int64_t padded = s.inWidth + s.padWidth;
    tileImages = std::max<int64_t>(1, tileColumns / padded);
    imageTiles = divideUp(s.outWidth, tileColumns);
    copyColumns = tileImages > 1 ? padded : stageColumns(s.kernelWidth);
    rows = divideUp(s.batch, tileImages) * imageTiles * s.outHeight;
    // Each range of rows begins with two of x that others have, too.
    rowBlocks = warpgroups == 0 ? 0
                                : std::min(divideUp(rows, warpgroups),
                                           std::max<int64_t>(1, processors / filterBlocks));
  }

  /// The most warpgroups, for what registers they need.
  static constexpr int64_t mostWarpgroups(int64_t filters) { return filters == 64 ? 3 : 4; }
  /// Columns of a row of x that a tile needs.
  static constexpr int64_t stageColumns(int64_t kernelWidth) {
    return tileColumns + kernelWidth - 1;
  }
  /// Of a row of x in shared memory.
  static constexpr int64_t chunkBytes(int64_t kernelWidth) {
    return divideUp(stageColumns(kernelWidth), 8) * alignment;
  }
  static constexpr int64_t filterBytes(int64_t kernelWidth, int64_t channels, int64_t filters) {
    return kernelWidth * kernelHeight * divideUp(channels, 16) * 32 * filters;
  }
  /// Pieces of 16 bytes from column to column of results on their way to memory: an odd number,
  /// so that 8 neighbours are in different banks, but for 4, which change places.
  static constexpr int64_t resultPieces(int64_t filters) {
    return filters == 32 ? 4 : filters / 8 | 1;
  }
  static constexpr int64_t resultBytes(int64_t filters) {
    return tileColumns * resultPieces(filters) * 16;
  }

private:
  /// As many warpgroups as fit, then as many stages.
  void fitMemory(const Conv2dShape &s) {
    const int64_t fixed = filterBytes(s.kernelWidth, s.inChannels, filters) + alignment;
    for (warpgroups = mostWarpgroups(filters); warpgroups > 0; --warpgroups)
      for (stages = 4; stages >= 2; --stages) {
        // Of each stage a barrier.
        blockBytes = fixed + warpgroups * (stages * (chunks * chunkBytes(s.kernelWidth) + 8) +
                                           resultBytes(filters));
        if (blockBytes <= blockBytesMost)
          return;
      }
  }
};

/// Whether RowConv.h has the convolution; elements are fp16 or bf16.
inline bool hasRowConv(const Conv2dShape &s) {
  if (s.kernelHeight != RowConvTiling::kernelHeight || s.kernelWidth < 1 || s.kernelWidth > 8 ||
      s.padHeight < 0 || s.padWidth < 0 || s.padHeight >= s.kernelHeight ||
      s.padWidth >= s.kernelWidth || s.strideHeight != 1 || s.strideWidth != 1 ||
      s.dilationHeight != 1 || s.dilationWidth != 1 || s.groups != 1 || s.inChannels % 8 != 0 ||
      s.outChannels % 8 != 0 || s.outHeight != s.inHeight + 2 * s.padHeight - s.kernelHeight + 1 ||
      s.outWidth != s.inWidth + 2 * s.padWidth - s.kernelWidth + 1 || s.outHeight < 1 ||
      s.outWidth < 1 || s.batch * s.inHeight * s.inWidth > maxGroups ||
      s.batch * s.outHeight * s.outWidth > maxGroups)
    return false;
  return RowConvTiling(s).warpgroups > 1;
}

/// The convolution that is the gradient of the input of `s`: of the output's gradient, by filters
/// that are turned round.
inline Conv2dShape rowConvGradient(const Conv2dShape &s) {
  Conv2dShape g = s;
  g.inHeight = s.outHeight;
  g.inWidth = s.outWidth;
  g.inChannels = s.outChannels;
  g.outHeight = s.inHeight;
  g.outWidth = s.inWidth;
  g.outChannels = s.inChannels;
  g.padHeight = s.kernelHeight - 1 - s.padHeight;
  g.padWidth = s.kernelWidth - 1 - s.padWidth;
  return g;
}

/// Two sums of each warpgroup.
inline size_t rowConvWorkspaceBytes(const Conv2dShape &s) {
  const RowConvTiling tiling(s);
  return static_cast<size_t>(tiling.rowBlocks * tiling.warpgroups * 2 * s.outChannels) *
         sizeof(float);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_ROWCONVTILING_H

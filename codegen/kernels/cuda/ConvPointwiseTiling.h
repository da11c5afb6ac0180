//===- ConvPointwiseTiling.h - the work of ConvPointwise.cuh --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How ConvPointwise.cuh cuts its work, and what it can do. Host code: the compiler asks it, too.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_CONVPOINTWISETILING_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_CONVPOINTWISETILING_H

#include "codegen/kernels/cpu/Shapes.h"
#include "codegen/kernels/cuda/Launch.h"

#include <algorithm>
#include <cstddef>

namespace fanfold::cuda {

using cpu::Conv2dShape;

/// A product of a tensor of pixels, `taps` times `depth` numbers for each, with a filter: the
/// convolution, or the gradient of its input, which is a convolution too.
struct PixelProduct {
  int64_t rows;     ///< Pixels of the result.
  int64_t channels; ///< Of the result.
  int64_t depth;    ///< Channels of what is multiplied.
  int64_t taps;

  PixelProduct(const Conv2dShape &s, bool gradient)
      : rows(s.batch * (gradient ? s.inHeight * s.inWidth : s.outHeight * s.outWidth)),
        channels(gradient ? s.inChannels : s.outChannels),
        depth(gradient ? s.outChannels : s.inChannels), taps(s.kernelHeight * s.kernelWidth) {}
};

/// A block takes tiles of pixels by channels, one after the other, whose channels are always the
/// same. Of what it multiplies, steps of some channels lie in a ring in shared memory.
struct ConvPointwiseTiling {
  static constexpr int64_t pixels = 128;
  static constexpr int64_t stepChannels = 32;
  /// Steps in the ring: two under way, one at work, and one that may still be.
  static constexpr int64_t stages = 4;
  /// Channels of a warpgroup: the rows of one instruction.
  static constexpr int64_t warpgroupChannels = 64;

  int64_t channelBlocks; ///< Blocks that share pixels.
  int64_t tiles;         ///< Of the pixels.
  int64_t rowBlocks;     ///< Blocks that share channels.

  ConvPointwiseTiling(const PixelProduct &p, int64_t warpgroups)
      : channelBlocks(divideUp(p.channels, warpgroups * warpgroupChannels)),
        tiles(divideUp(p.rows, pixels)),
        rowBlocks(std::min(
            tiles, std::max<int64_t>(1, residentBlocks(warpgroups) * 132 / channelBlocks))) {}

  /// Warpgroups of a block: two, which read pixels once for both, but where the second would have
  /// little to do, and but for functors that need the registers which three blocks of one have:
  /// those that keep so much for each channel that they take 4 `elements` at once instead of 8,
  /// and those with more than three `tensors` to read, the product among them.
  static constexpr int64_t warpgroupsFor(int64_t channels, int64_t elements, int64_t tensors) {
    const int64_t beyond = channels % (2 * warpgroupChannels);
    const bool isIdle =
        beyond > 0 && beyond <= warpgroupChannels && channels < 4 * warpgroupChannels;
    return isIdle || elements < 8 || tensors > 3 ? 1 : 2;
  }
  /// Blocks that a multiprocessor holds.
  static constexpr int64_t residentBlocks(int64_t warpgroups) { return warpgroups == 1 ? 3 : 2; }
};

/// The sums of each block.
inline size_t convPointwiseWorkspaceBytes(const PixelProduct &p, int64_t warpgroups, int64_t sums) {
  return static_cast<size_t>(ConvPointwiseTiling(p, warpgroups).rowBlocks * sums * p.channels) *
         sizeof(float);
}

/// Whether ConvPointwise.cuh has the convolution, or the gradient of its input; elements are fp16
/// or bf16.
inline bool hasConvPointwise(const Conv2dShape &s) {
  const int64_t pixels = s.batch * std::max(s.inHeight * s.inWidth, s.outHeight * s.outWidth);
  // Where windows begin has 8 bits in a map.
  const auto fits = [](int64_t n) { return n >= 1 && n <= 64; };
  return fits(s.kernelHeight) && fits(s.kernelWidth) && s.padHeight < s.kernelHeight &&
         s.padWidth < s.kernelWidth && s.strideHeight == 1 && s.strideWidth == 1 &&
         s.dilationHeight == 1 && s.dilationWidth == 1 && s.groups == 1 && s.inChannels % 8 == 0 &&
         s.outChannels % 8 == 0 && pixels <= maxGroups - ConvPointwiseTiling::pixels;
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_CONVPOINTWISETILING_H

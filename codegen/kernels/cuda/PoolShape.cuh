//===- PoolShape.cuh - what the kernels of poolings share -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread has a group of V channels of one pixel, of the output going forward and of the
// input going back. Neighbouring threads have neighbouring channels, then columns, so that
// windows which overlap meet in the cache.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POOLSHAPE_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_POOLSHAPE_CUH

#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/Pool.h"
#include "codegen/kernels/cuda/Vec.cuh"

#include <algorithm>

namespace fanfold::cuda::detail {

/// Pool2dShape in 32 bits.
struct PoolShape {
  int inHeight, inWidth, outHeight, outWidth, channels;
  int kernelHeight, kernelWidth, strideHeight, strideWidth, padHeight, padWidth;

  explicit PoolShape(const Pool2dShape &s)
      : inHeight(narrow(s.inHeight)), inWidth(narrow(s.inWidth)), outHeight(narrow(s.outHeight)),
        outWidth(narrow(s.outWidth)), channels(narrow(s.channels)),
        kernelHeight(narrow(s.kernelHeight)), kernelWidth(narrow(s.kernelWidth)),
        strideHeight(narrow(s.strideHeight)), strideWidth(narrow(s.strideWidth)),
        padHeight(narrow(s.padHeight)), padWidth(narrow(s.padWidth)) {}

  /// One over what an average divides by; windows are those with an element in the input.
  __device__ float averageWeight(bool countPadding, int p, int q) const {
    int top = p * strideHeight - padHeight, left = q * strideWidth - padWidth;
    int bottom = min(top + kernelHeight, inHeight + padHeight);
    int right = min(left + kernelWidth, inWidth + padWidth);
    if (!countPadding) {
      top = max(top, 0);
      left = max(left, 0);
      bottom = min(bottom, inHeight);
      right = min(right, inWidth);
    }
    return 1.0f / static_cast<float>((bottom - top) * (right - left));
  }

private:
  static int narrow(int64_t n) { return static_cast<int>(n); }
};

/// Elements of a sample.
inline int64_t inSample(const Pool2dShape &s) { return s.inHeight * s.inWidth * s.channels; }
inline int64_t outSample(const Pool2dShape &s) { return s.outHeight * s.outWidth * s.channels; }

/// The groups of a tensor of pixels in one launch, which takes whole samples.
struct PoolGrid {
  uint32_t groups;
  Divisor groupsPerPixel, width, height;

  struct Place {
    int sample, row, column, channel;
  };
  /// Where group `group` is; `channel` is its first.
  template <int V>
  __device__ Place place(uint32_t group) const {
    Place at;
    at.channel = static_cast<int>(groupsPerPixel.split(group)) * V;
    at.column = static_cast<int>(width.split(group));
    at.row = static_cast<int>(height.split(group));
    at.sample = static_cast<int>(group);
    return at;
  }
};

/// Calls launch(grid, blocks, firstSample) for as many samples at a time as 2^31 groups
/// of V channels have, of a tensor of height x width pixels.
template <typename Launch>
void forSamples(int64_t samples, int64_t height, int64_t width, int64_t channels, int v,
                Launch launch) {
  const int64_t sampleGroups = height * width * (channels / v);
  if (sampleGroups == 0)
    return;
  const int64_t step = std::max<int64_t>(1, maxGroups / sampleGroups);
  for (int64_t first = 0; first < samples; first += step) {
    const int64_t groups = std::min(step, samples - first) * sampleGroups;
    launch(PoolGrid{static_cast<uint32_t>(groups), Divisor(channels / v), Divisor(width),
                    Divisor(height)},
           static_cast<unsigned>(divideUp(groups, blockThreads)), first);
  }
}

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POOLSHAPE_CUH

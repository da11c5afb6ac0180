//===- PoolShape.cuh - what the kernels of poolings share -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread has a group of V channels. Neighbouring threads have neighbouring channels, then
// columns, so that windows which overlap meet in the cache. There are two kinds of kernels:
//
// - for the windows that networks mostly have (see withWalk), a thread walks down a column,
//   of the output going forward and of the input going back, and keeps in registers what
//   the next row of windows shares with this one;
// - for all others a thread has one pixel.
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

/// Pool2dShape in 32 bits; pitches are those of all tensors. Elements are counted from the
/// begin of their sample.
struct PoolShape {
  int inHeight, inWidth, outHeight, outWidth, channels;
  int kernelHeight, kernelWidth, strideHeight, strideWidth, padHeight, padWidth;
  int xPitch, yPitch, dxPitch, dyPitch;

  explicit PoolShape(const Pool2dShape &s)
      : inHeight(narrow(s.inHeight)), inWidth(narrow(s.inWidth)), outHeight(narrow(s.outHeight)),
        outWidth(narrow(s.outWidth)), channels(narrow(s.channels)),
        kernelHeight(narrow(s.kernelHeight)), kernelWidth(narrow(s.kernelWidth)),
        strideHeight(narrow(s.strideHeight)), strideWidth(narrow(s.strideWidth)),
        padHeight(narrow(s.padHeight)), padWidth(narrow(s.padWidth)),
        xPitch(narrow(s.distance(s.xPitch))), yPitch(narrow(s.distance(s.yPitch))),
        dxPitch(narrow(s.distance(s.dxPitch))), dyPitch(narrow(s.distance(s.dyPitch))) {}

  /// Where a sample's channel begins in a tensor like the input, or the output.
  __device__ int64_t inBegin(int sample, int channel, int pitch) const {
    return int64_t{sample} * (inHeight * inWidth) * pitch + channel;
  }
  __device__ int64_t outBegin(int sample, int channel, int pitch) const {
    return int64_t{sample} * (outHeight * outWidth) * pitch + channel;
  }

  /// One over the rows, and over the columns, of what an average divides by; windows are
  /// those with an element in the input.
  __device__ float rowWeight(bool countPadding, int p) const {
    return weight(countPadding, p * strideHeight - padHeight, kernelHeight, inHeight, padHeight);
  }
  __device__ float columnWeight(bool countPadding, int q) const {
    return weight(countPadding, q * strideWidth - padWidth, kernelWidth, inWidth, padWidth);
  }

private:
  static __device__ float weight(bool countPadding, int begin, int kernel, int size, int pad) {
    const int end = min(begin + kernel, size + (countPadding ? pad : 0));
    return 1.0f / static_cast<float>(end - (countPadding ? begin : max(begin, 0)));
  }
  static int narrow(int64_t n) { return static_cast<int>(n); }
};

/// p = sums * scale.
template <int V, typename T>
__device__ void storeScaled(T *p, const float (&sums)[V], float scale) {
  Vec<T, V> out;
#pragma unroll
  for (int k = 0; k < V; ++k)
    out[k] = fromFloat<T>(sums[k] * scale);
  store(p, out);
}

/// Elements before sample `first` of a tensor like the input, or the output, that has `pitch`.
inline int64_t inputsBefore(const Pool2dShape &s, int64_t first, int64_t pitch) {
  return first * s.inHeight * s.inWidth * s.distance(pitch);
}
inline int64_t outputsBefore(const Pool2dShape &s, int64_t first, int64_t pitch) {
  return first * s.outHeight * s.outWidth * s.distance(pitch);
}

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

/// Where a group of the input, or of the output, is in a tensor like it.
__device__ inline int64_t inputOf(const PoolShape &s, const PoolGrid::Place &at, int pitch) {
  return s.inBegin(at.sample, at.channel, pitch) + (at.row * s.inWidth + at.column) * pitch;
}
__device__ inline int64_t outputOf(const PoolShape &s, const PoolGrid::Place &at, int pitch) {
  return s.outBegin(at.sample, at.channel, pitch) + (at.row * s.outWidth + at.column) * pitch;
}

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

/// Rows of a column that a thread walks down, of `height`: as many as leave enough threads
/// to keep a device busy, up to 8, since it begins with rows that its neighbour reads too.
inline int walkRows(int64_t batch, int64_t height, int64_t width, int64_t groupsPerPixel) {
  int64_t rows = 8;
  while (rows > 1 && batch * divideUp(height, rows) * width * groupsPerPixel < 32768)
    rows /= 2;
  return static_cast<int>(divideUp(height, divideUp(height, rows)));
}

/// Calls walk(K, S) with constants if the pooling has square windows of K at a distance of
/// S that are compiled, each with an element in the input, and 16-byte groups of channels.
/// Calls other() if not.
template <typename T, typename Walk, typename Other>
void withWalk(const Pool2dShape &s, Walk walk, Other other) {
  const auto is = [&](int64_t kernel, int64_t stride) {
    return s.kernelHeight == kernel && s.kernelWidth == kernel && s.strideHeight == stride &&
           s.strideWidth == stride;
  };
  const auto meets = [](int64_t pad, int64_t kernel, int64_t stride, int64_t size, int64_t count) {
    return pad < kernel && (count - 1) * stride - pad < size;
  };
  using std::integral_constant;
  if (s.channels % wide<T> != 0 ||
      !meets(s.padHeight, s.kernelHeight, s.strideHeight, s.inHeight, s.outHeight) ||
      !meets(s.padWidth, s.kernelWidth, s.strideWidth, s.inWidth, s.outWidth))
    other();
  else if (is(3, 2))
    walk(integral_constant<int, 3>(), integral_constant<int, 2>());
  else if (is(3, 1))
    walk(integral_constant<int, 3>(), integral_constant<int, 1>());
  else if (is(2, 2))
    walk(integral_constant<int, 2>(), integral_constant<int, 2>());
  else
    other();
}

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POOLSHAPE_CUH

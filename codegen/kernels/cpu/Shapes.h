//===- Shapes.h - sizes of convolutions and poolings ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensors are fp32, row-major and, but for parts of larger ones, dense. Images are NHWC: (batch,
// height, width, channels). Filters are KRSC: (outChannels, kernelHeight, kernelWidth, inChannels /
// groups). Dense weights are (inputs, units).
//
// Output sizes are given, not computed: the compiler has inferred them, and so
// they imply whether a pooling rounds up. `pad` is the padding above and to the
// left; below and to the right there is as much as the last window needs.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_SHAPES_H
#define FANFOLD_CODEGEN_KERNELS_CPU_SHAPES_H

#include <cstdint>

namespace fanfold::cpu {

/// A convolution, and the two gradients that belong to it.
struct Conv2dShape {
  int64_t batch, inHeight, inWidth, inChannels;
  int64_t outHeight, outWidth, outChannels;
  int64_t kernelHeight, kernelWidth;
  int64_t strideHeight = 1, strideWidth = 1;
  int64_t padHeight = 0, padWidth = 0;
  int64_t dilationHeight = 1, dilationWidth = 1; ///< 1: adjacent taps.
  int64_t groups = 1;                            ///< Divides inChannels and outChannels.

  int64_t inputSize() const { return batch * inHeight * inWidth * inChannels; }
  int64_t outputSize() const { return batch * outHeight * outWidth * outChannels; }
  int64_t filterSize() const {
    return outChannels * kernelHeight * kernelWidth * (inChannels / groups);
  }
};

/// A pooling. Windows are clipped to the padded input. Its tensors may be parts of larger
/// ones: a pitch is the distance of pixels in elements, 0 that of a tensor of its own. The
/// gradients have pitches of theirs.
struct Pool2dShape {
  int64_t batch, inHeight, inWidth, channels;
  int64_t outHeight, outWidth;
  int64_t kernelHeight, kernelWidth;
  int64_t strideHeight = 1, strideWidth = 1;
  int64_t padHeight = 0, padWidth = 0;
  int64_t xPitch = 0, yPitch = 0, dxPitch = 0, dyPitch = 0;

  int64_t inputSize() const { return batch * inHeight * inWidth * channels; }
  int64_t outputSize() const { return batch * outHeight * outWidth * channels; }
  /// Distance of pixels of a tensor that has `pitch`.
  int64_t distance(int64_t pitch) const { return pitch ? pitch : channels; }
};

/// Stands for the place of a maximum where a window lies in the padding altogether.
constexpr uint8_t noPlace = 255;

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_SHAPES_H

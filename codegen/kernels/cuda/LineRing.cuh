//===- LineRing.cuh - a stretch of a line of pixels in shared memory ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ring that LineConvTiling.h draws, filled by asynchronous copies; and where the results of
// pixels lie.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_LINERING_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_LINERING_CUH

#include "codegen/kernels/cuda/AsyncCopy.cuh"
#include "codegen/kernels/cuda/LineConvTiling.h"
#include "codegen/kernels/cuda/PixelStaging.cuh"

namespace fanfold::cuda::detail {

/// Tiles of pixels, numbered from 0, of which the ring holds the last `pixels / Tile`. All
/// threads of a block have one alike and call its functions together.
template <typename T, int Tile>
class LineRing {
public:
  /// `memory` has `planes` planes of `planeBytes`, of 8 channels each; `pixels` is a power of
  /// two and a multiple of Tile.
  __device__ LineRing(void *memory, Divisor planes, uint32_t planeBytes, uint32_t pixels)
      : base(static_cast<uint32_t>(__cvta_generic_to_shared(memory))), planes(planes),
        planeBytes(planeBytes), pixels(pixels) {}

  /// Begins to copy tile `t`: the pixels of the line x from `from`; zeros from `end` on.
  __device__ void fetch(const T *x, uint32_t t, uint64_t from, uint64_t end) const {
    const uint32_t slot = t * Tile & (pixels - 1);
    // Neighbouring threads copy neighbouring pieces of memory.
    for (uint32_t i = threadIdx.x; i < Tile * planes.divisor; i += blockDim.x) {
      uint32_t pixel = i;
      const uint32_t plane = planes.split(pixel);
      const bool outside = from + pixel >= end;
      const T *source = x + (outside ? 0 : ((from + pixel) * planes.divisor + plane) * 8);
      const uint32_t to = base + plane * planeBytes + (slot + pixel) * 16;
      copyAsync(to, source, outside);
      if (slot == 0)
        copyAsync(to + pixels * 16, source, outside);
    }
  }

  /// Address of a pixel, counted from tile 0, in the first plane; Tile - 1 others follow it.
  __device__ uint32_t address(uint32_t pixel) const { return base + (pixel & (pixels - 1)) * 16; }

private:
  uint32_t base;
  Divisor planes;
  uint32_t planeBytes, pixels;
};

/// Which pixels of the line have a result, and where it lies.
struct LineResults {
  uint32_t pixels;              ///< Of x.
  Divisor width, height;        ///< Of an image of x.
  uint32_t outWidth, outHeight; ///< Of one of y.

  explicit LineResults(const Conv2dShape &s)
      : pixels(static_cast<uint32_t>(s.batch * s.inHeight * s.inWidth)), width(s.inWidth),
        height(s.inHeight), outWidth(static_cast<uint32_t>(s.outWidth)),
        outHeight(static_cast<uint32_t>(s.outHeight)) {}

  /// Whether `pixel` of x has a result; `result` is its pixel of y.
  __device__ bool find(uint32_t pixel, uint32_t &result) const {
    uint32_t row = pixel;
    const uint32_t column = width.split(row), image = height.divide(row);
    result = (row - image * (height.divisor - outHeight)) * outWidth + column;
    return column < outWidth && row - image * height.divisor < outHeight && pixel < pixels;
  }
};

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_LINERING_CUH

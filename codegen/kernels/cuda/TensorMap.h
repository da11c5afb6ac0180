//===- TensorMap.h - what the copying unit knows of a tensor --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Maps of tensors in device memory, for BulkCopy.cuh. Elements have 16 bits. Making one touches no
// device memory; the driver does it, so it can fail.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_TENSORMAP_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_TENSORMAP_H

#include <cstdint>
#include <cuda.h>

namespace fanfold::cuda {

/// Images, and the pixels that windows begin at: `first` columns and rows from an image's corner
/// (below 0: in the padding), `columns` and `rows` of them.
struct PixelMapShape {
  int64_t batch, height, width, channels;
  int64_t firstRow, firstColumn, rows, columns;
};

/// A map whose copies bring `channels` channels, 64 bytes of them, of `pixels` such pixels, one
/// row after the other, swizzled by 64 bytes. `x` is aligned to 16, and channels are a multiple
/// of 8. False if the driver refuses.
bool mapPixels(CUtensorMap &map, const void *x, const PixelMapShape &shape, uint32_t channels,
               uint32_t pixels);

/// Images of which pixels lie `pitch` elements apart, a multiple of 8.
struct RowMapShape {
  int64_t batch, height, width, channels, pitch;
};

/// A map whose copies bring 64 channels of `columns` columns of one row of `images` images, one
/// column after the other, swizzled by 128 bytes. `x` is aligned to 16, and channels are a
/// multiple of 8. False if the driver refuses.
bool mapRows(CUtensorMap &map, const void *x, const RowMapShape &shape, uint32_t columns,
             uint32_t images);

/// A map of filters w[outChannels][taps][inChannels] whose copies bring a box of one tap, rows of
/// input channels: 32 of them, swizzled by 64 bytes, or 64, swizzled by 128. `w` is aligned to 16,
/// and inChannels are a multiple of 8. False if the driver refuses.
bool mapFilters(CUtensorMap &map, const void *w, int64_t outChannels, int64_t taps,
                int64_t inChannels, uint32_t boxOutChannels, uint32_t boxInChannels);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_TENSORMAP_H

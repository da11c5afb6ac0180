//===- PixelStaging.cuh - a tile between matrix units and memory ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Matrix units have the channels of a tile as rows (Wgmma.cuh); in memory its pixels are rows. On
// the way lies a tile in shared memory, pixel behind pixel, in pieces of 16 bytes, 8 channels.
// The pieces of 8 neighbouring pixels change places so that none shares banks with another.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_PIXELSTAGING_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_PIXELSTAGING_CUH

#include <cstdint>

namespace fanfold::cuda::detail {

/// Pieces of a pixel: 64 channels, as many as a warpgroup has.
constexpr int stagingPieces = 8;

/// Byte offset of a piece of a pixel.
__device__ inline uint32_t pieceOffset(uint32_t pixel, uint32_t piece) {
  return (pixel * stagingPieces + (piece ^ pixel % stagingPieces)) * 16;
}

/// Where a lane's row begins when a warp of a warpgroup loads or stores four 8 x 8 matrices: two
/// pieces, from 2 * warp, of 8 pixels, and of the next 8.
__device__ inline uint32_t matrixRowOffset(uint32_t firstPixel) {
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4;
  return pieceOffset(firstPixel + lane % 8 + lane / 16 * 8, 2 * warp + lane / 8 % 2);
}

/// Stores four 8 x 8 matrices of 16-bit elements, which a warp has with pixels as columns, at the
/// addresses of matrixRowOffset.
__device__ inline void storeTransposed(uint32_t address, uint32_t a, uint32_t b, uint32_t c,
                                       uint32_t d) {
  asm volatile(
      "stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
      "r"(a), "r"(b), "r"(c), "r"(d)
      : "memory");
}

/// The same with pixels as rows, at addresses of the lanes' own: lane l has that of row l % 8 of
/// matrix l / 8.
__device__ inline void storeMatrices(uint32_t address, uint32_t a, uint32_t b, uint32_t c,
                                     uint32_t d) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
               "r"(a), "r"(b), "r"(c), "r"(d)
               : "memory");
}

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_PIXELSTAGING_CUH

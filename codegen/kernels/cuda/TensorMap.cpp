//===- TensorMap.cpp - what the copying unit knows of a tensor ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/TensorMap.h"

#include <cuda_runtime_api.h>

using namespace fanfold::cuda;

/// A function of the driver, which is not linked; null if it has none of that name.
template <typename Function>
static Function *driverFunction(const char *name) {
  void *address = nullptr;
  cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
  constexpr unsigned since = 12000;
  if (cudaGetDriverEntryPointByVersion(name, &address, since, cudaEnableDefault, &found) !=
          cudaSuccess ||
      found != cudaDriverEntryPointSuccess)
    return nullptr;
  return reinterpret_cast<Function *>(address);
}

// Copies move bits: for the unit fp16 is as good as bf16.
constexpr CUtensorMapDataType sixteenBits = CU_TENSOR_MAP_DATA_TYPE_FLOAT16;

bool fanfold::cuda::mapPixels(CUtensorMap &map, const void *x, const PixelMapShape &s,
                              uint32_t channels, uint32_t pixels) {
  static const auto encode =
      driverFunction<decltype(cuTensorMapEncodeIm2col)>("cuTensorMapEncodeIm2col");
  const auto unsignedOf = [](int64_t n) { return static_cast<cuuint64_t>(n); };
  const cuuint64_t extents[] = {unsignedOf(s.channels), unsignedOf(s.width), unsignedOf(s.height),
                                unsignedOf(s.batch)};
  const cuuint64_t pixelBytes = extents[0] * 2, rowBytes = pixelBytes * extents[1];
  const cuuint64_t strides[] = {pixelBytes, rowBytes, rowBytes * extents[2]};
  const auto signedOf = [](int64_t n) { return static_cast<int>(n); };
  const int lower[] = {signedOf(s.firstColumn), signedOf(s.firstRow)};
  const int upper[] = {signedOf(s.firstColumn + s.columns - s.width),
                       signedOf(s.firstRow + s.rows - s.height)};
  const cuuint32_t steps[] = {1, 1, 1, 1};
  return encode && encode(&map, sixteenBits, 4, const_cast<void *>(x), extents, strides, lower,
                          upper, channels, pixels, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                          CU_TENSOR_MAP_SWIZZLE_64B, CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
                          CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

/// A map of boxes of a tensor of `rank` dimensions, the fastest first; strides are in bytes.
static bool mapBoxes(CUtensorMap &map, const void *tensor, uint32_t rank, const cuuint64_t *extents,
                     const cuuint64_t *strides, const cuuint32_t *box, CUtensorMapSwizzle swizzle) {
  static const auto encode =
      driverFunction<decltype(cuTensorMapEncodeTiled)>("cuTensorMapEncodeTiled");
  const cuuint32_t steps[] = {1, 1, 1, 1};
  return encode &&
         encode(&map, sixteenBits, rank, const_cast<void *>(tensor), extents, strides, box, steps,
                CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle, CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
                CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

bool fanfold::cuda::mapRows(CUtensorMap &map, const void *x, const RowMapShape &s, uint32_t columns,
                            uint32_t images) {
  const auto number = [](int64_t n) { return static_cast<cuuint64_t>(n); };
  const cuuint64_t extents[] = {number(s.channels), number(s.width), number(s.height),
                                number(s.batch)};
  const cuuint64_t pixelBytes = number(s.pitch) * 2, rowBytes = pixelBytes * extents[1];
  const cuuint64_t strides[] = {pixelBytes, rowBytes, rowBytes * extents[2]};
  const cuuint32_t box[] = {64, columns, 1, images};
  return mapBoxes(map, x, 4, extents, strides, box, CU_TENSOR_MAP_SWIZZLE_128B);
}

bool fanfold::cuda::mapFilters(CUtensorMap &map, const void *w, int64_t outChannels, int64_t taps,
                               int64_t inChannels, uint32_t boxOutChannels,
                               uint32_t boxInChannels) {
  const cuuint64_t extents[] = {static_cast<cuuint64_t>(inChannels), static_cast<cuuint64_t>(taps),
                                static_cast<cuuint64_t>(outChannels)};
  const cuuint64_t strides[] = {extents[0] * 2, extents[0] * extents[1] * 2};
  const cuuint32_t box[] = {boxInChannels, 1, boxOutChannels};
  return mapBoxes(map, w, 3, extents, strides, box,
                  boxInChannels == 32 ? CU_TENSOR_MAP_SWIZZLE_64B : CU_TENSOR_MAP_SWIZZLE_128B);
}

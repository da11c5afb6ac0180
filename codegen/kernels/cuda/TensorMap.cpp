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

bool fanfold::cuda::mapFilters(CUtensorMap &map, const void *w, int64_t outChannels, int64_t taps,
                               int64_t inChannels, uint32_t boxOutChannels,
                               uint32_t boxInChannels) {
  static const auto encode =
      driverFunction<decltype(cuTensorMapEncodeTiled)>("cuTensorMapEncodeTiled");
  const cuuint64_t extents[] = {static_cast<cuuint64_t>(inChannels), static_cast<cuuint64_t>(taps),
                                static_cast<cuuint64_t>(outChannels)};
  const cuuint64_t strides[] = {extents[0] * 2, extents[0] * extents[1] * 2};
  const cuuint32_t box[] = {boxInChannels, 1, boxOutChannels}, steps[] = {1, 1, 1};
  return encode &&
         encode(&map, sixteenBits, 3, const_cast<void *>(w), extents, strides, box, steps,
                CU_TENSOR_MAP_INTERLEAVE_NONE,
                boxInChannels == 32 ? CU_TENSOR_MAP_SWIZZLE_64B : CU_TENSOR_MAP_SWIZZLE_128B,
                CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
                CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

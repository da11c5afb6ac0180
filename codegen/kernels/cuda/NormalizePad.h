//===- NormalizePad.h - images from bytes to padded channels --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensor cores want a multiple of 4 or 8 channels, and images have 3: so the first thing
// that a step does to its input also pads it.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_NORMALIZEPAD_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_NORMALIZEPAD_H

#include <cstdint>
#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// y[i][c] = x[i][c] * scale[c] + shift[c] for c < channels, and 0 for channels <= c <
/// paddedChannels, over `pixels` = batch x height x width. `scale` and `shift` have
/// `channels` elements. channels <= paddedChannels <= 1024. T is float, __half or
/// __nv_bfloat16.
template <typename T>
void normalizePad(cudaStream_t stream, int64_t pixels, int64_t channels, int64_t paddedChannels,
                  const uint8_t *x, const float *scale, const float *shift, T *y);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_NORMALIZEPAD_H

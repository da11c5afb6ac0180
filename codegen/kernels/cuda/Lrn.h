//===- Lrn.h - local response normalisation across channels ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   y[c] = x[c] / d[c]^beta,  d[c] = k + alpha / size * sum of x[c']^2
//
// over c' from c - size / 2 to c + (size - 1) / 2, clipped to the channels: the
// window of torch.nn.LocalResponseNorm, whose longer half is before c.
//
// `size` is from 1 to 256; T is float, __half or __nv_bfloat16.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_LRN_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_LRN_H

#include <cstdint>
#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// y = lrn(x) over rows x channels. May work in place with up to 2048 channels.
template <typename T>
void lrn(cudaStream_t stream, int64_t rows, int64_t channels, int64_t size, float alpha, float beta,
         float k, const T *x, T *y);

/// dx = the gradient of lrn's input:
///
///   dx[c] = dy[c] d[c]^-beta - 2 alpha beta / size x[c] sum dy[c'] x[c'] d[c']^(-beta-1)
///
/// over the c' whose windows hold c. In place as lrn.
template <typename T>
void lrnGradient(cudaStream_t stream, int64_t rows, int64_t channels, int64_t size, float alpha,
                 float beta, float k, const T *x, const T *dy, T *dx);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_LRN_H

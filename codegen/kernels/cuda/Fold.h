//===- Fold.h - images with their strides folded into channels ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A convolution over an image of few channels fills no matrix unit. Its pixels can be
// folded: s x s neighbours become one pixel of s * s * C channels, where s is the
// convolution's stride, and the convolution becomes one of stride 1 without padding:
//
//   y[h] = sum over r of w[r] x[s h + r - pad]
//        = sum over q and d of w[s q + d] X[h + q, d],    X[u, d] = x[s u + d - pad]
//
// with r = s q + d, 0 <= d < s; the same for the width. X is zero outside of the image
// and in channels behind the s * s * C (there so that rows are as wide as the hardware
// likes), w is zero behind its last tap. With s = 1 nothing but padding happens.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_FOLD_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_FOLD_H

#include <cstdint>
#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// An image and its folded form, both NHWC and packed.
struct FoldImageShape {
  int64_t batch, height, width, channels;
  int64_t foldedHeight, foldedWidth, foldedChannels;
  int64_t stride, padHeight, padWidth; ///< Of the convolution.
};

/// A filter (KRSC) and its folded form.
struct FoldFilterShape {
  int64_t filters, height, width, channels;
  int64_t foldedHeight, foldedWidth, foldedChannels;
  int64_t stride;
};

/// y = folded(x * scale + shift), with a scale and a shift for each channel. The
/// arithmetic is fp32. T: fp32, fp16 or bf16.
template <typename T>
void foldImage(cudaStream_t stream, const FoldImageShape &s, const uint8_t *x, const float *scale,
               const float *shift, T *y);

/// y = folded(w).
template <typename T>
void foldFilter(cudaStream_t stream, const FoldFilterShape &s, const T *w, T *y);

/// w = the gradient of a filter from that of its folded form: what foldFilter put
/// somewhere comes back, zeros are forgotten.
template <typename T>
void unfoldFilter(cudaStream_t stream, const FoldFilterShape &s, const T *y, T *w);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_FOLD_H

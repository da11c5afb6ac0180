//===- LineConv.h - convolutions over images as lines of pixels -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolutions of few channels and few filters, which folded images have (Fold.h): they
// move many bytes for each product, and libraries leave half of the time on the table.
//
// A batch of packed images is one line of pixels, and with stride 1 and no padding a tap
// (r, s) is a fixed distance along it:
//
//   y[m] = sum over r and s of w[r, s] x[m + r * width + s]
//
// So tiles of pixels need not know of rows and images; the results at the ends of rows and
// images, where a window would lie over the edge, are computed and dropped (5% of them
// for 4x4 taps over 115x115).
//
// The matrix units are those of sm_90 (wgmma); no other card can run these kernels.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_LINECONV_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_LINECONV_H

#include "codegen/kernels/cuda/LineConvTiling.h"

#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// What becomes of the fp32 sums before they are rounded, or what else is made of them. Arrays
/// have outChannels elements. Sums come alone, and both or neither.
template <typename T>
struct LineConvEpilogue {
  const T *bias = nullptr; ///< Added if there is one.
  bool relu = false;       ///< max(0, y), behind the bias; NaN stays.
  /// Of y, as rounded, and of its squares, over all pixels.
  float *sum = nullptr, *sumOfSquares = nullptr;
};

/// y = the convolution of x with w; products are summed in fp32. NaN stays, an infinity may
/// become one. The shape satisfies hasLineConv; `workspace` has lineConvWorkspaceBytes, and is
/// needed for sums alone. T is __half or __nv_bfloat16.
template <typename T>
void lineConv2d(cudaStream_t stream, const Conv2dShape &s, const T *x, const T *w, T *y,
                const LineConvEpilogue<T> &epilogue, void *workspace);

/// dw = the gradient of w from x and y's gradient, summed in fp32; an infinity or NaN in x may
/// reach other taps than its own. The shape satisfies hasLineConvGradient; `workspace` has
/// lineConvGradientWorkspaceBytes. T is __half or __nv_bfloat16.
template <typename T>
void lineConv2dGradient(cudaStream_t stream, const Conv2dShape &s, const T *x, const T *dy, T *dw,
                        void *workspace);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_LINECONV_H

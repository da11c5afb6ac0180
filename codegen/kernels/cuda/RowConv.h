//===- RowConv.h - convolutions of three rows of taps, row by row ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolutions whose filters are three rows high and few. A product of pixels by 32 filters
// reads more from shared memory than the matrix units have time for. Here a row of x meets the
// filters of all three rows of taps at once, and adds to three rows of y:
//
//   y[h + 1] += w[0] x[h],   y[h] += w[1] x[h],   y[h - 1] += w[2] x[h]      (padding 1)
//
// so each pixel is read once for each column of taps, for 96 filters; going down the rows,
// y[h - 1] is complete. Each block of filters loads a row of x once, but where warpgroups meet.
//
// The matrix units are those of sm_90 (wgmma); no other card can run these kernels.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_ROWCONV_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_ROWCONV_H

#include "codegen/kernels/cuda/RowConvTiling.h"

#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// Elements from pixel to pixel of a tensor that may be a part of a larger one, multiples of 8.
struct RowConvPitches {
  int64_t x, y;
};

/// Of y, as rounded, and of its squares, over all pixels: outChannels elements each.
struct RowConvSums {
  float *sum = nullptr, *sumOfSquares = nullptr; ///< Both or neither.
};

/// y = the convolution of x with w; products are summed in fp32. NaN stays, an infinity may
/// become one. The shape satisfies hasRowConv; x, w and y are aligned to 16 bytes; `workspace` has
/// rowConvWorkspaceBytes, and is needed for sums alone. T is __half or __nv_bfloat16.
template <typename T>
void rowConv2d(cudaStream_t stream, const Conv2dShape &s, const RowConvPitches &pitches, const T *x,
               const T *w, T *y, const RowConvSums &sums, void *workspace);

/// dx = the gradient of x from y's gradient. `pitches` are those of dx (x) and dy (y). The shape
/// satisfies hasRowConv(rowConvGradient(s)); otherwise as above.
template <typename T>
void rowConv2dInputGradient(cudaStream_t stream, const Conv2dShape &s,
                            const RowConvPitches &pitches, const T *dy, const T *w, T *dx);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_ROWCONV_H

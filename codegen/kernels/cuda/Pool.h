//===- Pool.h - maximum and average pooling -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Poolings over NHWC. A window is clipped to the input; one that lies in the padding
// altogether has the maximum -inf, the average 0, and no gradient. NaN in a window is
// its result.
//
// A gradient is gathered: a thread looks at the windows that hold its input element, and
// adds them in their order. No element is written twice, and nothing is cleared before.
//
// A sample has fewer than 2^31 elements, those between the pixels of a part counted; there is
// no limit to samples. None of these works in place. T is float, __half or __nv_bfloat16.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POOL_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_POOL_H

#include "codegen/kernels/cpu/Shapes.h"

#include <cuda_runtime_api.h>

namespace fanfold::cuda {

using cpu::noPlace;
using cpu::Pool2dShape;

/// y = the maximum of each window. Where `places`, a tensor of its own, is given, it gets for each
/// output the place of the first maximum (or the first NaN) within the window, padding counted, row
/// by row: r * kernelWidth + t. It needs kernels of 255 elements at most; noPlace marks a
/// window of padding alone.
template <typename T>
void maxPool2d(cudaStream_t stream, const Pool2dShape &s, const T *x, T *y,
               uint8_t *places = nullptr);

/// The same of max(0, (x - centre) * scale + shift), with a number each for each channel: the
/// bits that it has in T when it is stored before it is pooled. Finds the largest x of a
/// window, or the smallest where the scale is negative, and computes the function of it
/// alone, so `places` has the first of those. Infinite x count for nothing where the scale
/// is zero. The three are aligned as x is, to 16 bytes at most.
template <typename T>
void normalizedMaxPool2d(cudaStream_t stream, const Pool2dShape &s, const T *x, const float *centre,
                         const float *scale, const float *shift, T *y, uint8_t *places = nullptr);

/// dx = the gradient of maxPool2d's input. The first maximum of a window takes the
/// window's gradient; where the maximum is NaN, the first NaN does.
template <typename T>
void maxPool2dGradient(cudaStream_t stream, const Pool2dShape &s, const T *x, const T *y,
                       const T *dy, T *dx);

/// The same from the places that maxPool2d left: moves about half as much memory, and
/// lets x and y go.
template <typename T>
void maxPool2dGradient(cudaStream_t stream, const Pool2dShape &s, const uint8_t *places,
                       const T *dy, T *dx);

/// y = the average of each window; the divisor counts the padding within the padded
/// input (but nothing beyond it) if `countPadding`.
template <typename T>
void avgPool2d(cudaStream_t stream, const Pool2dShape &s, bool countPadding, const T *x, T *y);

/// dx = the gradient of avgPool2d's input.
template <typename T>
void avgPool2dGradient(cudaStream_t stream, const Pool2dShape &s, bool countPadding, const T *dy,
                       T *dx);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POOL_H

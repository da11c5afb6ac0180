//===- Conv2d.h - convolutions by their definition ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The double-precision twin of cpu/Conv2d.h and cpu/Matmul.h: every loop in order,
// nothing clever. Shapes and layouts are those of cpu/Shapes.h.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_REFERENCE_CONV2D_H
#define FANFOLD_CODEGEN_KERNELS_REFERENCE_CONV2D_H

#include "codegen/kernels/cpu/Shapes.h"

#include <algorithm>

namespace fanfold::reference {

using cpu::Conv2dShape;

/// Calls body(xIndex, wIndex, yIndex) for every product of the convolution: y is
/// the sum of x * w over them, and the gradients follow by turning the same sum.
template <class Body>
void forEachProduct(const Conv2dShape &s, Body body) {
  const int64_t inPerGroup = s.inChannels / s.groups, outPerGroup = s.outChannels / s.groups;
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t p = 0; p < s.outHeight; ++p)
      for (int64_t q = 0; q < s.outWidth; ++q)
        for (int64_t k = 0; k < s.outChannels; ++k)
          for (int64_t r = 0; r < s.kernelHeight; ++r)
            for (int64_t t = 0; t < s.kernelWidth; ++t) {
              const int64_t h = p * s.strideHeight - s.padHeight + r * s.dilationHeight;
              const int64_t w = q * s.strideWidth - s.padWidth + t * s.dilationWidth;
              if (h < 0 || h >= s.inHeight || w < 0 || w >= s.inWidth)
                continue;
              const int64_t group = k / outPerGroup;
              for (int64_t c = 0; c < inPerGroup; ++c)
                body(((n * s.inHeight + h) * s.inWidth + w) * s.inChannels + group * inPerGroup + c,
                     ((k * s.kernelHeight + r) * s.kernelWidth + t) * inPerGroup + c,
                     ((n * s.outHeight + p) * s.outWidth + q) * s.outChannels + k);
            }
}

inline void conv2d(const Conv2dShape &s, const double *x, const double *w, double *y) {
  std::fill_n(y, s.outputSize(), 0.0);
  forEachProduct(s, [=](int64_t i, int64_t j, int64_t o) { y[o] += x[i] * w[j]; });
}

inline void conv2dDataGradient(const Conv2dShape &s, const double *dy, const double *w,
                               double *dx) {
  std::fill_n(dx, s.inputSize(), 0.0);
  forEachProduct(s, [=](int64_t i, int64_t j, int64_t o) { dx[i] += dy[o] * w[j]; });
}

inline void conv2dWeightGradient(const Conv2dShape &s, const double *x, const double *dy,
                                 double *dw) {
  std::fill_n(dw, s.filterSize(), 0.0);
  forEachProduct(s, [=](int64_t i, int64_t j, int64_t o) { dw[j] += dy[o] * x[i]; });
}

/// c = op(a) op(b); see cpu/Matmul.h.
inline void matmul(int64_t m, int64_t n, int64_t k, bool transposeA, bool transposeB,
                   const double *a, const double *b, double *c) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      c[i * n + j] = 0;
      for (int64_t l = 0; l < k; ++l)
        c[i * n + j] +=
            a[transposeA ? l * m + i : i * k + l] * b[transposeB ? j * k + l : l * n + j];
    }
}

} // namespace fanfold::reference

#endif // FANFOLD_CODEGEN_KERNELS_REFERENCE_CONV2D_H

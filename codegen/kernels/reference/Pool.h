//===- Pool.h - poolings by their definition ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The double-precision twin of cpu/Pool.h.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_REFERENCE_POOL_H
#define FANFOLD_CODEGEN_KERNELS_REFERENCE_POOL_H

#include "codegen/kernels/cpu/Shapes.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace fanfold::reference {

using cpu::Pool2dShape;

/// Calls start(y) for each output, then body(x, y) for the inputs of its window,
/// row by row; x and y are indices of elements.
template <class Start, class Body>
void forEachWindow(const Pool2dShape &s, Start start, Body body) {
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t p = 0; p < s.outHeight; ++p)
      for (int64_t q = 0; q < s.outWidth; ++q)
        for (int64_t c = 0; c < s.channels; ++c) {
          const int64_t y = ((n * s.outHeight + p) * s.outWidth + q) * s.channels + c;
          start(y);
          for (int64_t r = 0; r < s.kernelHeight; ++r)
            for (int64_t t = 0; t < s.kernelWidth; ++t) {
              const int64_t h = p * s.strideHeight - s.padHeight + r;
              const int64_t w = q * s.strideWidth - s.padWidth + t;
              if (h >= 0 && h < s.inHeight && w >= 0 && w < s.inWidth)
                body(((n * s.inHeight + h) * s.inWidth + w) * s.channels + c, y);
            }
        }
}

inline void maxPool2d(const Pool2dShape &s, const double *x, double *y) {
  forEachWindow(
      s, [=](int64_t o) { y[o] = -std::numeric_limits<double>::infinity(); },
      [=](int64_t i, int64_t o) { y[o] = x[i] > y[o] || x[i] != x[i] ? x[i] : y[o]; });
}

/// max(0, (x - centre) * scale + shift), with a number each for each channel: what a pool with
/// these three takes the maximum of.
inline std::vector<double> normalized(const Pool2dShape &s, const double *x, const double *centre,
                                      const double *scale, const double *shift) {
  std::vector<double> out(s.inputSize());
  for (int64_t i = 0; i < s.inputSize(); ++i) {
    const int64_t c = i % s.channels;
    const double value = (x[i] - centre[c]) * scale[c] + shift[c];
    out[i] = value < 0 ? 0 : value;
  }
  return out;
}

/// Where in its window, padding counted, the first element is that equals the maximum.
inline void maxPool2dPlaces(const Pool2dShape &s, const double *x, const double *y,
                            uint8_t *places) {
  std::fill_n(places, s.outputSize(), cpu::noPlace);
  forEachWindow(
      s, [](int64_t) {},
      [&](int64_t i, int64_t o) {
        if (places[o] != cpu::noPlace || (x[i] != y[o] && x[i] == x[i]))
          return;
        const int64_t h = i / s.channels / s.inWidth % s.inHeight, w = i / s.channels % s.inWidth;
        const int64_t p = o / s.channels / s.outWidth % s.outHeight,
                      q = o / s.channels % s.outWidth;
        places[o] = static_cast<uint8_t>((h + s.padHeight - p * s.strideHeight) * s.kernelWidth +
                                         (w + s.padWidth - q * s.strideWidth));
      });
}

/// The first element that equals the maximum takes the gradient.
inline void maxPool2dGradient(const Pool2dShape &s, const double *x, const double *y,
                              const double *dy, double *dx) {
  std::fill_n(dx, s.inputSize(), 0.0);
  bool taken = false;
  forEachWindow(
      s, [&](int64_t) { taken = false; },
      [&](int64_t i, int64_t o) {
        if (!taken && (x[i] == y[o] || x[i] != x[i])) {
          taken = true;
          dx[i] += dy[o];
        }
      });
}

/// What the average of output element `y` divides by.
inline double averageDivisor(const Pool2dShape &s, bool countPadding, int64_t y) {
  const int64_t q = y / s.channels % s.outWidth, p = y / s.channels / s.outWidth % s.outHeight;
  int64_t count = 0;
  for (int64_t r = 0; r < s.kernelHeight; ++r)
    for (int64_t t = 0; t < s.kernelWidth; ++t) {
      const int64_t h = p * s.strideHeight - s.padHeight + r;
      const int64_t w = q * s.strideWidth - s.padWidth + t;
      const bool inside = h >= 0 && h < s.inHeight && w >= 0 && w < s.inWidth;
      const bool inPadded = h < s.inHeight + s.padHeight && w < s.inWidth + s.padWidth;
      count += countPadding ? inPadded : inside;
    }
  return static_cast<double>(count);
}

inline void avgPool2d(const Pool2dShape &s, bool countPadding, const double *x, double *y) {
  forEachWindow(
      s, [=](int64_t o) { y[o] = 0; },
      [=](int64_t i, int64_t o) { y[o] += x[i] / averageDivisor(s, countPadding, o); });
}

inline void avgPool2dGradient(const Pool2dShape &s, bool countPadding, const double *dy,
                              double *dx) {
  std::fill_n(dx, s.inputSize(), 0.0);
  forEachWindow(
      s, [](int64_t) {},
      [=](int64_t i, int64_t o) { dx[i] += dy[o] / averageDivisor(s, countPadding, o); });
}

} // namespace fanfold::reference

#endif // FANFOLD_CODEGEN_KERNELS_REFERENCE_POOL_H

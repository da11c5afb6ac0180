//===- Lrn.h - local response normalisation by its definition -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The double-precision twin of cpu/Lrn.h, which has the formulas.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_REFERENCE_LRN_H
#define FANFOLD_CODEGEN_KERNELS_REFERENCE_LRN_H

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace fanfold::reference {

/// k + alpha / size * the sum of squares around channel c of one row.
inline double lrnDenominator(int64_t channels, int64_t size, double alpha, double k,
                             const double *row, int64_t c) {
  double sum = 0;
  for (int64_t d = std::max<int64_t>(0, c - size / 2);
       d < std::min(channels, c + (size - 1) / 2 + 1); ++d)
    sum += row[d] * row[d];
  return k + alpha / static_cast<double>(size) * sum;
}

inline void lrn(int64_t rows, int64_t channels, int64_t size, double alpha, double beta, double k,
                const double *x, double *y) {
  for (int64_t i = 0; i < rows * channels; ++i) {
    const int64_t c = i % channels;
    y[i] = x[i] / std::pow(lrnDenominator(channels, size, alpha, k, x + i - c, c), beta);
  }
}

/// Every output hands its gradient to the inputs of its window.
inline void lrnGradient(int64_t rows, int64_t channels, int64_t size, double alpha, double beta,
                        double k, const double *x, const double *dy, double *dx) {
  std::fill_n(dx, rows * channels, 0.0);
  for (int64_t i = 0; i < rows * channels; ++i) {
    const int64_t c = i % channels, row = i - c;
    const double d = lrnDenominator(channels, size, alpha, k, x + row, c);
    dx[i] += dy[i] * std::pow(d, -beta);
    for (int64_t e = std::max<int64_t>(0, c - size / 2);
         e < std::min(channels, c + (size - 1) / 2 + 1); ++e)
      dx[row + e] -= dy[i] * x[i] * beta * std::pow(d, -beta - 1) * 2 * alpha /
                     static_cast<double>(size) * x[row + e];
  }
}

} // namespace fanfold::reference

#endif // FANFOLD_CODEGEN_KERNELS_REFERENCE_LRN_H

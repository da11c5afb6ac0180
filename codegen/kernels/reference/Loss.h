//===- Loss.h - loss, accuracy and sums by their definition ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The double-precision twins of cpu/SoftmaxCrossEntropy.h, cpu/Accuracy.h and
// cpu/Reduce.h.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_REFERENCE_LOSS_H
#define FANFOLD_CODEGEN_KERNELS_REFERENCE_LOSS_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace fanfold::reference {

/// What the loss wants at class c of a row.
inline double smoothedTarget(int64_t classes, double smoothing, int32_t label, int64_t c) {
  return (c == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes);
}

inline void softmaxCrossEntropy(int64_t rows, int64_t classes, double smoothing,
                                const double *logits, const int32_t *labels, double *loss,
                                double *probabilities) {
  *loss = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const double *in = logits + row * classes;
    const double maximum = *std::max_element(in, in + classes);
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c)
      sum += std::exp(in[c] - maximum);
    for (int64_t c = 0; c < classes; ++c)
      probabilities[row * classes + c] = std::exp(in[c] - maximum) / sum;
    if (labels[row] >= classes)
      *loss = std::numeric_limits<double>::quiet_NaN();
    if (labels[row] < 0)
      continue;
    for (int64_t c = 0; c < classes; ++c)
      *loss -= smoothedTarget(classes, smoothing, labels[row], c) *
               (in[c] - maximum - std::log(sum)) / static_cast<double>(rows);
  }
}

inline void softmaxCrossEntropyGradient(int64_t rows, int64_t classes, double smoothing,
                                        const double *probabilities, const int32_t *labels,
                                        double dloss, double *dlogits) {
  for (int64_t i = 0; i < rows * classes; ++i) {
    const int32_t label = labels[i / classes];
    dlogits[i] =
        label < 0 || label >= classes
            ? 0
            : dloss / static_cast<double>(rows) *
                  (probabilities[i] - smoothedTarget(classes, smoothing, label, i % classes));
  }
}

/// By sorting; the lower class first among equals. No NaN.
inline double accuracy(int64_t rows, int64_t classes, int64_t top, const double *logits,
                       const int32_t *labels) {
  int64_t hits = 0;
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<int64_t> order(classes);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return logits[row * classes + a] > logits[row * classes + b];
    });
    const auto end = order.begin() + std::min(top, classes);
    hits += std::find(order.begin(), end, labels[row]) != end;
  }
  return static_cast<double>(hits) / static_cast<double>(rows);
}

inline double sumOfSquares(int64_t n, const double *x) {
  return std::inner_product(x, x + n, x, 0.0);
}

} // namespace fanfold::reference

#endif // FANFOLD_CODEGEN_KERNELS_REFERENCE_LOSS_H

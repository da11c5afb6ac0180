//===- SoftmaxCrossEntropy.h - the loss of a classifier -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// loss = mean over the rows of -sum over classes of target * log(softmax(logits)),
// where the target is (1 - smoothing) at the label plus smoothing / classes
// everywhere, as in PyTorch.
//
// A label below zero marks padding: the row adds nothing to loss or gradient, but
// the divisor stays `rows`. A label of `classes` or more makes the loss NaN, so
// that the run stops; its gradient is zero.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_SOFTMAXCROSSENTROPY_H
#define FANFOLD_CODEGEN_KERNELS_CPU_SOFTMAXCROSSENTROPY_H

#include "codegen/kernels/cpu/Parallel.h"

#include <cmath>
#include <limits>

namespace fanfold::cpu {

namespace detail {

/// Writes one row's probabilities and returns its loss.
inline double softmaxCrossEntropyRow(int64_t classes, float smoothing, const float *logits,
                                     int32_t label, float *probabilities) {
  float maximum = logits[0];
  for (int64_t c = 1; c < classes; ++c)
    maximum = logits[c] > maximum ? logits[c] : maximum;
  // Before the loop, which may write over it.
  const float own = label >= 0 && label < classes ? logits[label] : 0.0f;
  double sum = 0, sumOfLogits = 0;
  for (int64_t c = 0; c < classes; ++c) {
    const float shifted = logits[c] - maximum;
    probabilities[c] = std::exp(shifted);
    sum += double{probabilities[c]};
    sumOfLogits += double{shifted};
  }
  const float scale = static_cast<float>(1.0 / sum);
  for (int64_t c = 0; c < classes; ++c)
    probabilities[c] *= scale;
  if (label < 0)
    return 0;
  if (label >= classes)
    return std::numeric_limits<double>::quiet_NaN();
  const double logSum = std::log(sum);
  const double atLabel = logSum - double{own - maximum};
  if (smoothing == 0.0f)
    return atLabel;
  const double mean = logSum - sumOfLogits / static_cast<double>(classes);
  return (1.0 - double{smoothing}) * atLabel + double{smoothing} * mean;
}

} // namespace detail

/// *loss = the mean loss; probabilities = softmax(logits), rows x classes, which may
/// be the logits' own memory.
inline void softmaxCrossEntropy(int64_t rows, int64_t classes, float smoothing, const float *logits,
                                const int32_t *labels, float *loss, float *probabilities) {
  // Partial sums have a fixed place each, so that no workspace is needed.
  constexpr int64_t maxBlocks = 64;
  double partials[maxBlocks] = {};
  double *const sums = partials;
  const int64_t grain = std::max(rowGrain(classes * 8), blockCount(rows, maxBlocks));
  parallelFor(rows, grain, [=](int64_t begin, int64_t end) {
    double sum = 0;
    for (int64_t row = begin; row < end; ++row)
      sum += detail::softmaxCrossEntropyRow(classes, smoothing, logits + row * classes, labels[row],
                                            probabilities + row * classes);
    sums[begin / grain] = sum;
  });
  double total = 0;
  for (double sum : partials)
    total += sum;
  *loss = static_cast<float>(total / static_cast<double>(rows));
}

/// dlogits = *dloss / rows * (probabilities - target), which may be the memory of
/// the probabilities.
inline void softmaxCrossEntropyGradient(int64_t rows, int64_t classes, float smoothing,
                                        const float *probabilities, const int32_t *labels,
                                        const float *dloss, float *dlogits) {
  const float scale = *dloss / static_cast<float>(rows);
  const float everywhere = smoothing / static_cast<float>(classes);
  parallelFor(rows, rowGrain(classes), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float *in = probabilities + row * classes;
      float *out = dlogits + row * classes;
      const int32_t label = labels[row];
      if (label < 0 || label >= classes) {
        std::fill(out, out + classes, 0.0f);
        continue;
      }
      // Before the loop, which may write over it.
      const float atLabel = in[label] - ((1.0f - smoothing) + everywhere);
#pragma omp simd
      for (int64_t c = 0; c < classes; ++c)
        out[c] = scale * (in[c] - everywhere);
      out[label] = scale * atLabel;
    }
  });
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_SOFTMAXCROSSENTROPY_H

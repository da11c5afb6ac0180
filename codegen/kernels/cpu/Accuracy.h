//===- Accuracy.h - how often the label is among the first ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_ACCURACY_H
#define FANFOLD_CODEGEN_KERNELS_CPU_ACCURACY_H

#include <cstdint>

namespace fanfold::cpu {

/// *fraction = the rows whose label is among the `top` largest logits, over `rows`.
/// Of equal logits the lower class comes first. A label outside [0, classes), or
/// with the logit NaN, is a miss; another class's NaN ranks before every number.
inline void accuracy(int64_t rows, int64_t classes, int64_t top, const float *logits,
                     const int32_t *labels, float *fraction) {
  int64_t hits = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const float *in = logits + row * classes;
    const int32_t label = labels[row];
    if (label < 0 || label >= classes || in[label] != in[label])
      continue;
    const float own = in[label];
    int64_t before = 0;
    for (int64_t c = 0; c < label; ++c)
      before += !(in[c] < own);
    for (int64_t c = label + 1; c < classes; ++c)
      before += !(in[c] <= own);
    hits += before < top;
  }
  *fraction = static_cast<float>(static_cast<double>(hits) / static_cast<double>(rows));
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_ACCURACY_H

//===- Epilogue.h - bias and activation at the end of a kernel ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A convolution or dense layer can end with `y = activation(y + bias)`. The bits
// are those of the separate kernels: the finished accumulator is rounded, then
// the bias is added, then the activation is taken.
//
// That is also why this is a loop over y and not a post-op of oneDNN: its ReLU
// turns NaN into zero, which would hide a diverged run from its user.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_EPILOGUE_H
#define FANFOLD_CODEGEN_KERNELS_CPU_EPILOGUE_H

#include "codegen/kernels/cpu/Pointwise.h"

#include <cmath>

namespace fanfold::cpu {

enum class Activation { none, relu, relu6, sigmoid, tanh };

struct Epilogue {
  bool bias = false; ///< Adds a vector over the last dimension.
  Activation activation = Activation::none;
};

/// Activations of one element; NaN stays NaN, relu(-0) is -0.
inline float relu(float x) { return x < 0.0f ? 0.0f : x; }
inline float relu6(float x) { return x < 0.0f ? 0.0f : x > 6.0f ? 6.0f : x; }
inline float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

/// y = function(y + bias) over rows x channels; `bias` may be null.
template <class Function>
void applyEpilogue(int64_t rows, int64_t channels, const float *bias, Function function, float *y) {
  if (bias)
    pointwise(rows, channels, [=](int64_t i, int64_t c) { y[i] = function(y[i] + bias[c]); });
  else
    pointwise(rows * channels, [=](int64_t i) { y[i] = function(y[i]); });
}

inline void applyEpilogue(Epilogue epilogue, int64_t rows, int64_t channels, const float *bias,
                          float *y) {
  if (!epilogue.bias)
    bias = nullptr;
  switch (epilogue.activation) {
  case Activation::none:
    if (bias)
      applyEpilogue(
          rows, channels, bias, [](float x) { return x; }, y);
    return;
  case Activation::relu:
    return applyEpilogue(
        rows, channels, bias, [](float x) { return relu(x); }, y);
  case Activation::relu6:
    return applyEpilogue(
        rows, channels, bias, [](float x) { return relu6(x); }, y);
  case Activation::sigmoid:
    return applyEpilogue(
        rows, channels, bias, [](float x) { return sigmoid(x); }, y);
  case Activation::tanh:
    return applyEpilogue(
        rows, channels, bias, [](float x) { return std::tanh(x); }, y);
  }
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_EPILOGUE_H

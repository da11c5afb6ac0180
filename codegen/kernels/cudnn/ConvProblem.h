//===- ConvProblem.h - what a convolution on the GPU is asked to do ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A ConvProblem is a value: equal problems have the same plans, and its text is
// their key in the tuning database and in compiled programs. The text is one line
// of words that a person can read and type, without what has its default value:
//
//   conv2d forward in=256x56x56x64 out=56x56x64 filter=3x3 pad=1x1 types=f16,f16,f16
//
// Tensors are NHWC and KRSC as in cpu/Shapes.h. An image may be a slice of the
// channels of a wider buffer: its pitch counts the elements from one pixel to the
// next, and its pointer the address of its own first channel.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_CONVPROBLEM_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_CONVPROBLEM_H

#include "codegen/kernels/cpu/Shapes.h"
#include "runtime/Program.h"
#include "runtime/Status.h"

#include <array>
#include <functional>
#include <string>

namespace fanfold::cudnn {

using cpu::Conv2dShape;

/// Which of the three tensors is made from the other two.
enum class Pass : uint8_t {
  forward, ///< y = conv(x, w)
  dgrad,   ///< x's gradient from w and y's gradient.
  wgrad,   ///< w's gradient from x and y's gradient.
};

/// How fp32 operands are multiplied. Products of f16 or bf16 operands are exact, and
/// every sum is kept in fp32, whatever this says.
enum class Math : uint8_t {
  fp32, ///< As they are; no engine may round an operand.
  tf32, ///< Tensor cores may round operands to 10 bits of mantissa.
};

/// What happens to x before it is multiplied (forward and wgrad). Padding stays zero.
enum class Prologue : uint8_t {
  none,
  scaleBiasRelu, ///< max(0, x * scale[c] + shift[c]): BN's apply. Both have x's type.
};

/// What happens to the sums before they are written. All but `statistics` in y's type
/// after fp32 arithmetic.
enum class Epilogue : uint8_t {
  none,
  bias,       ///< y + bias[k]; bias has y's type.
  biasRelu,   ///< max(0, y + bias[k])
  relu,       ///< max(0, y)
  statistics, ///< y, and fp32 sum[k] and sumOfSquares[k] over all pixels of y.
};

struct ConvProblem {
  Pass pass = Pass::forward;
  /// Sizes. What is padded behind (below, to the right) follows from the output's
  /// size: see padAfter.
  Conv2dShape shape{};
  ElementType xType = ElementType::f32; ///< Of x or its gradient.
  ElementType wType = ElementType::f32; ///< Of w or its gradient; of the filter's order KRSC.
  ElementType yType = ElementType::f32; ///< Of y or its gradient.
  Math math = Math::fp32;
  int64_t xPitch = 0; ///< Elements from pixel to pixel of x; 0: packed.
  int64_t yPitch = 0; ///< Likewise of y.
  Prologue prologue = Prologue::none;
  Epilogue epilogue = Epilogue::none;

  /// Padding behind in {height, width}: as much as in front if that gives the
  /// output's size, else as much as the last window needs.
  std::array<int64_t, 2> padAfter() const;

  /// Says what makes no sense, with what was found and what was expected.
  Status verify() const;

  /// The canonical line; equal problems, and no others, have equal lines.
  std::string text() const;
  /// The problem of such a line. Fails with the word that is wrong.
  static Result<ConvProblem> parse(const std::string &text);

  /// Floating-point operations, two for a multiply-add; padding counted in.
  double flops() const;
  /// Bytes that must move if every tensor moves once.
  double bytes() const;
};

bool operator==(const ConvProblem &a, const ConvProblem &b);
inline bool operator!=(const ConvProblem &a, const ConvProblem &b) { return !(a == b); }

} // namespace fanfold::cudnn

template <>
struct std::hash<fanfold::cudnn::ConvProblem> {
  size_t operator()(const fanfold::cudnn::ConvProblem &problem) const {
    return std::hash<std::string>()(problem.text());
  }
};

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_CONVPROBLEM_H

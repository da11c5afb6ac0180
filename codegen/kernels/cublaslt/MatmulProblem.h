//===- MatmulProblem.h - what a matrix product on the GPU is asked to do -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A value with a text, as ConvProblem is, and for the same uses:
//
//   matmul m=256 n=1000 k=2048 types=f16,f16 epilogue=bias
//
// With addend=f16 another matrix of c's shape, pitch and type is added to the sums, before
// what the epilogue does.
//
// Row-major: c = op(a) op(b) is m x n, op(a) is m x k and op(b) is k x n; a transposed
// operand is held as k x m or n x k, as in cpu/Matmul.h. A pitch is the number of
// elements from one row as it is held to the next, so that operands and result may be
// slices of the columns of wider buffers. A 1x1 convolution of stride 1 is the product
// of its pixels and its transposed filters.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMULPROBLEM_H
#define FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMULPROBLEM_H

#include "runtime/Program.h"
#include "runtime/Status.h"

#include <string>

namespace fanfold::cublaslt {

/// As cudnn::Math.
enum class Math : uint8_t { fp32, tf32 };

/// What happens to the sums before they are written; in fp32.
enum class Epilogue : uint8_t {
  none,
  bias,     ///< c + bias[column]; bias has c's type.
  biasRelu, ///< max(0, c + bias[column])
  relu,     ///< max(0, c)
};

struct MatmulProblem {
  int64_t m = 0, n = 0, k = 0;
  bool transposeA = false, transposeB = false;
  ElementType type = ElementType::f32;  ///< Of a and b: f16, bf16 or f32.
  ElementType cType = ElementType::f32; ///< `type` or f32. Sums are fp32 always.
  Math math = Math::fp32;
  Epilogue epilogue = Epilogue::none;
  bool addend = false; ///< A matrix like c is added to the sums; its word follows `types`.
  int64_t pitchA = 0, pitchB = 0, pitchC = 0; ///< 0: dense rows.

  int64_t columnsA() const { return transposeA ? m : k; } ///< As it is held.
  int64_t columnsB() const { return transposeB ? k : n; } ///< As it is held.

  /// What the pointers of a, b and c must be multiples of, in bytes: 16, or what the
  /// widths and pitches leave of that.
  int64_t alignment() const;

  Status verify() const;
  std::string text() const;
  static Result<MatmulProblem> parse(const std::string &text);

  double flops() const { return 2.0 * double(m) * double(n) * double(k); }

  /// The workspace that a compiler should reserve: as NVIDIA advises for this
  /// generation where the product is large enough to be split along k, else none.
  int64_t advisedWorkspaceBytes() const;
};

} // namespace fanfold::cublaslt

#endif // FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMULPROBLEM_H

//===- Patterns.h - the pieces of cnn-to-kernel ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One list of patterns for each family of ops, in the file of the family's name; the
// pass applies them all.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_CNNTOKERNEL_PATTERNS_H
#define FANFOLD_PASSES_CNNTOKERNEL_PATTERNS_H

#include "passes/Passes.h"

#include "mlir/IR/PatternMatch.h"

namespace fanfold {

void populateProductPatterns(mlir::RewritePatternSet &patterns);   ///< conv, dense.
void populatePointwisePatterns(mlir::RewritePatternSet &patterns); ///< One element.
void populateNormPatterns(mlir::RewritePatternSet &patterns);
void populatePoolPatterns(mlir::RewritePatternSet &patterns);
void populateShapePatterns(mlir::RewritePatternSet &patterns);
void populateLossPatterns(mlir::RewritePatternSet &patterns);
void populateUpdatePatterns(mlir::RewritePatternSet &patterns); ///< Optimizers.

/// Builds the body of a pointwise kernel.
class BodyBuilder {
public:
  explicit BodyBuilder(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  mlir::Value constant(double value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value sqrt(mlir::Value x);
  mlir::Value exp(mlir::Value x);
  mlir::Value tanh(mlir::Value x);
  /// Comparisons are false for NaN.
  mlir::Value greater(mlir::Value x, mlir::Value y);
  mlir::Value less(mlir::Value x, mlir::Value y);
  /// Of an integer: not zero.
  mlir::Value isTrue(mlir::Value flag);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);

  mlir::OpBuilder &b;
  mlir::Location loc;
};

using BodyFn = llvm::function_ref<llvm::SmallVector<mlir::Value>(BodyBuilder &, mlir::ValueRange)>;

/// A pointwise kernel for `op` (its name becomes the layer's) over the space of the
/// largest operand; the last `sums` of `results` are sums over each channel.
kernel::PointwiseOp makePointwise(mlir::OpBuilder &builder, mlir::Operation *op,
                                  mlir::ValueRange operands, mlir::TypeRange results, int64_t sums,
                                  BodyFn body);

// Bodies that later passes know kernels by.

/// x < 0 ? 0 : x, so that a NaN stays one.
mlir::Value relu(BodyBuilder &builder, mlir::Value x);

/// Batch normalisation, (x - mean) * (invStd * gamma) + beta, from those five.
llvm::SmallVector<mlir::Value> normForward(BodyBuilder &builder, mlir::ValueRange x);

// Its gradient over M rows, with xhat = (x - mean) * invStd:
//   dbeta = sum dy, dgamma = sum dy * xhat,
//   dx = gamma * invStd * (dy - dbeta / M - xhat * dgamma / M).

/// The terms of {dbeta, dgamma} from {dy, x, mean, invStd}.
llvm::SmallVector<mlir::Value> normGradientSums(BodyBuilder &builder, mlir::ValueRange x);
/// {dx} from {dy, x, mean, invStd, gamma, dbeta, dgamma}.
llvm::SmallVector<mlir::Value> normGradient(BodyBuilder &builder, mlir::ValueRange x, int64_t rows);

/// `layer` for a launch made from `op`.
mlir::StringAttr layerOf(mlir::Operation *op);
/// Height and width.
mlir::DenseI64ArrayAttr windowAttr(mlir::OpBuilder &builder, cnn::Window window);

} // namespace fanfold

#endif // FANFOLD_PASSES_CNNTOKERNEL_PATTERNS_H

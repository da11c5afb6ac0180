//===- LossToKernel.cpp - losses and metrics ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

using namespace mlir;
using namespace fanfold;

static LogicalResult lower(cnn::SoftmaxCrossEntropyForwardOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::SoftmaxCrossEntropyOp>(
      op, op.getResult().getType(), op.getProbabilities().getType(), op.getLogits(), op.getLabels(),
      op.getSmoothingAttr(), layerOf(op), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::SoftmaxCrossEntropyGradOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::SoftmaxCrossEntropyGradOp>(
      op, op.getType(), op.getProbabilities(), op.getLabels(), op.getGradient(),
      op.getSmoothingAttr(), layerOf(op), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::AccuracyOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::AccuracyOp>(op, op.getType(), op.getLogits(), op.getLabels(),
                                                  rewriter.getI64IntegerAttr(op.getTopValue()),
                                                  layerOf(op), StringAttr(), IntegerAttr(),
                                                  DenseI64ArrayAttr());
  return success();
}

void fanfold::populateLossPatterns(RewritePatternSet &patterns) {
  patterns.add(
      +[](cnn::SoftmaxCrossEntropyForwardOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::SoftmaxCrossEntropyGradOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::AccuracyOp op, PatternRewriter &r) { return lower(op, r); });
}

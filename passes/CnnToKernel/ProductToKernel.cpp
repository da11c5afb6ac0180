//===- ProductToKernel.cpp - convolutions and matrix products -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

using namespace mlir;
using namespace fanfold;

static LogicalResult lower(cnn::Conv2dOp op, PatternRewriter &rewriter) {
  cnn::ConvWindow w = op.getWindow();
  rewriter.replaceOpWithNewOp<kernel::Conv2dOp>(
      op, op.getType(), op.getInput(), op.getFilter(), /*bias=*/Value(),
      windowAttr(rewriter, w.stride), windowAttr(rewriter, w.pad), windowAttr(rewriter, w.dilation),
      rewriter.getI64IntegerAttr(op.getGroupCount()),
      /*activation=*/StringAttr(), layerOf(op), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::Conv2dDgradOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::Conv2dDgradOp>(
      op, op.getType(), op.getGradient(), op.getFilter(), op.getStrideAttr(), op.getPadAttr(),
      op.getDilationAttr(), op.getGroupsAttr(), layerOf(op), StringAttr(), IntegerAttr(),
      DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::Conv2dWgradOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::Conv2dWgradOp>(
      op, op.getType(), op.getInput(), op.getGradient(), /*prologue=*/ValueRange(),
      op.getStrideAttr(), op.getPadAttr(), op.getDilationAttr(), op.getGroupsAttr(), layerOf(op),
      StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::DenseOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::MatmulOp>(
      op, op.getType(), op.getInput(), op.getWeight(), /*bias=*/Value(), UnitAttr(), UnitAttr(),
      /*activation=*/StringAttr(), layerOf(op), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::MatmulOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::MatmulOp>(
      op, op.getType(), op.getLhs(), op.getRhs(), /*bias=*/Value(), op.getTransposeLhsAttr(),
      op.getTransposeRhsAttr(), /*activation=*/StringAttr(), layerOf(op), StringAttr(),
      IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

void fanfold::populateProductPatterns(RewritePatternSet &patterns) {
  patterns.add(+[](cnn::Conv2dOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::Conv2dDgradOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::Conv2dWgradOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::DenseOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::MatmulOp op, PatternRewriter &r) { return lower(op, r); });
}

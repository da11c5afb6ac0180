//===- PoolToKernel.cpp - pooling -----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

using namespace mlir;
using namespace fanfold;

static LogicalResult lower(cnn::MaxPool2dOp op, PatternRewriter &rewriter) {
  cnn::ConvWindow w = op.getWindow();
  rewriter.replaceOpWithNewOp<kernel::MaxPool2dOp>(
      op, op.getType(), op.getInput(), /*prologue=*/ValueRange(), windowAttr(rewriter, w.kernel),
      windowAttr(rewriter, w.stride), windowAttr(rewriter, w.pad), layerOf(op), StringAttr(),
      IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::MaxPool2dGradOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::MaxPool2dGradOp>(
      op, op.getType(), op.getInput(), op.getForward(), op.getGradient(), op.getKernelAttr(),
      op.getStrideAttr(), op.getPadAttr(), layerOf(op), StringAttr(), IntegerAttr(),
      DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::AvgPool2dOp op, PatternRewriter &rewriter) {
  cnn::ConvWindow w = op.getWindow();
  rewriter.replaceOpWithNewOp<kernel::AvgPool2dOp>(
      op, op.getType(), op.getInput(), windowAttr(rewriter, w.kernel),
      windowAttr(rewriter, w.stride), windowAttr(rewriter, w.pad), op.getCountPadAttr(),
      layerOf(op), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

/// The whole image is the window.
static LogicalResult lower(cnn::GlobalAvgPool2dOp op, PatternRewriter &rewriter) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  DenseI64ArrayAttr image =
      rewriter.getDenseI64ArrayAttr({input.getDimSize(1), input.getDimSize(2)});
  rewriter.replaceOpWithNewOp<kernel::AvgPool2dOp>(
      op, op.getType(), op.getInput(), image, image, rewriter.getDenseI64ArrayAttr({0, 0}),
      UnitAttr(), layerOf(op), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::AvgPool2dGradOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::AvgPool2dGradOp>(
      op, op.getType(), op.getGradient(), op.getKernelAttr(), op.getStrideAttr(), op.getPadAttr(),
      op.getCountPadAttr(), layerOf(op), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

void fanfold::populatePoolPatterns(RewritePatternSet &patterns) {
  patterns.add(+[](cnn::MaxPool2dOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::MaxPool2dGradOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::AvgPool2dOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::GlobalAvgPool2dOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::AvgPool2dGradOp op, PatternRewriter &r) { return lower(op, r); });
}

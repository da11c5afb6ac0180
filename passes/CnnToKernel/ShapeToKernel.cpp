//===- ShapeToKernel.cpp - ops that move elements -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

using namespace mlir;
using namespace fanfold;

/// Flatten and reshape keep the bytes where they are.
template <typename Op>
static LogicalResult lowerToView(Op op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::ViewOp>(op, op.getType(), op.getInput(), layerOf(op),
                                              StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::ConcatOp op, PatternRewriter &rewriter) {
  if (op.getInputs().size() == 1) {
    rewriter.replaceOp(op, op.getInputs());
    return success();
  }
  rewriter.replaceOpWithNewOp<kernel::ConcatOp>(op, op.getType(), op.getInputs(), layerOf(op),
                                                StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::SliceOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::SliceOp>(op, op.getType(), op.getInput(), op.getOffsetAttr(),
                                               layerOf(op), StringAttr(), IntegerAttr(),
                                               DenseI64ArrayAttr());
  return success();
}

void fanfold::populateShapePatterns(RewritePatternSet &patterns) {
  patterns.add(+[](cnn::FlattenOp op, PatternRewriter &r) { return lowerToView(op, r); });
  patterns.add(+[](cnn::ReshapeOp op, PatternRewriter &r) { return lowerToView(op, r); });
  patterns.add(+[](cnn::ConcatOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::SliceOp op, PatternRewriter &r) { return lower(op, r); });
}

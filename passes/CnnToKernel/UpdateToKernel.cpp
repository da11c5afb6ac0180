//===- UpdateToKernel.cpp - optimizers ------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

using namespace mlir;
using namespace fanfold;

/// Formulas are those of the ops' descriptions, term by term.
static LogicalResult lower(cnn::SgdOp op, PatternRewriter &rewriter) {
  auto body = [&](BodyBuilder &b, ValueRange x) {
    Value w = x[0], g = x[1], v = x[2], rate = x[3], momentum = x[4], decay = x[5];
    if (op.getDecay())
      g = b.add(g, b.mul(decay, w));
    Value velocity = b.add(b.mul(momentum, v), g);
    Value direction = op.getNesterov() ? b.add(g, b.mul(momentum, velocity)) : velocity;
    return SmallVector<Value>{b.sub(w, b.mul(rate, direction)), velocity};
  };
  rewriter.replaceOp(op, makePointwise(rewriter, op, op->getOperands(), op->getResultTypes(),
                                       /*sums=*/0, body)
                             .getResults());
  return success();
}

static LogicalResult lower(cnn::AdamwOp op, PatternRewriter &rewriter) {
  auto body = [&](BodyBuilder &b, ValueRange x) {
    Value w = x[0], g = x[1], m = x[2], s = x[3], rate = x[4], beta1 = x[5], beta2 = x[6];
    Value epsilon = x[7], decay = x[8], correction1 = x[9], correction2 = x[10];
    Value one = b.constant(1.0);
    Value first = b.add(b.mul(beta1, m), b.mul(b.sub(one, beta1), g));
    Value second = b.add(b.mul(beta2, s), b.mul(b.sub(one, beta2), b.mul(g, g)));
    if (op.getDecay())
      w = b.mul(w, b.sub(one, b.mul(rate, decay)));
    Value deviation = b.add(b.div(b.sqrt(second), b.sqrt(correction2)), epsilon);
    Value step = b.mul(b.div(rate, correction1), b.div(first, deviation));
    return SmallVector<Value>{b.sub(w, step), first, second};
  };
  rewriter.replaceOp(op, makePointwise(rewriter, op, op->getOperands(), op->getResultTypes(),
                                       /*sums=*/0, body)
                             .getResults());
  return success();
}

static LogicalResult lower(cnn::SumOfSquaresOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::SumOfSquaresOp>(op, op.getType(), op.getInput(), layerOf(op),
                                                      StringAttr(), IntegerAttr(),
                                                      DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::AllReduceOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::AllReduceOp>(op, op->getResultTypes(), op->getOperands(),
                                                   layerOf(op), StringAttr(), IntegerAttr(),
                                                   DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::LarsOp op, PatternRewriter &rewriter) {
  auto body = [](BodyBuilder &b, ValueRange x) {
    Value w = x[0], g = x[1], v = x[2], rate = x[5], momentum = x[6], decay = x[7];
    Value trust = x[8], epsilon = x[9], zero = b.constant(0.0), one = b.constant(1.0);
    Value norm = b.sqrt(x[3]), gradientNorm = b.sqrt(x[4]);
    Value local =
        b.div(b.mul(trust, norm), b.add(b.add(gradientNorm, b.mul(decay, norm)), epsilon));
    local =
        b.select(b.greater(norm, zero), b.select(b.greater(gradientNorm, zero), local, one), one);
    Value direction = b.add(g, b.mul(decay, w));
    Value velocity = b.add(b.mul(momentum, v), b.mul(b.mul(rate, local), direction));
    return SmallVector<Value>{b.sub(w, velocity), velocity};
  };
  rewriter.replaceOp(op, makePointwise(rewriter, op, op->getOperands(), op->getResultTypes(),
                                       /*sums=*/0, body)
                             .getResults());
  return success();
}

//===----------------------------------------------------------------------===//
// Loss scaling
//===----------------------------------------------------------------------===//

static LogicalResult lower(cnn::UnscaleOp op, PatternRewriter &rewriter) {
  auto body = [](BodyBuilder &b, ValueRange x) { return SmallVector<Value>{b.div(x[0], x[1])}; };
  rewriter.replaceOp(op, makePointwise(rewriter, op, op->getOperands(), op->getResultTypes(),
                                       /*sums=*/0, body)
                             .getResults());
  return success();
}

static LogicalResult lower(cnn::AllFiniteOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::AllFiniteOp>(op, op.getType(), op.getInputs(), layerOf(op),
                                                   StringAttr(), IntegerAttr(),
                                                   DenseI64ArrayAttr());
  return success();
}

static LogicalResult lower(cnn::KeepIfOp op, PatternRewriter &rewriter) {
  auto body = [](BodyBuilder &b, ValueRange x) {
    return SmallVector<Value>{b.select(b.isTrue(x[0]), x[1], x[2])};
  };
  rewriter.replaceOp(op, makePointwise(rewriter, op, op->getOperands(), op->getResultTypes(),
                                       /*sums=*/0, body)
                             .getResults());
  return success();
}

static LogicalResult lower(cnn::AdjustLossScaleOp op, PatternRewriter &rewriter) {
  auto body = [&](BodyBuilder &b, ValueRange x) {
    Value scale = x[0], clean = x[1], one = b.constant(1.0), zero = b.constant(0.0);
    Value isFinite = b.isTrue(x[2]);
    Value next = b.add(clean, one);
    // Counts are small whole numbers, exact in fp32.
    Value isDue = b.greater(next, b.constant(static_cast<double>(op.getInterval()) - 0.5));
    Value most = b.constant(16777216.0), doubled = b.mul(scale, b.constant(2.0));
    Value raised = b.select(b.greater(doubled, most), most, doubled);
    Value halved = b.mul(scale, b.constant(0.5));
    Value lowered = b.select(b.less(halved, one), one, halved);
    return SmallVector<Value>{b.select(isFinite, b.select(isDue, raised, scale), lowered),
                              b.select(isFinite, b.select(isDue, zero, next), zero)};
  };
  rewriter.replaceOp(op, makePointwise(rewriter, op,
                                       {op.getScale(), op.getCleanSteps(), op.getFinite()},
                                       op->getResultTypes(), /*sums=*/0, body)
                             .getResults());
  return success();
}

void fanfold::populateUpdatePatterns(RewritePatternSet &patterns) {
  patterns.add(+[](cnn::SgdOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::AdamwOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::SumOfSquaresOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::AllReduceOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::LarsOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::UnscaleOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::AllFiniteOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::KeepIfOp op, PatternRewriter &r) { return lower(op, r); });
  patterns.add(+[](cnn::AdjustLossScaleOp op, PatternRewriter &r) { return lower(op, r); });
}

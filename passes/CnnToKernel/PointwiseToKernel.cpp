//===- PointwiseToKernel.cpp - ops that look at one element ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

using namespace mlir;
using namespace fanfold;

//===----------------------------------------------------------------------===//
// Building bodies
//===----------------------------------------------------------------------===//

Value BodyBuilder::constant(double value) {
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(static_cast<float>(value)));
}
Value BodyBuilder::add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
Value BodyBuilder::sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
Value BodyBuilder::mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
Value BodyBuilder::div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
Value BodyBuilder::sqrt(Value x) { return math::SqrtOp::create(b, loc, x); }
Value BodyBuilder::exp(Value x) { return math::ExpOp::create(b, loc, x); }
Value BodyBuilder::tanh(Value x) { return math::TanhOp::create(b, loc, x); }
Value BodyBuilder::greater(Value x, Value y) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, y);
}
Value BodyBuilder::less(Value x, Value y) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, y);
}
Value BodyBuilder::isTrue(Value flag) {
  Value zero = arith::ConstantOp::create(b, loc, b.getIntegerAttr(flag.getType(), 0));
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, flag, zero);
}
Value BodyBuilder::select(Value condition, Value x, Value y) {
  return arith::SelectOp::create(b, loc, condition, x, y);
}

kernel::PointwiseOp fanfold::makePointwise(OpBuilder &builder, Operation *op, ValueRange operands,
                                           TypeRange results, int64_t sums, BodyFn body) {
  int64_t elements = 1, channels = 1;
  auto widen = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getNumElements() < elements || tensor.getRank() == 0)
      return;
    elements = tensor.getNumElements();
    channels = tensor.getShape().back();
  };
  llvm::for_each(operands.getTypes(), widen);
  llvm::for_each(results, widen);

  auto pointwise =
      kernel::PointwiseOp::create(builder, op->getLoc(), results, operands,
                                  builder.getDenseI64ArrayAttr({elements / channels, channels}),
                                  builder.getI64IntegerAttr(sums), DenseI64ArrayAttr(), layerOf(op),
                                  StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&pointwise.getBody());
  for (Value operand : operands)
    block->addArgument(kernel::bodyType(operand.getType()), op->getLoc());
  BodyBuilder bodyBuilder(builder, op->getLoc());
  SmallVector<Value> values = body(bodyBuilder, block->getArguments());
  kernel::YieldOp::create(builder, op->getLoc(), values);
  return pointwise;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// Replaces `op`, whose operands and result have one shape, by `body` of its operands.
template <typename Op>
static void addElementwise(RewritePatternSet &patterns,
                           Value (*body)(Op op, BodyBuilder &b, ValueRange x)) {
  struct Pattern : OpRewritePattern<Op> {
    Pattern(MLIRContext *context, Value (*body)(Op, BodyBuilder &, ValueRange))
        : OpRewritePattern<Op>(context), body(body) {}
    LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
      rewriter.replaceOp(op, makePointwise(rewriter, op, op->getOperands(), op->getResultTypes(),
                                           /*sums=*/0,
                                           [&](BodyBuilder &b, ValueRange x) {
                                             return SmallVector<Value>{body(op, b, x)};
                                           })
                                 .getResults());
      return success();
    }
    Value (*body)(Op, BodyBuilder &, ValueRange);
  };
  patterns.add<Pattern>(patterns.getContext(), body);
}

Value fanfold::relu(BodyBuilder &b, Value x) {
  Value zero = b.constant(0.0);
  return b.select(b.less(x, zero), zero, x);
}

/// x * keep / (1 - rate), with keep drawn for each element.
static Value dropout(cnn::DropoutApplyOp op, BodyBuilder &b, ValueRange x) {
  double rate = op.getRate().convertToDouble();
  Value drawn = kernel::UniformOp::create(b.b, b.loc, b.b.getF32Type(), x[1], op.getStreamAttr());
  Value kept = b.mul(x[0], b.constant(1.0 / (1.0 - rate)));
  return b.select(b.less(drawn, b.constant(rate)), b.constant(0.0), kept);
}

static LogicalResult lowerChannelSum(cnn::ChannelSumOp op, PatternRewriter &rewriter) {
  rewriter.replaceOp(
      op, makePointwise(rewriter, op, op.getInput(), op->getResultTypes(),
                        /*sums=*/1,
                        [](BodyBuilder &, ValueRange x) { return SmallVector<Value>{x[0]}; })
              .getResults());
  return success();
}

void fanfold::populatePointwisePatterns(RewritePatternSet &patterns) {
  addElementwise<cnn::AddOp>(
      patterns, [](cnn::AddOp, BodyBuilder &b, ValueRange x) { return b.add(x[0], x[1]); });
  addElementwise<cnn::BiasOp>(
      patterns, [](cnn::BiasOp, BodyBuilder &b, ValueRange x) { return b.add(x[0], x[1]); });
  addElementwise<cnn::ScaleOp>(patterns, [](cnn::ScaleOp op, BodyBuilder &b, ValueRange x) {
    return b.mul(x[0], b.constant(op.getBy().convertToDouble()));
  });
  addElementwise<cnn::ReluOp>(
      patterns, [](cnn::ReluOp, BodyBuilder &b, ValueRange x) { return relu(b, x[0]); });
  addElementwise<cnn::ReluGradOp>(patterns, [](cnn::ReluGradOp, BodyBuilder &b, ValueRange x) {
    Value zero = b.constant(0.0);
    return b.select(b.greater(x[1], zero), x[0], zero);
  });
  addElementwise<cnn::Relu6Op>(patterns, [](cnn::Relu6Op, BodyBuilder &b, ValueRange x) {
    Value six = b.constant(6.0), y = relu(b, x[0]);
    return b.select(b.greater(y, six), six, y);
  });
  addElementwise<cnn::Relu6GradOp>(patterns, [](cnn::Relu6GradOp, BodyBuilder &b, ValueRange x) {
    Value zero = b.constant(0.0), six = b.constant(6.0);
    Value below = b.select(b.greater(six, x[1]), x[0], zero);
    return b.select(b.greater(x[1], zero), below, zero);
  });
  addElementwise<cnn::SigmoidOp>(patterns, [](cnn::SigmoidOp, BodyBuilder &b, ValueRange x) {
    Value one = b.constant(1.0);
    return b.div(one, b.add(one, b.exp(b.sub(b.constant(0.0), x[0]))));
  });
  addElementwise<cnn::SigmoidGradOp>(
      patterns, [](cnn::SigmoidGradOp, BodyBuilder &b, ValueRange x) {
        return b.mul(x[0], b.mul(x[1], b.sub(b.constant(1.0), x[1])));
      });
  addElementwise<cnn::TanhOp>(
      patterns, [](cnn::TanhOp, BodyBuilder &b, ValueRange x) { return b.tanh(x[0]); });
  addElementwise<cnn::TanhGradOp>(patterns, [](cnn::TanhGradOp, BodyBuilder &b, ValueRange x) {
    return b.mul(x[0], b.sub(b.constant(1.0), b.mul(x[1], x[1])));
  });
  addElementwise<cnn::DropoutApplyOp>(patterns, dropout);
  patterns.add(+[](cnn::ChannelSumOp op, PatternRewriter &r) { return lowerChannelSum(op, r); });
}

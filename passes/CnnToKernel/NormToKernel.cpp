//===- NormToKernel.cpp - normalisation -----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

using namespace mlir;
using namespace fanfold;

/// A constant of one f32 for each channel, and its value in the step of `op`.
static Value makeConstant(OpBuilder &builder, Operation *op, StringRef suffix,
                          ArrayRef<float> elements) {
  auto step = op->getParentOfType<cnn::StepOp>();
  auto module = step->getParentOfType<ModuleOp>();
  auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())}, builder.getF32Type());
  auto layer = layerOf(op);
  std::string name = (layer ? layer.getValue().str() : "normalize") + "." + suffix.str();
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    auto init = builder.getDictionaryAttr(
        {builder.getNamedAttr("kind", builder.getStringAttr("data")),
         builder.getNamedAttr("value", DenseElementsAttr::get(type, elements))});
    cnn::VariableOp::create(builder, op->getLoc(), name, "constant", init, type, /*decay=*/false);
  }
  return cnn::ReadOp::create(builder, op->getLoc(), type, name);
}

static LogicalResult lowerNormalize(cnn::NormalizeOp op, PatternRewriter &rewriter) {
  SmallVector<float> scale, shift;
  for (auto [mean, std] : llvm::zip(op.getMean(), op.getStd())) {
    scale.push_back(static_cast<float>(1.0 / (255.0 * std)));
    shift.push_back(static_cast<float>(-mean / std));
  }
  Value scales = makeConstant(rewriter, op, "scale", scale);
  Value shifts = makeConstant(rewriter, op, "shift", shift);
  auto body = [](BodyBuilder &b, ValueRange x) {
    Value number = arith::UIToFPOp::create(b.b, b.loc, b.b.getF32Type(), x[0]);
    return SmallVector<Value>{b.add(b.mul(number, x[1]), x[2])};
  };
  rewriter.replaceOp(op, makePointwise(rewriter, op, {op.getInput(), scales, shifts},
                                       op->getResultTypes(), /*sums=*/0, body)
                             .getResults());
  return success();
}

SmallVector<Value> fanfold::normForward(BodyBuilder &b, ValueRange x) {
  return {b.add(b.mul(b.sub(x[0], x[1]), b.mul(x[2], x[3])), x[4])};
}

static LogicalResult lowerForward(cnn::BatchNormForwardOp op, PatternRewriter &rewriter) {
  Type perChannel = op.getMean().getType();
  auto statistics = kernel::BatchNormStatisticsOp::create(
      rewriter, op.getLoc(), perChannel, perChannel, perChannel, perChannel, op.getInput(),
      op.getRunningMean(), op.getRunningVariance(), op.getEpsilonAttr(), op.getMomentumAttr(),
      rewriter.getStringAttr(layerOf(op) ? layerOf(op).getValue() + ".statistics" : "statistics"),
      StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  auto apply = makePointwise(
      rewriter, op,
      {op.getInput(), statistics.getMean(), statistics.getInvStd(), op.getGamma(), op.getBeta()},
      op.getResult().getType(), /*sums=*/0, normForward);
  rewriter.replaceOp(op, ValueRange{apply.getResult(0), statistics.getMean(),
                                    statistics.getInvStd(), statistics.getNewRunningMean(),
                                    statistics.getNewRunningVariance()});
  return success();
}

/// (x - runningMean) * (gamma / sqrt(runningVariance + epsilon)) + beta.
static LogicalResult lowerInference(cnn::BatchNormInferenceOp op, PatternRewriter &rewriter) {
  double epsilon = op.getEpsilon().convertToDouble();
  auto body = [&](BodyBuilder &b, ValueRange x) {
    Value scale = b.div(x[3], b.sqrt(b.add(x[2], b.constant(epsilon))));
    return SmallVector<Value>{b.add(b.mul(b.sub(x[0], x[1]), scale), x[4])};
  };
  rewriter.replaceOp(op, makePointwise(rewriter, op,
                                       {op.getInput(), op.getRunningMean(), op.getRunningVariance(),
                                        op.getGamma(), op.getBeta()},
                                       op->getResultTypes(), /*sums=*/0, body)
                             .getResults());
  return success();
}

SmallVector<Value> fanfold::normGradientSums(BodyBuilder &b, ValueRange x) {
  Value xhat = b.mul(b.sub(x[1], x[2]), x[3]);
  return {x[0], b.mul(x[0], xhat)};
}

SmallVector<Value> fanfold::normGradient(BodyBuilder &b, ValueRange x, int64_t rows) {
  Value inverse = b.constant(1.0 / static_cast<double>(rows));
  Value xhat = b.mul(b.sub(x[1], x[2]), x[3]);
  Value centred = b.sub(b.sub(x[0], b.mul(x[5], inverse)), b.mul(xhat, b.mul(x[6], inverse)));
  return {b.mul(b.mul(x[4], x[3]), centred)};
}

static LogicalResult lowerGrad(cnn::BatchNormGradOp op, PatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  int64_t rows = type.getNumElements() / type.getShape().back();
  Type perChannel = op.getGammaGradient().getType();
  auto sums =
      makePointwise(rewriter, op, {op.getGradient(), op.getInput(), op.getMean(), op.getInvStd()},
                    TypeRange{perChannel, perChannel}, /*sums=*/2, normGradientSums);
  if (auto layer = layerOf(op))
    sums.setLayer((layer.getValue() + ".sums").str());
  auto apply = makePointwise(
      rewriter, op,
      {op.getGradient(), op.getInput(), op.getMean(), op.getInvStd(), op.getGamma(),
       sums.getResult(0), sums.getResult(1)},
      type, /*sums=*/0, [&](BodyBuilder &b, ValueRange x) { return normGradient(b, x, rows); });
  rewriter.replaceOp(op, ValueRange{apply.getResult(0), sums.getResult(1), sums.getResult(0)});
  return success();
}

static LogicalResult lowerLrn(cnn::LrnOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::LrnOp>(
      op, op.getType(), op.getInput(), rewriter.getI64IntegerAttr(op.getSizeValue()),
      rewriter.getF64FloatAttr(op.getAlphaValue()), rewriter.getF64FloatAttr(op.getBetaValue()),
      rewriter.getF64FloatAttr(op.getKValue()), layerOf(op), StringAttr(), IntegerAttr(),
      DenseI64ArrayAttr());
  return success();
}

static LogicalResult lowerLrnGrad(cnn::LrnGradOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<kernel::LrnGradOp>(op, op.getType(), op.getInput(), op.getGradient(),
                                                 op.getSizeAttr(), op.getAlphaAttr(),
                                                 op.getBetaAttr(), op.getKAttr(), layerOf(op),
                                                 StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  return success();
}

void fanfold::populateNormPatterns(RewritePatternSet &patterns) {
  patterns.add(+[](cnn::NormalizeOp op, PatternRewriter &r) { return lowerNormalize(op, r); });
  patterns.add(+[](cnn::BatchNormForwardOp op, PatternRewriter &r) { return lowerForward(op, r); });
  patterns.add(
      +[](cnn::BatchNormInferenceOp op, PatternRewriter &r) { return lowerInference(op, r); });
  patterns.add(+[](cnn::BatchNormGradOp op, PatternRewriter &r) { return lowerGrad(op, r); });
  patterns.add(+[](cnn::LrnOp op, PatternRewriter &r) { return lowerLrn(op, r); });
  patterns.add(+[](cnn::LrnGradOp op, PatternRewriter &r) { return lowerLrnGrad(op, r); });
}

//===- NormOps.cpp - normalisation ----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/CnnDialect.h"
#include "ir/Cnn/Shapes.h"
#include "runtime/Ranges.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

//===----------------------------------------------------------------------===//
// normalize
//===----------------------------------------------------------------------===//

LogicalResult NormalizeOp::verify() {
  constexpr NumberRange means = {"mean", -ranges::huge, ranges::huge};
  constexpr NumberRange deviations = {"std", 0, ranges::huge, NumberRange::openBelow};
  for (double mean : getMean())
    if (failed(verifyNumber(*this, means, mean)))
      return failure();
  for (double deviation : getStd())
    if (failed(verifyNumber(*this, deviations, deviation)))
      return failure();
  return success();
}

FailureOr<RankedTensorType> NormalizeOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (failed(requireRank(*this, input, 4)))
    return failure();
  if (!input.getElementType().isUnsignedInteger(8))
    return emitOpError("input is of ") << input.getElementType() << ", expected ui8";
  auto channels = static_cast<size_t>(input.getDimSize(3));
  if (getMean().size() != channels || getStd().size() != channels)
    return emitOpError("has ") << getMean().size() << " means and " << getStd().size()
                               << " deviations, expected one of each for the " << channels
                               << " channels of the input";
  return RankedTensorType::get(input.getShape(), Float32Type::get(getContext()));
}

//===----------------------------------------------------------------------===//
// batch_norm
//===----------------------------------------------------------------------===//

LogicalResult BatchNormOp::verify() {
  constexpr NumberRange gamma = {"gamma", -ranges::huge, ranges::huge};
  return failure(
      failed(verifyNumber(*this, *ranges::find("epsilon"), toNumber(getEpsilonAttr(), 1e-5))) ||
      failed(verifyNumber(*this, *ranges::find("momentum"), toNumber(getMomentumAttr(), 0.1))) ||
      failed(verifyNumber(*this, gamma, toNumber(getGammaAttr(), 1.0))));
}

FailureOr<RankedTensorType> BatchNormOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (input.getRank() < 2)
    return emitOpError("input has rank ") << input.getRank() << ", expected 2 or more";
  // Of one value, the variance is 0 and the unbiased one 0 / 0.
  if (int64_t values = ShapedType::getNumElements(input.getShape().drop_back()); values < 2)
    return emitOpError("found ") << values << " value of each channel in " << input
                                 << ", expected 2 or more, which have a variance";
  return input;
}

SmallVector<VariableSpec> BatchNormOp::getVariableSpecs() {
  RankedTensorType input = tensorType(getInput());
  auto type = RankedTensorType::get({input.getShape().back()}, Float32Type::get(getContext()));
  DictionaryAttr zero = fillInit(getContext(), 0.0), one = fillInit(getContext(), 1.0);
  return {{"gamma", "parameter", type, fillInit(getContext(), toNumber(getGammaAttr(), 1.0))},
          {"beta", "parameter", type, zero},
          {"running_mean", "statistic", type, zero},
          {"running_variance", "statistic", type, one}};
}

void BatchNormOp::specialize(bool training, StepBuilder &step) {
  OpBuilder &builder = step.builder;
  FloatAttr epsilon = builder.getF64FloatAttr(toNumber(getEpsilonAttr(), 1e-5));
  OperandRange v = getVariables();
  if (!training) {
    replaceAllUsesWith(BatchNormInferenceOp::create(builder, getLoc(), getType(), getInput(), v[0],
                                                    v[1], v[2], v[3], epsilon, getNameAttr())
                           .getResult());
    return erase();
  }
  Type perChannel = v[0].getType();
  auto forward = BatchNormForwardOp::create(
      builder, getLoc(), TypeRange{getType(), perChannel, perChannel, perChannel, perChannel},
      ValueRange{getInput(), v[0], v[1], v[2], v[3]},
      ArrayRef<NamedAttribute>{builder.getNamedAttr("epsilon", epsilon),
                               builder.getNamedAttr("momentum", builder.getF64FloatAttr(toNumber(
                                                                    getMomentumAttr(), 0.1))),
                               builder.getNamedAttr("name", getNameAttr())});
  step.writeBack(forward.getNewRunningMean(), v[2]);
  step.writeBack(forward.getNewRunningVariance(), v[3]);
  replaceAllUsesWith(forward.getResult());
  erase();
}

void BatchNormForwardOp::buildGradient(OpBuilder &builder, Value gradient,
                                       llvm::function_ref<bool(unsigned)>,
                                       MutableArrayRef<Value> gradients) {
  auto grad = BatchNormGradOp::create(builder, getLoc(), getInput().getType(), getGamma().getType(),
                                      getBeta().getType(), gradient, getInput(), getGamma(),
                                      getMean(), getInvStd(), derivedName(*this, "grad"));
  gradients[0] = grad.getInputGradient();
  gradients[1] = grad.getGammaGradient();
  gradients[2] = grad.getBetaGradient();
}

//===----------------------------------------------------------------------===//
// lrn
//===----------------------------------------------------------------------===//

LogicalResult LrnOp::verify() {
  // Where all inputs are zero, k is what is left under the power.
  constexpr NumberRange k = {"k", 0, ranges::huge, NumberRange::openBelow};
  constexpr NumberRange alpha = {"alpha", 0, ranges::huge}, beta = {"beta", 0, ranges::huge};
  return failure(failed(verifyNumber(*this, alpha, getAlphaValue())) ||
                 failed(verifyNumber(*this, beta, getBetaValue())) ||
                 failed(verifyNumber(*this, k, getKValue())));
}

FailureOr<RankedTensorType> LrnOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (failed(requireRank(*this, input, 4)))
    return failure();
  constexpr NumberRange size = {"size", 1, 256, NumberRange::whole, "channels"};
  if (failed(verifyNumber(*this, size, double(getSizeValue()))))
    return failure();
  return input;
}

void LrnOp::buildGradient(OpBuilder &builder, Value gradient, llvm::function_ref<bool(unsigned)>,
                          MutableArrayRef<Value> gradients) {
  gradients[0] = LrnGradOp::create(
      builder, getLoc(), getInput().getType(), getInput(), gradient,
      builder.getI64IntegerAttr(getSizeValue()), builder.getF64FloatAttr(getAlphaValue()),
      builder.getF64FloatAttr(getBetaValue()), builder.getF64FloatAttr(getKValue()),
      derivedName(*this, "grad"));
}

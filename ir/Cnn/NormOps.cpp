//===- NormOps.cpp - normalisation ----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/CnnDialect.h"
#include "ir/Cnn/Shapes.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

//===----------------------------------------------------------------------===//
// normalize
//===----------------------------------------------------------------------===//

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
  if (llvm::any_of(getStd(), [](double std) { return !(std > 0); }))
    return emitOpError("has a standard deviation that is not positive");
  return RankedTensorType::get(input.getShape(), Float32Type::get(getContext()));
}

//===----------------------------------------------------------------------===//
// batch_norm
//===----------------------------------------------------------------------===//

LogicalResult BatchNormOp::verify() {
  if (!(toNumber(getEpsilonAttr(), 1e-5) > 0))
    return emitOpError("epsilon is not positive");
  double momentum = toNumber(getMomentumAttr(), 0.1);
  if (!(momentum >= 0 && momentum <= 1))
    return emitOpError("momentum is ") << momentum << ", expected a number from 0 to 1";
  return success();
}

FailureOr<RankedTensorType> BatchNormOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (input.getRank() < 2)
    return emitOpError("input has rank ") << input.getRank() << ", expected 2 or more";
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

FailureOr<RankedTensorType> LrnOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (failed(requireRank(*this, input, 4)))
    return failure();
  if (getSizeValue() < 1 || getSizeValue() > maxWindow)
    return emitOpError("size is ") << getSizeValue() << ", expected 1 to " << maxWindow;
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

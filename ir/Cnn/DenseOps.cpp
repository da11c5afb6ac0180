//===- DenseOps.cpp - dense layers and biases -----------------------------===//
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
// dense
//===----------------------------------------------------------------------===//

LogicalResult DenseOp::verify() {
  if (auto units = dyn_cast<IntegerAttr>(getUnits()); units && units.getInt() < 1)
    return emitOpError("has ") << units.getInt() << " units, expected at least 1";
  return verifyInit(*this, getInitAttr());
}

FailureOr<RankedTensorType> DenseOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (input.getRank() != 2)
    return emitOpError("input has rank ")
           << input.getRank() << ", expected 2 (cnn.flatten makes it so)";
  return RankedTensorType::get({input.getDimSize(0), toInteger(getUnits(), 0)},
                               input.getElementType());
}

SmallVector<VariableSpec> DenseOp::getVariableSpecs() {
  RankedTensorType input = tensorType(getInput());
  int64_t inputs = input.getDimSize(1), units = toInteger(getUnits(), 0);
  return {{"weight", "parameter", RankedTensorType::get({inputs, units}, input.getElementType()),
           weightInit(getContext(), getInitAttr(), "lecun_uniform", inputs, units),
           /*decay=*/true}};
}

int64_t DenseOp::getMacs() {
  return tensorType(getInput()).getDimSize(1) * toInteger(getUnits(), 0);
}

void DenseOp::buildGradient(OpBuilder &builder, Value gradient,
                            llvm::function_ref<bool(unsigned)> wanted,
                            MutableArrayRef<Value> gradients) {
  UnitAttr yes = builder.getUnitAttr(), no;
  if (wanted(0))
    gradients[0] = MatmulOp::create(builder, getLoc(), getInput().getType(), gradient, getWeight(),
                                    no, yes, derivedName(*this, "dgrad"));
  if (wanted(1))
    gradients[1] = MatmulOp::create(builder, getLoc(), getWeight().getType(), getInput(), gradient,
                                    yes, no, derivedName(*this, "wgrad"));
}

//===----------------------------------------------------------------------===//
// bias
//===----------------------------------------------------------------------===//

FailureOr<RankedTensorType> BiasOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (input.getRank() < 2)
    return emitOpError("input has rank ") << input.getRank() << ", expected 2 or more";
  return input;
}

SmallVector<VariableSpec> BiasOp::getVariableSpecs() {
  RankedTensorType input = tensorType(getInput());
  return {{"bias", "parameter",
           RankedTensorType::get({input.getShape().back()}, input.getElementType()),
           fillInit(getContext(), 0.0)}};
}

void BiasOp::buildGradient(OpBuilder &builder, Value gradient,
                           llvm::function_ref<bool(unsigned)> wanted,
                           MutableArrayRef<Value> gradients) {
  gradients[0] = gradient;
  if (wanted(1))
    gradients[1] = ChannelSumOp::create(builder, getLoc(), getBias().getType(), gradient,
                                        derivedName(*this, "bgrad"));
}

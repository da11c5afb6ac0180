//===- PointwiseOps.cpp - ops that look at one element --------------------===//
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
// Activations
//===----------------------------------------------------------------------===//

/// The gradient rule of every activation: a function of gradient and result.
template <typename GradOp, typename Op>
static Value activationGradient(Op op, OpBuilder &builder, Value gradient) {
  return GradOp::create(builder, op.getLoc(), op.getType(), gradient, op.getResult(),
                        derivedName(op, "grad"));
}

FailureOr<RankedTensorType> ReluOp::inferType() { return tensorType(getInput()); }

void ReluOp::buildGradient(OpBuilder &builder, Value gradient, llvm::function_ref<bool(unsigned)>,
                           MutableArrayRef<Value> gradients) {
  gradients[0] = activationGradient<ReluGradOp>(*this, builder, gradient);
}

FailureOr<RankedTensorType> Relu6Op::inferType() { return tensorType(getInput()); }

void Relu6Op::buildGradient(OpBuilder &builder, Value gradient, llvm::function_ref<bool(unsigned)>,
                            MutableArrayRef<Value> gradients) {
  gradients[0] = activationGradient<Relu6GradOp>(*this, builder, gradient);
}

FailureOr<RankedTensorType> SigmoidOp::inferType() { return tensorType(getInput()); }

void SigmoidOp::buildGradient(OpBuilder &builder, Value gradient,
                              llvm::function_ref<bool(unsigned)>,
                              MutableArrayRef<Value> gradients) {
  gradients[0] = activationGradient<SigmoidGradOp>(*this, builder, gradient);
}

FailureOr<RankedTensorType> TanhOp::inferType() { return tensorType(getInput()); }

void TanhOp::buildGradient(OpBuilder &builder, Value gradient, llvm::function_ref<bool(unsigned)>,
                           MutableArrayRef<Value> gradients) {
  gradients[0] = activationGradient<TanhGradOp>(*this, builder, gradient);
}

//===----------------------------------------------------------------------===//
// add, scale
//===----------------------------------------------------------------------===//

FailureOr<RankedTensorType> AddOp::inferType() {
  RankedTensorType lhs = tensorType(getLhs()), rhs = tensorType(getRhs());
  if (lhs == rhs)
    return lhs;
  InFlightDiagnostic error = emitOpError("adds ")
                             << lhs << " and " << rhs << ", expected one shape";
  if (Operation *other = getRhs().getDefiningOp())
    error.attachNote(other->getLoc()) << "the second operand is defined here";
  return error;
}

void AddOp::buildGradient(OpBuilder &, Value gradient, llvm::function_ref<bool(unsigned)>,
                          MutableArrayRef<Value> gradients) {
  gradients[0] = gradient;
  gradients[1] = gradient;
}

LogicalResult ScaleOp::verify() {
  constexpr double most = std::numeric_limits<float>::max();
  constexpr NumberRange by = {"by", -most, most};
  return verifyNumber(*this, by, getBy().convertToDouble());
}

FailureOr<RankedTensorType> ScaleOp::inferType() { return tensorType(getInput()); }

void ScaleOp::buildGradient(OpBuilder &builder, Value gradient, llvm::function_ref<bool(unsigned)>,
                            MutableArrayRef<Value> gradients) {
  auto grad = ScaleOp::create(builder, getLoc(), getType(), gradient, getByAttr(),
                              derivedName(*this, "grad"));
  gradients[0] = grad.getResult();
}

//===----------------------------------------------------------------------===//
// dropout
//===----------------------------------------------------------------------===//

LogicalResult DropoutOp::verify() {
  // At 1 what is left is multiplied by 1 / 0.
  constexpr NumberRange rate = {"rate", 0, 1, NumberRange::openAbove};
  return verifyNumber(*this, rate, getRate().convertToDouble());
}

FailureOr<RankedTensorType> DropoutOp::inferType() { return tensorType(getInput()); }

void DropoutOp::specialize(bool training, StepBuilder &step) {
  Value result = getInput();
  // Streams are counted in evaluation too, so that both steps agree on them.
  int64_t stream = step.nextStream();
  if (training)
    result = DropoutApplyOp::create(step.builder, getLoc(), getType(), getInput(),
                                    step.getScalar("seed", (*this)->getBlock()), getRateAttr(),
                                    step.builder.getI64IntegerAttr(stream), getNameAttr());
  replaceAllUsesWith(result);
  erase();
}

void DropoutApplyOp::buildGradient(OpBuilder &builder, Value gradient,
                                   llvm::function_ref<bool(unsigned)>,
                                   MutableArrayRef<Value> gradients) {
  gradients[0] =
      DropoutApplyOp::create(builder, getLoc(), getResult().getType(), gradient, getSeed(),
                             getRateAttr(), getStreamAttr(), derivedName(*this, "grad"));
}

//===- LossOps.cpp - losses and metrics -----------------------------------===//
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

/// Checks logits and labels; both losses and metrics take them.
static LogicalResult verifyLogitsAndLabels(Operation *op) {
  RankedTensorType logits = tensorType(op->getOperand(0)), labels = tensorType(op->getOperand(1));
  if (failed(requireRank(op, logits, 2, "logits")) || failed(requireRank(op, labels, 1, "labels")))
    return failure();
  if (!labels.getElementType().isSignlessInteger(32))
    return op->emitOpError("labels are of ") << labels.getElementType() << ", expected i32";
  if (labels.getDimSize(0) != logits.getDimSize(0))
    return op->emitOpError("has ") << labels.getDimSize(0) << " labels, expected "
                                   << logits.getDimSize(0) << " as there are rows of logits";
  return success();
}

LogicalResult SoftmaxCrossEntropyOp::verify() {
  // At 1 the label would not count.
  constexpr NumberRange smoothing = {"smoothing", 0, 1, NumberRange::openAbove};
  return verifyNumber(*this, smoothing, toNumber(getSmoothingAttr(), 0.0));
}

FailureOr<RankedTensorType> SoftmaxCrossEntropyOp::inferType() {
  if (failed(verifyLogitsAndLabels(*this)))
    return failure();
  if (int64_t classes = tensorType(getLogits()).getDimSize(1); classes < 2)
    return emitOpError("found logits of ")
           << classes << " class, expected 2 or more: of one the loss is 0";
  return RankedTensorType::get({}, Float32Type::get(getContext()));
}

void SoftmaxCrossEntropyOp::specialize(bool, StepBuilder &step) {
  auto forward = SoftmaxCrossEntropyForwardOp::create(
      step.builder, getLoc(), getType(), getLogits().getType(), getLogits(), getLabels(),
      step.builder.getF64FloatAttr(toNumber(getSmoothingAttr(), 0.0)), getNameAttr());
  replaceAllUsesWith(forward.getResult());
  erase();
}

void SoftmaxCrossEntropyForwardOp::buildGradient(OpBuilder &builder, Value gradient,
                                                 llvm::function_ref<bool(unsigned)> wanted,
                                                 MutableArrayRef<Value> gradients) {
  if (wanted(0))
    gradients[0] = SoftmaxCrossEntropyGradOp::create(
        builder, getLoc(), getLogits().getType(), getProbabilities(), getLabels(), gradient,
        getSmoothingAttr(), derivedName(*this, "grad"));
}

FailureOr<RankedTensorType> AccuracyOp::inferType() {
  if (failed(verifyLogitsAndLabels(*this)))
    return failure();
  int64_t top = getTopValue(), classes = tensorType(getLogits()).getDimSize(1);
  if (top < 1 || top > classes)
    return emitOpError("top is ") << top << ", expected a number from 1 to the " << classes
                                  << " classes";
  return RankedTensorType::get({}, Float32Type::get(getContext()));
}

//===- ShapeOps.cpp - ops that move elements, and shape rules -------------===//
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
// Rules that layers share
//===----------------------------------------------------------------------===//

RankedTensorType cnn::tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

LogicalResult cnn::requireRank(Operation *op, RankedTensorType type, int64_t rank, StringRef what) {
  if (type.getRank() == rank)
    return success();
  return op->emitOpError() << what << " has rank " << type.getRank() << ", expected " << rank;
}

FailureOr<int64_t> cnn::windowExtent(Operation *op, StringRef axis, int64_t input, int64_t kernel,
                                     int64_t stride, int64_t pad, int64_t dilation, bool ceil) {
  int64_t reach = dilation * (kernel - 1) + 1;
  if (reach > input + 2 * pad) {
    InFlightDiagnostic error = op->emitOpError()
                               << "window of " << axis << " " << reach
                               << " does not fit, expected at most " << input + 2 * pad
                               << " (input " << input << " + padding " << 2 * pad << ")";
    if (Operation *producer = op->getOperand(0).getDefiningOp())
      error.attachNote(producer->getLoc()) << "the input is defined here";
    return error;
  }
  int64_t steps = input + 2 * pad - reach;
  int64_t extent = (ceil ? (steps + stride - 1) / stride : steps / stride) + 1;
  if (ceil && (extent - 1) * stride >= input + pad)
    --extent;
  return extent;
}

LogicalResult cnn::verifyWindow(Operation *op, StringRef name, Attribute window, int64_t least) {
  if (!window)
    return success();
  for (Attribute part : cast<ArrayAttr>(window))
    if (auto integer = dyn_cast<IntegerAttr>(part);
        integer && (integer.getInt() < least || integer.getInt() > maxWindow))
      return op->emitOpError() << name << " is " << integer.getInt() << ", expected " << least
                               << " to " << maxWindow;
  return success();
}

DenseI64ArrayAttr cnn::windowAttr(MLIRContext *context, Window window) {
  return DenseI64ArrayAttr::get(context, {window.height, window.width});
}

StringAttr cnn::derivedName(Operation *op, StringRef suffix) {
  auto name = op->getAttrOfType<StringAttr>("name");
  return name ? StringAttr::get(op->getContext(), name.getValue() + "." + suffix) : name;
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("has no operands, expected at least one");
  return success();
}

FailureOr<RankedTensorType> ConcatOp::inferType() {
  RankedTensorType first = tensorType(getInputs().front());
  SmallVector<int64_t> shape(first.getShape());
  for (auto [index, input] : llvm::enumerate(getInputs().drop_front())) {
    RankedTensorType type = tensorType(input);
    if (type.getRank() != first.getRank() || type.getElementType() != first.getElementType() ||
        type.getShape().drop_back() != first.getShape().drop_back()) {
      InFlightDiagnostic error = emitOpError("operand ")
                                 << index + 1 << " is " << type << ", expected " << first
                                 << " up to the channels";
      if (Operation *producer = input.getDefiningOp())
        error.attachNote(producer->getLoc()) << "the operand is defined here";
      return error;
    }
    shape.back() += type.getShape().back();
  }
  return RankedTensorType::get(shape, first.getElementType());
}

void ConcatOp::buildGradient(OpBuilder &builder, Value gradient,
                             llvm::function_ref<bool(unsigned)> wanted,
                             MutableArrayRef<Value> gradients) {
  int64_t offset = 0;
  for (auto [index, input] : llvm::enumerate(getInputs())) {
    if (wanted(index))
      gradients[index] =
          SliceOp::create(builder, getLoc(), input.getType(), gradient,
                          builder.getI64IntegerAttr(offset), derivedName(*this, "grad"));
    offset += tensorType(input).getShape().back();
  }
}

//===----------------------------------------------------------------------===//
// flatten
//===----------------------------------------------------------------------===//

FailureOr<RankedTensorType> FlattenOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (input.getRank() < 2)
    return emitOpError("input has rank ") << input.getRank() << ", expected 2 or more";
  int64_t rest = 1;
  for (int64_t extent : input.getShape().drop_front())
    rest *= extent;
  return RankedTensorType::get({input.getDimSize(0), rest}, input.getElementType());
}

void FlattenOp::buildGradient(OpBuilder &builder, Value gradient,
                              llvm::function_ref<bool(unsigned)>,
                              MutableArrayRef<Value> gradients) {
  gradients[0] = ReshapeOp::create(builder, getLoc(), getInput().getType(), gradient,
                                   derivedName(*this, "grad"));
}

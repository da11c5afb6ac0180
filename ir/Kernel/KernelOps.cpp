//===- KernelOps.cpp - kernels but pointwise ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Kernel/KernelDialect.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

static int64_t elements(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

RankedTensorType kernel::tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

int64_t kernel::byteSize(ShapedType type) {
  return type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

int64_t kernel::channelsOf(Type type) {
  auto shaped = cast<ShapedType>(type);
  return shaped.getRank() ? shaped.getShape().back() : 1;
}

int64_t kernel::rowsOf(Type type) {
  return cast<ShapedType>(type).getNumElements() / channelsOf(type);
}

int64_t kernel::bucketElements(Type type) {
  return static_cast<int64_t>(
      llvm::alignTo(cast<ShapedType>(type).getNumElements(), bucketAlignment));
}

bool kernel::isStacked(Type part, Type whole) {
  ArrayRef<int64_t> inner = cast<ShapedType>(part).getShape();
  ArrayRef<int64_t> outer = cast<ShapedType>(whole).getShape();
  if (outer.size() == 1 && inner.size() != 1)
    return true;
  return inner.size() > 1 && inner.size() == outer.size() && inner.front() != outer.front() &&
         inner.drop_front() == outer.drop_front();
}

int64_t kernel::firstElement(Type part, Type whole, int64_t offset) {
  auto type = cast<ShapedType>(part);
  if (cast<ShapedType>(whole).getRank() == 1)
    return offset;
  return isStacked(part, whole) ? offset * (type.getNumElements() / type.getDimSize(0)) : offset;
}

double kernel::elementwiseFlops(Operation *op) {
  int64_t largest = 0;
  for (Value value : op->getOperands())
    largest = std::max(largest, elements(value));
  for (Value value : op->getResults())
    largest = std::max(largest, elements(value));
  return static_cast<double>(largest);
}

void kernel::nameResults(Operation *op, OpAsmSetValueNameFn setName) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  if (!layer)
    return;
  for (OpResult result : op->getResults())
    setName(result, result.getResultNumber() == 0
                        ? layer.getValue()
                        : layer.getValue().str() + "." + std::to_string(result.getResultNumber()));
}

/// Two for each multiply-add: every element of the convolution's result (`output`)
/// takes one for each element of one filter.
static double convFlops(Value output, Value filter) {
  auto type = cast<RankedTensorType>(filter.getType());
  return 2.0 * static_cast<double>(elements(output)) *
         (static_cast<double>(type.getNumElements()) / static_cast<double>(type.getDimSize(0)));
}

/// A multiply-add and a comparison for each element of the input, if there is a prologue.
template <typename Conv>
static double prologueFlops(Conv op) {
  return op.hasPrologue() ? 3.0 * static_cast<double>(elements(op.getInput())) : 0.0;
}

double Conv2dOp::getFlops() { return convFlops(getResult(), getFilter()); }
double Conv2dDgradOp::getFlops() { return convFlops(getGradient(), getFilter()); }
double Conv2dStatisticsOp::getFlops() {
  return convFlops(getResult(), getFilter()) + prologueFlops(*this);
}
double Conv2dWgradOp::getFlops() {
  return convFlops(getGradient(), getResult()) + prologueFlops(*this);
}

/// `parts` says in words the `count` operands, of `element`, that a prologue has.
template <typename Launch>
static LogicalResult verifyPrologue(Launch op, size_t count, StringRef parts, Type element) {
  OperandRange prologue = op.getPrologue();
  if (!prologue.empty() && prologue.size() != count)
    return op.emitOpError("has ") << prologue.size() << " operands in its prologue, expected "
                                  << parts << " or none";
  auto expected = RankedTensorType::get({channelsOf(op.getInput().getType())}, element);
  for (Value operand : prologue)
    if (operand.getType() != expected)
      return op.emitOpError("has ") << operand.getType() << " in its prologue, expected "
                                    << expected << " (one for each channel of the input)";
  return success();
}

template <typename Conv>
static LogicalResult verifyConvPrologue(Conv op) {
  return verifyPrologue(op, 2, "a scale and a shift",
                        cast<RankedTensorType>(op.getInput().getType()).getElementType());
}
LogicalResult Conv2dStatisticsOp::verify() { return verifyConvPrologue(*this); }
LogicalResult Conv2dWgradOp::verify() { return verifyConvPrologue(*this); }

template <typename Pool>
static LogicalResult verifyPoolPrologue(Pool op) {
  return verifyPrologue(op, 3, "a centre, a scale and a shift", Float32Type::get(op.getContext()));
}
LogicalResult MaxPool2dOp::verify() { return verifyPoolPrologue(*this); }
LogicalResult MaxPool2dPlacesOp::verify() { return verifyPoolPrologue(*this); }

double Conv1x1AddOp::getFlops() { return convFlops(getResult(), getFilter()); }

double MatmulOp::getFlops() {
  auto lhs = cast<RankedTensorType>(getLhs().getType());
  return 2.0 * static_cast<double>(elements(getResult())) *
         static_cast<double>(lhs.getDimSize(getTransposeLhs() ? 0 : 1));
}

/// Whether one of two tensors can be a part of the other: they differ in their last extent alone,
/// or in their first.
static bool equalUpToRange(Type part, Type whole) {
  auto left = cast<RankedTensorType>(part), right = cast<RankedTensorType>(whole);
  if (right.getRank() == 1)
    return left.getElementType() == right.getElementType();
  return left.getRank() > 0 && left.getRank() == right.getRank() &&
         left.getElementType() == right.getElementType() &&
         (isStacked(part, whole) || left.getShape().drop_back() == right.getShape().drop_back());
}

/// The extent of a tensor along which its parts, of which `part` is one, are counted.
static int64_t extentOf(Type type, Type part, Type whole) {
  auto shaped = cast<RankedTensorType>(type);
  if (cast<RankedTensorType>(whole).getRank() == 1)
    return shaped.getNumElements();
  return isStacked(part, whole) ? shaped.getDimSize(0) : channelsOf(shaped);
}

LogicalResult JoinOp::verify() {
  int64_t sum = 0;
  const Type first = getInputs().empty() ? getType() : getInputs().front().getType();
  for (auto [index, input] : llvm::enumerate(getInputs())) {
    if (!equalUpToRange(input.getType(), getType()) ||
        isStacked(input.getType(), getType()) != isStacked(first, getType()))
      return emitOpError("operand ") << index << " is " << input.getType() << ", expected "
                                     << getType() << " up to the channels";
    if (!isa_and_nonnull<LaunchOpInterface, JoinOp>(input.getDefiningOp()))
      return emitOpError("operand ")
             << index << " comes from no launch, expected a result of a launch or a join";
    if (isStacked(input.getType(), getType()) && isa<JoinOp>(input.getDefiningOp()))
      return emitOpError("operand ")
             << index << " is a join, expected a result of a launch along the first dimension";
    sum += extentOf(input.getType(), input.getType(), getType());
  }
  const int64_t all = extentOf(getType(), first, getType());
  if (sum != all)
    return emitOpError("has operands of ")
           << sum << (isStacked(first, getType()) ? " rows" : " channels") << ", expected " << all;
  return success();
}

LogicalResult PartOp::verify() {
  const Type whole = getInput().getType();
  if (!equalUpToRange(getType(), whole))
    return emitOpError("is ") << getType() << ", expected " << whole << " up to the channels";
  const StringRef unit = isStacked(getType(), whole) ? "rows " : "channels ";
  const int64_t offset = getOffset(), extent = extentOf(getType(), getType(), whole);
  const int64_t all = extentOf(whole, getType(), whole);
  if (offset < 0 || offset > all - extent)
    return emitOpError("is ") << unit << offset << " to " << offset + extent - 1 << ", expected "
                              << unit << "of 0 to " << all - 1;
  return success();
}

LogicalResult AllReduceOp::verify() {
  if (getInputs().empty())
    return emitOpError("has no operand, expected at least one");
  if (getInputs().getTypes() != getOutputs().getTypes())
    return emitOpError("has results of other types than its operands");
  Type element = cast<RankedTensorType>(getInputs().front().getType()).getElementType();
  for (auto [index, input] : llvm::enumerate(getInputs()))
    if (cast<RankedTensorType>(input.getType()).getElementType() != element)
      return emitOpError("operand ")
             << index << " is " << input.getType() << ", expected elements of " << element;
  return success();
}

LogicalResult BucketOp::verify() {
  auto whole = cast<RankedTensorType>(getType());
  int64_t end = 0;
  for (auto [index, input] : llvm::enumerate(getInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getElementType() != whole.getElementType())
      return emitOpError("operand ")
             << index << " is " << type << ", expected elements of " << whole.getElementType();
    if (!isa_and_nonnull<LaunchOpInterface>(input.getDefiningOp()))
      return emitOpError("operand ") << index << " is no result of a launch";
    end += bucketElements(type);
  }
  if (whole.getRank() != 1 || whole.getDimSize(0) != end)
    return emitOpError("is ") << whole << ", expected one extent of " << end;
  return success();
}

LogicalResult AllReduceBeginOp::verify() {
  for (Operation *user : getResult().getUsers()) {
    auto end = dyn_cast<AllReduceEndOp>(user);
    if (!end || end.getTicket() != getTicket()) {
      InFlightDiagnostic error = emitOpError("is read before it ends");
      error.attachNote(user->getLoc()) << "by this one";
      return error;
    }
  }
  return success();
}

// The bytes that cross the wires are no arithmetic.
double AllReduceOp::getFlops() { return 0; }
double AllReduceBeginOp::getFlops() { return 0; }
double AllReduceEndOp::getFlops() { return 0; }

SmallVector<unsigned> AllReduceOp::getInPlaceOperands(unsigned result) { return {result}; }
SmallVector<unsigned> AllReduceBeginOp::getInPlaceOperands(unsigned) { return {0}; }
SmallVector<unsigned> AllReduceEndOp::getInPlaceOperands(unsigned) { return {0}; }

SmallVector<unsigned> BatchNormStatisticsOp::getInPlaceOperands(unsigned result) {
  // The running averages: results 2 and 3 over operands 1 and 2.
  if (result < 2)
    return {};
  return {result - 1};
}

SmallVector<unsigned> FoldNormOp::getInPlaceOperands(unsigned result) {
  // The running averages: results 3 and 4 over operands 5 and 6.
  if (result < 3)
    return {};
  return {result + 2};
}

SmallVector<unsigned> BatchNormFinalizeOp::getInPlaceOperands(unsigned result) {
  // The running averages: results 2 and 3 over operands 2 and 3.
  if (result < 2)
    return {};
  return {result};
}

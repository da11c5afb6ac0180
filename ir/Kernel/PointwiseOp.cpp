//===- PointwiseOp.cpp - element by element -------------------------------===//
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

Type kernel::bodyType(Type tensor) {
  Type element = cast<RankedTensorType>(tensor).getElementType();
  if (element.isUnsignedInteger())
    return IntegerType::get(tensor.getContext(), element.getIntOrFloatBitWidth());
  if (element.isF16() || element.isBF16())
    return Float32Type::get(tensor.getContext());
  return element;
}

bool PointwiseOp::isFull(unsigned operand) {
  return tensorType(getInputs()[operand]).getNumElements() == getElements();
}

bool PointwiseOp::isCut(unsigned result) {
  return tensorType(getResult(result)).getNumElements() != getElements();
}

/// Of an elementwise result where there may be cut ones.
LogicalResult PointwiseOp::verifyChannels(unsigned result) {
  const int64_t first = getFirstChannel(result);
  if (!isCut(result) && first == 0)
    return success();
  const int64_t count = channelsOf(getResult(result).getType());
  if (rowsOf(getResult(result).getType()) != getRows())
    return emitOpError("result ") << result << " has " << rowsOf(getResult(result).getType())
                                  << " rows, expected " << getRows();
  if (first < 0 || first + count > getChannels())
    return emitOpError("result ") << result << " has channels " << first << " to "
                                  << first + count - 1 << ", expected 0 to " << getChannels() - 1;
  return success();
}

/// Verifies the space, the inputs and the body of a launch. The body's arguments are `first`, if
/// there is such a type, and the inputs. Which channels a result has that may be cut is not
/// verified here.
template <typename Op>
static LogicalResult verifySpace(Op op, bool mayBeCut, Type first = Type()) {
  const unsigned others = first ? 1 : 0;
  if (op.getExtent().size() != 2 || op.getRows() < 1 || op.getChannels() < 1)
    return op.emitOpError("extent is not two positive numbers");
  if (op.getSums() > op.getNumResults()) // Unsigned: a negative number is a large one.
    return op.emitOpError("has ") << static_cast<int64_t>(op.getSums()) << " sums, expected 0 to "
                                  << op.getNumResults();
  Block &body = op.getBody().front();
  auto yield = body.empty() ? nullptr : dyn_cast<YieldOp>(body.back());
  if (!yield || body.getNumArguments() != op.getInputs().size() + others ||
      yield.getNumOperands() != op.getNumResults())
    return op.emitOpError("body does not match the ")
           << op.getInputs().size() + others << " operands and " << op.getNumResults()
           << " results";
  if (first && body.getArgument(0).getType() != bodyType(first))
    return op.emitOpError("body argument 0 is of ")
           << body.getArgument(0).getType() << ", expected " << bodyType(first);
  for (auto [index, operand] : llvm::enumerate(op.getInputs())) {
    RankedTensorType type = tensorType(operand);
    int64_t count = type.getNumElements();
    if (count != op.getElements() && count != op.getChannels() && count != 1)
      return op.emitOpError("operand ")
             << index + others << " has " << count << " elements, expected " << op.getElements()
             << ", " << op.getChannels() << " or 1";
    if (Type argument = body.getArgument(index + others).getType(); argument != bodyType(type))
      return op.emitOpError("body argument ")
             << index + others << " is of " << argument << ", expected " << bodyType(type);
  }
  for (auto [index, result] : llvm::enumerate(op.getResults())) {
    RankedTensorType type = tensorType(result);
    const bool isElementwise = index < op.getNumElementwise();
    int64_t expected = isElementwise ? op.getElements() : op.getChannels();
    if (type.getNumElements() != expected && !(isElementwise && mayBeCut))
      return op.emitOpError("result ")
             << index << " has " << type.getNumElements() << " elements, expected " << expected;
    if (yield.getOperand(index).getType() != bodyType(type))
      return op.emitOpError("body yields ") << yield.getOperand(index).getType() << " for result "
                                            << index << ", expected " << bodyType(type);
  }
  return success();
}

LogicalResult PointwiseOp::verify() {
  const std::optional<ArrayRef<int64_t>> firsts = getFirstChannels();
  if (failed(verifySpace(*this, firsts.has_value())))
    return failure();
  if (firsts && firsts->size() != getNumElementwise())
    return emitOpError("first_channels has ")
           << firsts->size() << " numbers, expected " << getNumElementwise();
  for (unsigned i = 0; firsts && i < getNumElementwise(); ++i)
    if (failed(verifyChannels(i)))
      return failure();
  return success();
}

LogicalResult ConvPointwiseOp::verify() {
  RankedTensorType image = tensorType(getImage()), filter = tensorType(getFilter());
  if (image.getRank() != 4 || filter.getRank() != 4 || getPad().size() != 2)
    return emitOpError("has ") << image << ", " << filter << " and " << getPad().size()
                               << " paddings, expected images, filters and two paddings";
  const bool isGradient = getGradient();
  const int64_t depth = filter.getDimSize(isGradient ? 0 : 3);
  const int64_t channels = filter.getDimSize(isGradient ? 3 : 0);
  int64_t rows = image.getDimSize(0);
  for (unsigned i : {0, 1}) {
    const int64_t change = filter.getDimSize(i + 1) - 1 - 2 * getPad()[i];
    rows *= image.getDimSize(i + 1) + (isGradient ? change : -change);
  }
  if (image.getElementType() != filter.getElementType() || image.getDimSize(3) != depth ||
      getRows() != rows || getChannels() != channels)
    return emitOpError("multiplies ") << image << " by " << filter << ", whose product is no "
                                      << getRows() << " rows of " << getChannels() << " channels";
  return verifySpace(*this, /*mayBeCut=*/false, image);
}

/// The inputs that a result may overwrite, which are operands from `firstOperand` on.
template <typename Op>
static SmallVector<unsigned> overwritable(Op op, unsigned result, unsigned firstOperand) {
  SmallVector<unsigned> operands;
  if (result >= op.getNumElementwise() ||
      tensorType(op.getResult(result)).getNumElements() != op.getElements())
    return operands;
  int64_t bytes = byteSize(tensorType(op.getResult(result)));
  for (auto [i, input] : llvm::enumerate(op.getInputs()))
    if (RankedTensorType type = tensorType(input);
        type.getNumElements() == op.getElements() && byteSize(type) == bytes)
      operands.push_back(firstOperand + static_cast<unsigned>(i));
  return operands;
}

SmallVector<unsigned> PointwiseOp::getInPlaceOperands(unsigned result) {
  return overwritable(*this, result, 0);
}

SmallVector<unsigned> ConvPointwiseOp::getInPlaceOperands(unsigned result) {
  return overwritable(*this, result, productOperands);
}

template <typename Op>
static double bodyFlops(Op op) {
  return static_cast<double>(op.getElements()) *
         static_cast<double>(llvm::range_size(op.getBody().front().without_terminator()));
}

double PointwiseOp::getFlops() { return bodyFlops(*this); }

double ConvPointwiseOp::getFlops() {
  // Every number of a pixel of the image meets every filter of a tap, or all of them.
  const auto products = static_cast<double>(getRows()) *
                        static_cast<double>(tensorType(getFilter()).getNumElements());
  return 2 * products + bodyFlops(*this);
}

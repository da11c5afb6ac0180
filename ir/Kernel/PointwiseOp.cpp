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

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

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

LogicalResult PointwiseOp::verify() {
  if (getExtent().size() != 2 || getRows() < 1 || getChannels() < 1)
    return emitOpError("extent is not two positive numbers");
  if (getSums() > getNumResults()) // Unsigned: a negative number is a large one.
    return emitOpError("has ") << static_cast<int64_t>(getSums()) << " sums, expected 0 to "
                               << getNumResults();
  Block &body = getBody().front();
  auto yield = body.empty() ? nullptr : dyn_cast<YieldOp>(body.back());
  if (!yield || body.getNumArguments() != getNumOperands() ||
      yield.getNumOperands() != getNumResults())
    return emitOpError("body does not match the ")
           << getNumOperands() << " operands and " << getNumResults() << " results";
  for (auto [index, operand] : llvm::enumerate(getInputs())) {
    RankedTensorType type = tensorType(operand);
    int64_t count = type.getNumElements();
    if (count != getElements() && count != getChannels() && count != 1)
      return emitOpError("operand ") << index << " has " << count << " elements, expected "
                                     << getElements() << ", " << getChannels() << " or 1";
    if (body.getArgument(index).getType() != bodyType(type))
      return emitOpError("body argument ")
             << index << " is of " << body.getArgument(index).getType() << ", expected "
             << bodyType(type);
  }
  for (auto [index, result] : llvm::enumerate(getResults())) {
    RankedTensorType type = tensorType(result);
    int64_t expected = index < getNumElementwise() ? getElements() : getChannels();
    if (type.getNumElements() != expected)
      return emitOpError("result ")
             << index << " has " << type.getNumElements() << " elements, expected " << expected;
    if (yield.getOperand(index).getType() != bodyType(type))
      return emitOpError("body yields ") << yield.getOperand(index).getType() << " for result "
                                         << index << ", expected " << bodyType(type);
  }
  return success();
}

SmallVector<unsigned> PointwiseOp::getInPlaceOperands(unsigned result) {
  SmallVector<unsigned> operands;
  if (result >= getNumElementwise())
    return operands;
  int64_t bytes = byteSize(tensorType(getResult(result)));
  for (unsigned i = 0; i < getNumOperands(); ++i)
    if (isFull(i) && byteSize(tensorType(getOperand(i))) == bytes)
      operands.push_back(i);
  return operands;
}

double PointwiseOp::getFlops() {
  return static_cast<double>(getElements()) *
         static_cast<double>(llvm::range_size(getBody().front().without_terminator()));
}

//===- PlanDialect.cpp - the plan level -----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Plan/PlanDialect.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::plan;

#include "ir/Plan/PlanDialect.cpp.inc"

#define GET_OP_CLASSES
#include "ir/Plan/PlanOps.cpp.inc"

void PlanDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "ir/Plan/PlanOps.cpp.inc"
      >();
}

LogicalResult StagingOp::verify() { return cnn::verifyStorable(*this, "slot", getMemrefType()); }

LogicalResult VariableOp::verify() {
  if (failed(cnn::verifyStorable(*this, "variable", getMemrefType())))
    return failure();
  return cnn::verifyVariableInit(*this, getInit(), cast<ShapedType>(getMemrefType()));
}

LogicalResult StepOp::verify() {
  if (getBody().getNumArguments() != 0)
    return emitOpError("body has arguments, expected none");
  for (Operation &op : getBody().front())
    if (!isa<PlanDialect>(op.getDialect()))
      return op.emitOpError("stands in a plan, expected only ops of plan");
  return success();
}

LogicalResult BufferOp::verify() {
  static constexpr StringRef kinds[] = {"activation", "gradient", "workspace", "input",
                                        "scalar",     "metric",   "bucket"};
  if (llvm::is_contained(kinds, getKind()))
    return cnn::verifyStorable(*this, "buffer", getType());
  return emitOpError("kind is '") << getKind() << "', expected one of "
                                  << llvm::join(ArrayRef(kinds), ", ");
}

Value plan::ownerOf(Value value) {
  while (true) {
    if (auto view = value.getDefiningOp<ViewOp>())
      value = view.getInput();
    else if (auto part = value.getDefiningOp<PartOp>())
      value = part.getInput();
    else
      return value;
  }
}

bool plan::isBucket(Value owner) {
  auto buffer = owner.getDefiningOp<BufferOp>();
  return buffer && buffer.getKind() == "bucket";
}

plan::RowLayout plan::layoutOf(Value value) {
  auto type = cast<MemRefType>(value.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t channels = kernel::channelsOf(type);
  return {kernel::rowsOf(type), channels,
          strides.size() > 1 ? strides[strides.size() - 2] : channels, offset};
}

int64_t plan::byteOffset(Value value, SymbolTable &symbols) {
  Value owner = ownerOf(value);
  auto type = cast<MemRefType>(value.getType());
  int64_t offset = layoutOf(value).offset * (kernel::byteSize(type) / type.getNumElements());
  if (auto get = owner.getDefiningOp<GetOp>())
    return symbols.lookup<VariableOp>(get.getVariable()).getOffset() + offset;
  return owner.getDefiningOp<BufferOp>().getOffset() + offset;
}

/// A tensor of any shape in a vector: its elements lie one behind the other.
static LogicalResult verifyInVector(PartOp op, MemRefType from, MemRefType to) {
  auto [fromStrides, fromOffset] = from.getStridesAndOffset();
  auto [toStrides, toOffset] = to.getStridesAndOffset();
  if (from.getElementType() != to.getElementType() || fromStrides.back() != 1 ||
      ArrayRef(toStrides) != ArrayRef(computeStrides(to.getShape())))
    return op.emitOpError("is ") << to << ", expected elements of " << from
                                 << " one behind the other";
  const int64_t first = toOffset - fromOffset;
  if (fromOffset < 0 || first < 0 || first > from.getNumElements() - to.getNumElements())
    return op.emitOpError("is elements ")
           << first << " to " << first + to.getNumElements() - 1 << ", expected elements of 0 to "
           << from.getNumElements() - 1;
  return success();
}

LogicalResult PartOp::verify() {
  auto from = cast<MemRefType>(getInput().getType()), to = cast<MemRefType>(getType());
  if (from.getRank() == 1 && to.getRank() != 1)
    return verifyInVector(*this, from, to);
  SmallVector<int64_t> fromStrides, toStrides;
  int64_t fromOffset = 0, toOffset = 0;
  const bool stacks = kernel::isStacked(to, from);
  if (from.getRank() == 0 || from.getRank() != to.getRank() ||
      from.getElementType() != to.getElementType() ||
      (!stacks && from.getShape().drop_back() != to.getShape().drop_back()))
    return emitOpError("is ") << to << ", expected " << from << " up to the channels";
  if (failed(from.getStridesAndOffset(fromStrides, fromOffset)) ||
      failed(to.getStridesAndOffset(toStrides, toOffset)) || fromStrides != toStrides ||
      toStrides.back() != 1)
    return emitOpError("is ") << to << ", expected the strides of " << from;
  // In elements of one row, or of all that is stacked.
  int64_t first = toOffset - fromOffset;
  int64_t all = stacks ? from.getNumElements() : from.getShape().back();
  int64_t count = stacks ? to.getNumElements() : to.getShape().back();
  if (fromOffset < 0 || first < 0 || first > all - count || (stacks && first % fromStrides[0] != 0))
    return emitOpError("is ") << (stacks ? "elements " : "channels ") << first << " to "
                              << first + count - 1 << ", expected "
                              << (stacks ? "whole extents" : "channels") << " of 0 to " << all - 1;
  return success();
}

LogicalResult ViewOp::verify() {
  for (Type type : {getInput().getType(), getType()})
    if (!cast<MemRefType>(type).getLayout().isIdentity())
      return emitOpError("shows ") << getInput().getType() << " as " << getType()
                                   << ", expected elements one behind the other";
  int64_t from = kernel::byteSize(cast<ShapedType>(getInput().getType()));
  int64_t to = kernel::byteSize(cast<ShapedType>(getType()));
  if (from != to)
    return emitOpError("shows ") << from << " bytes as " << to;
  return success();
}

void BufferOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }
void PartOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }
void GetOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getVariable()); }

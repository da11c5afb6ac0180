//===- PlanDialect.cpp - the plan level -----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Plan/PlanDialect.h"

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
  static constexpr StringRef kinds[] = {"activation", "gradient", "workspace",
                                        "input",      "scalar",   "metric"};
  if (llvm::is_contained(kinds, getKind()))
    return cnn::verifyStorable(*this, "buffer", getType());
  return emitOpError("kind is '") << getKind() << "', expected one of "
                                  << llvm::join(ArrayRef(kinds), ", ");
}

LogicalResult ViewOp::verify() {
  int64_t from = kernel::byteSize(cast<ShapedType>(getInput().getType()));
  int64_t to = kernel::byteSize(cast<ShapedType>(getType()));
  if (from != to)
    return emitOpError("shows ") << from << " bytes as " << to;
  return success();
}

void BufferOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }
void GetOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getVariable()); }

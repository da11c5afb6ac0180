//===- Relu.cpp - knows a ReLU, and what it is a function of ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Fusion/Relu.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

static bool isZero(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  auto number = constant ? dyn_cast<FloatAttr>(constant.getValue()) : nullptr;
  return number && number.getValue().isZero();
}

std::optional<unsigned> fanfold::mappedOperand(kernel::PointwiseOp op) {
  if (op.getNumResults() != 1 || op.getSums() != 0)
    return std::nullopt;
  std::optional<unsigned> found;
  for (unsigned i = 0; i < op.getNumOperands(); ++i)
    if (op.isFull(i)) {
      if (found)
        return std::nullopt;
      found = i;
    }
  return found && op.getOperand(*found).getType() == op.getResult(0).getType() ? found
                                                                               : std::nullopt;
}

Value fanfold::reluOperand(Value value) {
  auto select = value.getDefiningOp<arith::SelectOp>();
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpFOp>() : nullptr;
  if (!compare || compare.getPredicate() != arith::CmpFPredicate::OLT ||
      !isZero(compare.getRhs()) || !isZero(select.getTrueValue()) ||
      select.getFalseValue() != compare.getLhs())
    return {};
  return compare.getLhs();
}

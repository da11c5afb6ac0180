//===- Kinds.cpp - what a value of a step is ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/KernelToPlan/Kinds.h"

using namespace mlir;
using namespace fanfold;

Kinds::Kinds(cnn::StepOp step) {
  for (Operation &op : step.getBody().front()) {
    auto read = dyn_cast<cnn::ReadOp>(op);
    bool gradient =
        (read && (read.getVariable() == "loss.gradient" || read.getVariable() == "loss_scale")) ||
        llvm::any_of(op.getOperands(), [&](Value v) { return gradients.contains(v); });
    if (gradient)
      gradients.insert(op.getResults().begin(), op.getResults().end());
  }
}

StringRef Kinds::of(Value value) const {
  if (isa_and_nonnull<kernel::BucketOp, kernel::AllReduceBeginOp, kernel::AllReduceEndOp>(
          value.getDefiningOp()))
    return "bucket";
  if (isa_and_nonnull<cnn::InputOp>(value.getDefiningOp()))
    return "input";
  if (isa_and_nonnull<cnn::ScalarOp>(value.getDefiningOp()))
    return "scalar";
  if (llvm::any_of(value.getUsers(), llvm::IsaPred<cnn::OutputOp>))
    return "metric";
  return gradients.contains(value) ? "gradient" : "activation";
}

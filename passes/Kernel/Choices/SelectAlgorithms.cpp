//===- SelectAlgorithms.cpp - which implementation runs a launch ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Choices/SelectAlgorithms.h"
#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_SELECTALGORITHMS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;

LogicalResult fanfold::selectAlgorithm(Operation *launch, const Target &target) {
  for (StringRef name : {"algorithm", "workspace_bytes", "reason"})
    launch->removeAttr(name);
  FailureOr<Algorithm> algorithm = target.select(launch);
  if (failed(algorithm))
    return failure();
  Builder builder(launch);
  if (!algorithm->name.empty())
    launch->setAttr("algorithm", builder.getStringAttr(algorithm->name));
  if (algorithm->workspaceBytes)
    launch->setAttr("workspace_bytes", builder.getI64IntegerAttr(algorithm->workspaceBytes));
  if (!algorithm->reason.empty())
    launch->setAttr("reason", builder.getStringAttr(algorithm->reason));
  return success();
}

namespace {
struct SelectAlgorithmsPass : fanfold::impl::SelectAlgorithmsBase<SelectAlgorithmsPass> {
  explicit SelectAlgorithmsPass(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    if (!target) {
      getOperation().emitError("select-algorithms needs a target: run the whole pipeline");
      return signalPassFailure();
    }
    // All that fail are said: a tuning database is mended with one more measurement.
    for (Operation &op : getOperation().getBody().front()) {
      // What place-slices replaces has none.
      if (!isa<kernel::LaunchOpInterface>(op) ||
          isa<kernel::ConcatOp, kernel::SliceOp, kernel::AllReduceOp>(op))
        continue;
      if (failed(selectAlgorithm(&op, *target)))
        signalPassFailure();
    }
  }

  const Target *target;
};
} // namespace

std::unique_ptr<Pass> fanfold::createSelectAlgorithms(const Target &target) {
  return std::make_unique<SelectAlgorithmsPass>(&target);
}

//===- BuildSteps.cpp - turn the model into a training and an evaluation step -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"

namespace fanfold {
#define GEN_PASS_DEF_BUILDSTEPS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

namespace {
struct BuildStepsPass : fanfold::impl::BuildStepsBase<BuildStepsPass> {
  void runOnOperation() override {
    for (ModelOp model : llvm::make_early_inc_range(getOperation().getOps<ModelOp>())) {
      for (Operation &op : model.getBody().front())
        if (!llvm::all_of(op.getResultTypes(), llvm::IsaPred<RankedTensorType>)) {
          op.emitOpError("has no type, expected infer-shapes to run first");
          return signalPassFailure();
        }
      buildStep(model, "train", /*training=*/true);
      buildStep(model, "eval", /*training=*/false);
      model.erase();
    }
  }

  void buildStep(ModelOp model, StringRef name, bool training) {
    OpBuilder builder(model);
    auto step = StepOp::create(builder, model.getLoc(), name);
    IRMapping mapping;
    model.getBody().cloneInto(&step.getBody(), mapping);

    StepBuilder helper(builder);
    for (Operation &op : llvm::make_early_inc_range(step.getBody().front())) {
      builder.setInsertionPointAfter(&op);
      if (auto layer = dyn_cast<LayerOpInterface>(op))
        layer.specialize(training, helper);
      else if (auto loss = dyn_cast<LossOp>(op))
        replaceLoss(loss, builder);
    }
    // What only the other kind of step needed, or nobody.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(step.getBody().front().getOperations())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

  void replaceLoss(LossOp loss, OpBuilder &builder) {
    OutputOp::create(builder, loss.getLoc(), loss.getLoss(), "loss");
    for (auto [name, metric] :
         llvm::zip(loss.getMetricNames().getAsRange<StringAttr>(), loss.getMetrics()))
      OutputOp::create(builder, loss.getLoc(), metric, name.getValue());
    loss.erase();
  }
};
} // namespace

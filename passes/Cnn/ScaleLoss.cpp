//===- ScaleLoss.cpp - gradients that survive fp16 ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/StepBuilder.h"
#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_SCALELOSS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

namespace {
class LossScaler {
public:
  LossScaler(StepOp step, int64_t interval)
      : step(step), module(step->getParentOfType<ModuleOp>()), builder(step.getContext()),
        interval(interval) {}

  LogicalResult run(double start);

private:
  ReadOp addVariable(StringRef name, double value);
  void unscale(ArrayRef<Value> gradients);
  void keepOldValues();

  StepOp step;
  ModuleOp module;
  OpBuilder builder;
  int64_t interval;
  ReadOp scale;
  Value finite;
  SmallVector<Operation *> updates;
};
} // namespace

ReadOp LossScaler::addVariable(StringRef name, double value) {
  auto type = RankedTensorType::get({}, builder.getF32Type());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(step);
  VariableOp::create(builder, step.getLoc(), name, "optimizer",
                     fillInit(builder.getContext(), value), type, /*decay=*/false);
  builder.setInsertionPointToStart(&step.getBody().front());
  return ReadOp::create(builder, step.getLoc(), type, name);
}

/// Divides each gradient where it is whole, for everybody who takes it as a parameter's
/// gradient: updates, norms, and --keep-gradients.
void LossScaler::unscale(ArrayRef<Value> gradients) {
  for (Value gradient : gradients) {
    builder.setInsertionPointAfterValue(gradient);
    auto unscaled = UnscaleOp::create(builder, gradient.getLoc(), gradient.getType(), gradient,
                                      scale, builder.getStringAttr("unscale"));
    gradient.replaceUsesWithIf(unscaled, [](OpOperand &use) {
      return isa<SgdOp, AdamwOp, LarsOp, SumOfSquaresOp, WriteOp>(use.getOwner());
    });
  }
}

/// A step with an infinite gradient leaves parameters and optimizer as they were.
void LossScaler::keepOldValues() {
  for (WriteOp write : llvm::to_vector(step.getBody().front().getOps<WriteOp>())) {
    Operation *update = write.getValue().getDefiningOp();
    if (!llvm::is_contained(updates, update))
      continue;
    Value old;
    for (Value operand : update->getOperands())
      if (auto read = operand.getDefiningOp<ReadOp>())
        if (read.getVariable() == write.getVariable())
          old = read;
    assert(old && "an update reads what it writes");
    builder.setInsertionPoint(write);
    auto kept = KeepIfOp::create(builder, write.getLoc(), old.getType(), finite, write.getValue(),
                                 old, update->getAttrOfType<StringAttr>("name"));
    write.getValueMutable().assign(kept.getResult());
  }
}

LogicalResult LossScaler::run(double start) {
  Block &body = step.getBody().front();
  ReadOp seed;
  for (ReadOp read : body.getOps<ReadOp>())
    if (read.getVariable() == "loss.gradient")
      seed = read;
  if (!seed)
    return step.emitOpError("reads no @loss.gradient: run build-backward first");
  scale = addVariable("loss_scale", start);
  seed.replaceAllUsesWith(scale.getResult());
  seed.erase();

  SmallVector<Value> gradients;
  for (Operation &op : body) {
    Value gradient;
    if (auto sgd = dyn_cast<SgdOp>(op))
      gradient = sgd.getGradient();
    else if (auto adamw = dyn_cast<AdamwOp>(op))
      gradient = adamw.getGradient();
    else if (auto lars = dyn_cast<LarsOp>(op))
      gradient = lars.getGradient();
    else
      continue;
    updates.push_back(&op);
    gradients.push_back(gradient);
  }
  // Updates wait for all gradients: they go last.
  for (Operation *update : updates)
    update->moveBefore(&body, body.end());
  builder.setInsertionPoint(updates.front());
  auto scalar = RankedTensorType::get({}, builder.getF32Type());
  auto flag = RankedTensorType::get({}, builder.getI32Type());
  finite = AllFiniteOp::create(builder, step.getLoc(), flag, gradients,
                               builder.getStringAttr("loss_scale.finite"));
  unscale(gradients);
  for (WriteOp write : llvm::to_vector(body.getOps<WriteOp>()))
    write->moveBefore(&body, body.end());
  keepOldValues();

  ReadOp clean = addVariable("loss_scale.clean_steps", 0.0);
  builder.setInsertionPointToEnd(&body);
  auto adjust = AdjustLossScaleOp::create(builder, step.getLoc(), scalar, scalar, scale, clean,
                                          finite, builder.getI64IntegerAttr(interval),
                                          builder.getStringAttr("loss_scale.adjust"));
  WriteOp::create(builder, step.getLoc(), adjust.getNewScale(), "loss_scale");
  WriteOp::create(builder, step.getLoc(), adjust.getNewCleanSteps(), "loss_scale.clean_steps");
  return success();
}

namespace {
struct ScaleLossPass : fanfold::impl::ScaleLossBase<ScaleLossPass> {
  using ScaleLossBase::ScaleLossBase;

  void runOnOperation() override {
    auto precision = getOperation()->getAttrOfType<StringAttr>("fanfold.precision");
    if (!precision || precision.getValue() != "fp16")
      return;
    for (StepOp step : llvm::to_vector(getOperation().getOps<StepOp>()))
      if (step.getSymName() == "train" && failed(LossScaler(step, interval).run(start)))
        return signalPassFailure();
    // Nobody reads it any more.
    if (Operation *seed = SymbolTable(getOperation()).lookup("loss.gradient"))
      seed->erase();
  }
};
} // namespace

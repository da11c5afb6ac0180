//===- BuildBackward.cpp - gradients and parameter updates ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Cnn/Optimizers.h"
#include "passes/Passes.h"

#include "llvm/ADT/DenseSet.h"

namespace fanfold {
#define GEN_PASS_DEF_BUILDBACKWARD
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

namespace {
/// Reverse-mode differentiation of one step.
class Backward {
public:
  Backward(StepOp step, const RecipeValues &recipe, bool keepGradients)
      : step(step), module(step->getParentOfType<ModuleOp>()), symbols(module),
        builder(step.getContext()), optimizer(recipe, module, builder),
        keepGradients(keepGradients) {
    builder.setInsertionPointToEnd(&step.getBody().front());
  }

  LogicalResult run();

private:
  void findActive();
  void differentiate(Operation *op);
  void addGradient(Value value, Value gradient);
  Value meanOverRanks(Value value, StringRef name);
  void finishParameter(ReadOp read, Value gradient);

  StepOp step;
  ModuleOp module;
  SymbolTable symbols;
  OpBuilder builder;
  Optimizer optimizer;
  bool keepGradients;
  llvm::DenseSet<Value> active; ///< Values that depend on a parameter.
  llvm::DenseMap<Value, Value> gradients;
};
} // namespace

void Backward::findActive() {
  for (Operation &op : step.getBody().front()) {
    if (auto read = dyn_cast<ReadOp>(op)) {
      if (symbols.lookup<VariableOp>(read.getVariable()).getRole() == "parameter")
        active.insert(read);
    } else if (isa<DifferentiableOpInterface>(op) &&
               llvm::any_of(op.getOperands(), [&](Value v) { return active.contains(v); })) {
      active.insert(op.getResult(0));
    }
  }
}

void Backward::addGradient(Value value, Value gradient) {
  auto [it, inserted] = gradients.try_emplace(value, gradient);
  if (inserted)
    return;
  // A fork: the value has several readers.
  StringAttr name;
  if (Operation *producer = value.getDefiningOp())
    if (auto layer = producer->getAttrOfType<StringAttr>("name"))
      name = builder.getStringAttr(layer.getValue() + ".fork");
  auto sum = AddOp::create(builder, value.getLoc(), value.getType(), it->second, gradient, name);
  it->second = sum.getResult();
}

void Backward::differentiate(Operation *op) {
  auto found = gradients.find(op->getResult(0));
  if (found == gradients.end())
    return;
  SmallVector<Value> operandGradients(op->getNumOperands());
  cast<DifferentiableOpInterface>(op).buildGradient(
      builder, found->second, [&](unsigned i) { return active.contains(op->getOperand(i)); },
      operandGradients);
  for (auto [operand, gradient] : llvm::zip(op->getOperands(), operandGradients))
    if (gradient && active.contains(operand))
      addGradient(operand, gradient);
}

Value Backward::meanOverRanks(Value value, StringRef name) {
  return AllReduceOp::create(builder, value.getLoc(), value.getType(), value,
                             builder.getStringAttr(name + ".mean"));
}

void Backward::finishParameter(ReadOp read, Value gradient) {
  auto variable = symbols.lookup<VariableOp>(read.getVariable());
  gradient = meanOverRanks(gradient, variable.getSymName());
  if (keepGradients) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfter(variable);
    auto kept = VariableOp::create(builder, variable.getLoc(),
                                   "grad/" + variable.getSymName().str(), "gradient",
                                   fillInit(builder.getContext(), 0.0), variable.getTensorType(),
                                   /*decay=*/false);
    builder.setInsertionPointToEnd(&step.getBody().front());
    WriteOp::create(builder, gradient.getLoc(), gradient, kept.getSymName());
  }
  optimizer.update(variable, read, gradient);
}

LogicalResult Backward::run() {
  Block &body = step.getBody().front();
  OutputOp loss;
  for (OutputOp output : body.getOps<OutputOp>())
    if (output.getMetric() == "loss")
      loss = output;
  if (!loss)
    return step.emitOpError("has no output 'loss'");
  findActive();
  if (!active.contains(loss.getValue()))
    return loss.emitOpError("depends on no parameter: there is nothing to train");

  // The gradient of the loss with respect to itself.
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(step);
  auto one = VariableOp::create(builder, loss.getLoc(), "loss.gradient", "constant",
                                fillInit(builder.getContext(), 1.0), loss.getValue().getType(),
                                /*decay=*/false);
  builder.setInsertionPointToEnd(&body);
  gradients[loss.getValue()] =
      ReadOp::create(builder, loss.getLoc(), loss.getValue().getType(), one.getSymName());

  SmallVector<Operation *> forward;
  for (Operation &op : body)
    forward.push_back(&op);
  for (Operation *op : llvm::reverse(forward)) {
    builder.setInsertionPointToEnd(&body);
    if (isa<DifferentiableOpInterface>(op)) {
      differentiate(op);
    } else if (auto read = dyn_cast<ReadOp>(op)) {
      // A read stands before all readers of its variable: its gradient is whole.
      if (Value gradient = gradients.lookup(read))
        finishParameter(read, gradient);
    }
  }
  // Metrics are means over the batch of all ranks, too.
  builder.setInsertionPointToEnd(&body);
  for (OutputOp output : llvm::to_vector(body.getOps<OutputOp>())) {
    output->moveBefore(&body, body.end());
    builder.setInsertionPoint(output);
    output.getValueMutable().assign(meanOverRanks(output.getValue(), output.getMetric()));
  }
  return success();
}

namespace {
struct BuildBackwardPass : fanfold::impl::BuildBackwardBase<BuildBackwardPass> {
  using BuildBackwardBase::BuildBackwardBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    RecipeOp recipe;
    for (RecipeOp op : module.getOps<RecipeOp>())
      recipe = op;
    FailureOr<RecipeValues> values = readRecipe(recipe);
    if (failed(values))
      return signalPassFailure();
    for (StepOp step : llvm::to_vector(module.getOps<StepOp>()))
      if (step.getSymName() == "train" && failed(Backward(step, *values, keepGradients).run()))
        return signalPassFailure();
  }
};
} // namespace

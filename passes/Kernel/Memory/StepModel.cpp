//===- StepModel.cpp - a step as the recomputation solver sees it ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Memory/StepModel.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace fanfold;

namespace {
/// Launches and values of a step, numbered in the order they stand.
struct Numbering {
  explicit Numbering(cnn::StepOp step);

  /// Of a value, a view of it, or any read of a variable.
  int of(Value value) const { return numbers.lookup(value); }
  /// The values that `launch` reads, each once.
  std::vector<int> readsOf(Operation *launch) const;

  SmallVector<Operation *> launches;
  SmallVector<Value> values;

private:
  void add(Value value) {
    numbers[value] = static_cast<int>(values.size());
    values.push_back(value);
  }

  llvm::DenseMap<Value, int> numbers;
};
} // namespace

Numbering::Numbering(cnn::StepOp step) {
  llvm::StringMap<Value> variables;
  for (Operation &op : step.getBody().front()) {
    if (auto read = dyn_cast<cnn::ReadOp>(op)) {
      auto [it, inserted] = variables.try_emplace(read.getVariable(), read);
      if (inserted)
        add(read);
      else
        numbers[read] = of(it->second);
    } else if (auto view = dyn_cast<kernel::ViewOp>(op)) {
      numbers[view] = of(view.getInput());
    } else if (isa<cnn::InputOp, cnn::ScalarOp>(op)) {
      add(op.getResult(0));
    } else if (isa<kernel::LaunchOpInterface>(op)) {
      launches.push_back(&op);
      for (Value result : op.getResults())
        add(result);
    }
  }
}

std::vector<int> Numbering::readsOf(Operation *launch) const {
  llvm::SetVector<int, std::vector<int>> reads;
  for (Value operand : launch->getOperands())
    reads.insert(of(operand));
  return reads.takeVector();
}

namespace {
/// Makes the model of one step.
class Modeller {
public:
  Modeller(cnn::StepOp step, const ModelOptions &options)
      : step(step), options(options), numbering(step) {}

  recompute::Step run();

private:
  int64_t aligned(int64_t bytes) const {
    return static_cast<int64_t>(llvm::alignTo(bytes, options.alignment));
  }
  void modelValues();
  recompute::Launch modelLaunch(int index);
  int chooseOverwritten(kernel::LaunchOpInterface launch, OpResult result, ArrayRef<int> taken);

  cnn::StepOp step;
  const ModelOptions &options;
  const Numbering numbering;
  recompute::Step model;
  llvm::DenseMap<Value, StringRef> writes; ///< Value to the variable it becomes.
  llvm::StringMap<int> variables;          ///< That the step reads.
  std::vector<int> lastReader;             ///< Launch, by value; -1 if there is none.
};
} // namespace

void Modeller::modelValues() {
  Block &body = step.getBody().front();
  for (auto write : body.getOps<cnn::WriteOp>())
    writes[write.getValue()] = write.getVariable();
  for (Value value : numbering.values) {
    recompute::Value &v = model.values.emplace_back();
    if (auto read = value.getDefiningOp<cnn::ReadOp>())
      variables[read.getVariable()] = numbering.of(read);
    else if (!writes.contains(value))
      v.bytes = aligned(kernel::byteSize(cast<RankedTensorType>(value.getType())));
  }
  // The runtime reads outputs when the step is over.
  for (auto output : body.getOps<cnn::OutputOp>())
    model.values[static_cast<size_t>(numbering.of(output.getValue()))].pinned = true;
}

/// The value that `result` may overwrite; -1 if there is none. Of several, one that the
/// launch is the last to read in this order: that is the one that mark-in-place takes,
/// unless a launch that runs again reads it later.
int Modeller::chooseOverwritten(kernel::LaunchOpInterface launch, OpResult result,
                                ArrayRef<int> taken) {
  int64_t bytes = model.values[static_cast<size_t>(numbering.of(result))].bytes;
  int chosen = -1;
  for (unsigned index : launch.getInPlaceOperands(result.getResultNumber())) {
    Value operand = launch->getOperand(index);
    int value = numbering.of(operand);
    const recompute::Value &v = model.values[static_cast<size_t>(value)];
    bool isOtherView = llvm::any_of(launch->getOperands(), [&](Value other) {
      return other != operand && numbering.of(other) == value;
    });
    if (v.pinned || v.bytes != bytes || isOtherView || llvm::is_contained(taken, value) ||
        numbering.values[static_cast<size_t>(value)].getDefiningOp<cnn::ScalarOp>())
      continue;
    if (numbering.launches[static_cast<size_t>(lastReader[static_cast<size_t>(value)])] == launch)
      return value;
    if (chosen < 0)
      chosen = value;
  }
  return chosen;
}

/// Whether `op` concatenates concatenations, or makes a part of one. Those will lie in the
/// outermost one: to drop one of them saves nothing, and to make it again copies it all.
static bool isNested(Operation *op) {
  auto isConcat = [](Operation *other) { return isa_and_nonnull<kernel::ConcatOp>(other); };
  return isConcat(op) &&
         (llvm::any_of(op->getOperands(), [&](Value v) { return isConcat(v.getDefiningOp()); }) ||
          llvm::any_of(op->getUsers(), isConcat));
}

recompute::Launch Modeller::modelLaunch(int index) {
  Operation *op = numbering.launches[static_cast<size_t>(index)];
  recompute::Launch launch;
  launch.seconds = options.seconds(op);
  if (auto workspace = op->getAttrOfType<IntegerAttr>("workspace_bytes"))
    launch.workspace = aligned(workspace.getInt());
  launch.reads = numbering.readsOf(op);
  // All ranks exchange equally often.
  launch.rerunnable = !isNested(op) && !isa<kernel::AllReduceOp>(op);
  SmallVector<int> taken;
  for (OpResult result : op->getResults()) {
    int made = numbering.of(result);
    launch.makes.push_back(made);
    if (auto variable = writes.find(result); variable != writes.end()) {
      launch.rerunnable = false;
      if (auto read = variables.find(variable->second); read != variables.end())
        launch.overwrites.push_back(read->second);
    } else if (options.inPlace && !model.values[static_cast<size_t>(made)].pinned) {
      int read = chooseOverwritten(cast<kernel::LaunchOpInterface>(op), result, taken);
      if (read >= 0) {
        taken.push_back(read);
        launch.inPlace.emplace_back(made, read);
      }
    }
  }
  return launch;
}

recompute::Step Modeller::run() {
  modelValues();
  lastReader.assign(numbering.values.size(), -1);
  for (auto [index, op] : llvm::enumerate(numbering.launches))
    for (int value : numbering.readsOf(op))
      lastReader[static_cast<size_t>(value)] = static_cast<int>(index);
  for (size_t index = 0; index < numbering.launches.size(); ++index)
    model.launches.push_back(modelLaunch(static_cast<int>(index)));
  return std::move(model);
}

recompute::Step fanfold::modelStep(cnn::StepOp step, const ModelOptions &options) {
  return Modeller(step, options).run();
}

int64_t fanfold::insertRuns(cnn::StepOp step, const recompute::Plan &plan) {
  Numbering numbering(step);
  // What launches read before any operand is replaced.
  SmallVector<SmallVector<Value>> operands;
  for (Operation *launch : numbering.launches)
    operands.emplace_back(launch->getOperands());
  std::vector<std::vector<int>> reads;
  for (Operation *launch : numbering.launches)
    reads.push_back(numbering.readsOf(launch));

  SmallVector<Value> copies(numbering.values);
  copies.resize(plan.copies.size());
  OpBuilder builder(step.getContext());
  int64_t inserted = 0;
  auto place = plan.runs.begin(); // The run in its place that comes next.
  for (auto run = plan.runs.begin(); run != plan.runs.end(); ++run) {
    if (place <= run)
      place = std::find_if(run, plan.runs.end(), [](const auto &other) { return !other.again; });
    assert(place != plan.runs.end() && "nothing runs again behind the last launch");
    builder.setInsertionPoint(numbering.launches[static_cast<size_t>(place->launch)]);
    const auto launch = static_cast<size_t>(run->launch);
    Operation *op = numbering.launches[launch];
    if (run->again) {
      op = builder.clone(*op);
      auto layer = op->getAttrOfType<StringAttr>("layer");
      StringRef name = layer ? layer.getValue() : op->getName().stripDialect();
      op->setAttr("layer", builder.getStringAttr(name + ".again"));
      for (auto [made, result] : llvm::zip(run->makes, op->getResults()))
        copies[static_cast<size_t>(made)] = result;
      ++inserted;
    }
    for (auto [operand, original] : llvm::zip(op->getOpOperands(), operands[launch])) {
      int value = numbering.of(original);
      auto read = llvm::find(reads[launch], value) - reads[launch].begin();
      int copy = run->reads[static_cast<size_t>(read)];
      // Copy v of value v is the value itself.
      Value source = copy == value ? original : copies[static_cast<size_t>(copy)];
      if (source.getType() != original.getType()) {
        builder.setInsertionPoint(op);
        source =
            kernel::ViewOp::create(builder, op->getLoc(), original.getType(), source, StringAttr(),
                                   StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
      }
      operand.set(source);
    }
  }
  return inserted;
}

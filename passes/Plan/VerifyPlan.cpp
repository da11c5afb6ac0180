//===- VerifyPlan.cpp - check that no launch overwrites bytes still needed -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

#include "llvm/ADT/StringSet.h"

namespace fanfold {
#define GEN_PASS_DEF_VERIFYPLAN
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;

namespace {
/// A range of bytes of the arena, [begin, end).
struct Range {
  int64_t begin, end;
  bool overlaps(const Range &other) const { return begin < other.end && other.begin < end; }
  bool operator==(const Range &other) const { return begin == other.begin && end == other.end; }
};

/// Replays one step: `intact` holds the values whose bytes are as they were written.
class Replay {
public:
  Replay(plan::StepOp step, plan::ArenaOp arena)
      : step(step), module(step->getParentOfType<ModuleOp>()), symbols(module), arena(arena) {}

  LogicalResult run();

private:
  Value owner(Value value) {
    while (auto view = value.getDefiningOp<plan::ViewOp>())
      value = view.getInput();
    return value;
  }
  Range rangeOf(Value owner);
  LogicalResult replay(plan::LaunchOp launch);
  LogicalResult require(Operation *reader, Value value);

  plan::StepOp step;
  ModuleOp module;
  SymbolTable symbols;
  plan::ArenaOp arena;
  llvm::DenseSet<Value> intact;
};
} // namespace

Range Replay::rangeOf(Value owner) {
  int64_t bytes = kernel::byteSize(cast<MemRefType>(owner.getType()));
  int64_t begin = 0;
  if (auto buffer = owner.getDefiningOp<plan::BufferOp>())
    begin = buffer.getOffset();
  else
    begin = symbols.lookup<plan::VariableOp>(owner.getDefiningOp<plan::GetOp>().getVariable())
                .getOffset();
  return {begin, begin + bytes};
}

LogicalResult Replay::require(Operation *reader, Value value) {
  if (intact.contains(owner(value)))
    return success();
  InFlightDiagnostic error =
      reader->emitOpError("reads bytes that are no longer, or not yet, the value they should be");
  error.attachNote(value.getLoc()) << "the value is this one";
  return error;
}

LogicalResult Replay::replay(plan::LaunchOp launch) {
  for (Value input : launch.getInputs())
    if (failed(require(launch, input)))
      return failure();

  SmallVector<Value> written(launch.getOutputs());
  if (Value workspace = launch.getWorkspace())
    written.push_back(workspace);
  for (auto [index, output] : llvm::enumerate(written)) {
    Value value = owner(output);
    Range range = rangeOf(value);
    for (Value other : ArrayRef(written).take_front(index))
      if (range.overlaps(rangeOf(owner(other))))
        return launch.emitOpError("writes two values to the same bytes");
    auto buffer = value.getDefiningOp<plan::BufferOp>();
    bool mayOverwrite = !buffer || buffer.getInPlaceOf();
    for (Value input : launch.getInputs()) {
      Range read = rangeOf(owner(input));
      if (range.overlaps(read) && !(mayOverwrite && range == read))
        return launch.emitOpError("writes over one of its inputs");
    }
    for (Value other : llvm::to_vector(intact))
      if (other != value && range.overlaps(rangeOf(other)))
        intact.erase(other);
  }
  for (Value output : launch.getOutputs())
    intact.insert(owner(output));
  return success();
}

LogicalResult Replay::run() {
  Block &body = step.getBody().front();
  llvm::DenseSet<Value> made;
  for (auto launch : body.getOps<plan::LaunchOp>())
    for (Value output : launch.getOutputs())
      made.insert(owner(output));

  // What is there at the begin: variables, inputs, scalars.
  SmallVector<Value> variables;
  for (Operation &op : body) {
    if (!isa<plan::BufferOp, plan::GetOp>(op))
      continue;
    if (auto get = dyn_cast<plan::GetOp>(op); get && !symbols.lookup<plan::VariableOp>(get.getVariable()))
      return get.emitOpError("reads the unknown variable @") << get.getVariable();
    Value value = op.getResult(0);
    Range range = rangeOf(value);
    if (range.begin < 0 || range.end > static_cast<int64_t>(arena.getBytes()))
      return op.emitOpError("lies outside of the arena of ") << arena.getBytes() << " bytes";
    auto buffer = dyn_cast<plan::BufferOp>(op);
    if (isa<plan::GetOp>(op) && !made.contains(value)) {
      intact.insert(value);
      variables.push_back(value);
    } else if (buffer && (buffer.getKind() == "input" || buffer.getKind() == "scalar")) {
      intact.insert(value);
    }
  }
  for (auto launch : body.getOps<plan::LaunchOp>())
    if (failed(replay(launch)))
      return failure();

  // What must be there at the end: outputs, and every variable, old or new.
  for (auto output : body.getOps<plan::OutputOp>())
    if (failed(require(output, output.getValue())))
      return failure();
  llvm::StringSet<> renewed;
  for (Value value : made)
    if (auto get = value.getDefiningOp<plan::GetOp>()) {
      renewed.insert(get.getVariable());
      if (failed(require(get, value)))
        return failure();
    }
  for (Value value : variables)
    if (auto get = value.getDefiningOp<plan::GetOp>(); !renewed.contains(get.getVariable()))
      if (failed(require(get, value)))
        return failure();
  return success();
}

namespace {
struct VerifyPlanPass : fanfold::impl::VerifyPlanBase<VerifyPlanPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto arenas = llvm::to_vector(module.getOps<plan::ArenaOp>());
    if (arenas.size() != 1) {
      module.emitError("found ") << arenas.size() << " arenas, expected one plan.arena";
      return signalPassFailure();
    }
    if (failed(verifyFixed(module)))
      return signalPassFailure();
    for (plan::StepOp step : module.getOps<plan::StepOp>())
      if (failed(Replay(step, arenas.front()).run()))
        return signalPassFailure();
  }

  /// Variables and staging slots lie apart from each other and from everything else.
  LogicalResult verifyFixed(ModuleOp module) {
    SmallVector<std::pair<Range, Operation *>> fixed;
    auto add = [&](int64_t offset, Type type, Operation *op) {
      fixed.push_back({{offset, offset + kernel::byteSize(cast<MemRefType>(type))}, op});
    };
    for (auto variable : module.getOps<plan::VariableOp>())
      add(variable.getOffset(), variable.getMemrefType(), variable);
    for (auto staging : module.getOps<plan::StagingOp>())
      for (int64_t offset : staging.getOffsets())
        add(offset, staging.getMemrefType(), staging);
    llvm::sort(fixed, [](auto &a, auto &b) { return a.first.begin < b.first.begin; });
    for (size_t i = 1; i < fixed.size(); ++i)
      if (fixed[i - 1].first.overlaps(fixed[i].first))
        return fixed[i].second->emitOpError("shares bytes with another variable or slot");
    int64_t end = fixed.empty() ? 0 : fixed.back().first.end;
    for (auto step : module.getOps<plan::StepOp>())
      for (auto buffer : step.getBody().getOps<plan::BufferOp>())
        if (static_cast<int64_t>(buffer.getOffset()) < end)
          return buffer.emitOpError("lies among the variables");
    return success();
  }
};
} // namespace

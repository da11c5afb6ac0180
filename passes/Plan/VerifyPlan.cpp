//===- VerifyPlan.cpp - check that no launch overwrites bytes still needed -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

#include <map>

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
  bool within(int64_t bytes) const { return begin >= 0 && begin <= bytes && end <= bytes; }
  bool operator==(const Range &other) const { return begin == other.begin && end == other.end; }
};

/// The values whose bytes are as they were written. Their ranges are apart, or the same
/// for several reads of one variable; so the neighbours of a range in the order of
/// addresses are all that can overlap it.
class IntactValues {
public:
  void insert(Value value, Range range) {
    if (values.try_emplace(value, range).second)
      order.emplace(range.begin, value);
  }
  bool contains(Value value) const { return values.contains(value); }
  /// A value that overlaps `range`, null if there is none.
  Value find(Range range) const {
    auto next = order.lower_bound(range.end);
    if (next == order.begin())
      return {};
    Value last = std::prev(next)->second;
    return values.lookup(last).overlaps(range) ? last : Value();
  }
  void erase(Value value) {
    auto [first, last] = order.equal_range(values.lookup(value).begin);
    order.erase(std::find_if(first, last, [&](auto &entry) { return entry.second == value; }));
    values.erase(value);
  }

private:
  llvm::DenseMap<Value, Range> values;
  std::multimap<int64_t, Value> order; ///< By the first byte.
};

/// Replays one step.
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
  LogicalResult begin();
  LogicalResult replay(plan::LaunchOp launch);
  LogicalResult require(Operation *reader, Value value);

  plan::StepOp step;
  ModuleOp module;
  SymbolTable symbols;
  plan::ArenaOp arena;
  IntactValues intact;
  llvm::SetVector<Value> made;          ///< What launches write, in order.
  llvm::SmallVector<plan::GetOp> reads; ///< Variables as they are when the step begins.
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
    while (Value other = intact.find(range))
      intact.erase(other);
  }
  for (Value output : launch.getOutputs())
    intact.insert(owner(output), rangeOf(owner(output)));
  return success();
}

/// What is there at the begin: variables, inputs, scalars.
LogicalResult Replay::begin() {
  for (Operation &op : step.getBody().front()) {
    if (!isa<plan::BufferOp, plan::GetOp>(op))
      continue;
    auto get = dyn_cast<plan::GetOp>(op);
    if (get) {
      auto variable = symbols.lookup<plan::VariableOp>(get.getVariable());
      if (!variable)
        return get.emitOpError("reads the unknown variable @") << get.getVariable();
      if (variable.getMemrefType() != get.getType())
        return get.emitOpError("is of ")
               << get.getType() << ", expected " << variable.getMemrefType();
    }
    Value value = op.getResult(0);
    Range range = rangeOf(value);
    if (!range.within(arena.getBytes()))
      return op.emitOpError("lies outside of the arena of ") << arena.getBytes() << " bytes";
    auto buffer = dyn_cast<plan::BufferOp>(op);
    if (get ? made.contains(value) : buffer.getKind() != "input" && buffer.getKind() != "scalar")
      continue;
    if (Value other = intact.find(range); other && !(get && other.getDefiningOp<plan::GetOp>())) {
      InFlightDiagnostic error = op.emitOpError("shares bytes with another value that is there "
                                                "when the step begins");
      error.attachNote(other.getLoc()) << "the other value is this one";
      return error;
    }
    intact.insert(value, range);
    if (get)
      reads.push_back(get);
  }
  return success();
}

LogicalResult Replay::run() {
  Block &body = step.getBody().front();
  for (auto launch : body.getOps<plan::LaunchOp>())
    for (Value output : launch.getOutputs())
      made.insert(owner(output));
  if (failed(begin()))
    return failure();
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
  for (plan::GetOp get : reads)
    if (!renewed.contains(get.getVariable()) && failed(require(get, get)))
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
    if (failed(verifyFixed(module, arenas.front().getBytes())))
      return signalPassFailure();
    for (plan::StepOp step : module.getOps<plan::StepOp>())
      if (failed(Replay(step, arenas.front()).run()))
        return signalPassFailure();
  }

  /// Variables and staging slots lie apart from each other and from everything else.
  LogicalResult verifyFixed(ModuleOp module, int64_t arenaBytes) {
    SmallVector<std::pair<Range, Operation *>> fixed;
    auto add = [&](int64_t offset, Type type, Operation *op) {
      fixed.push_back({{offset, offset + kernel::byteSize(cast<MemRefType>(type))}, op});
    };
    for (auto variable : module.getOps<plan::VariableOp>())
      add(variable.getOffset(), variable.getMemrefType(), variable);
    for (auto staging : module.getOps<plan::StagingOp>())
      for (int64_t offset : staging.getOffsets())
        add(offset, staging.getMemrefType(), staging);
    if (fixed.empty())
      return success();
    for (auto &[range, op] : fixed)
      if (!range.within(arenaBytes))
        return op->emitOpError("lies outside of the arena of ") << arenaBytes << " bytes";
    llvm::sort(fixed, [](auto &a, auto &b) { return a.first.begin < b.first.begin; });
    for (size_t i = 1; i < fixed.size(); ++i)
      if (fixed[i - 1].first.overlaps(fixed[i].first))
        return fixed[i].second->emitOpError("shares bytes with another variable or slot");
    int64_t end = fixed.back().first.end;
    for (auto step : module.getOps<plan::StepOp>())
      for (auto buffer : step.getBody().getOps<plan::BufferOp>())
        if (static_cast<int64_t>(buffer.getOffset()) < end)
          return buffer.emitOpError("lies among the variables");
    return success();
  }
};
} // namespace

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

/// What a buffer has from launches that each make a part of it, as ranges [begin, end) of its
/// elements in order, each apart from the next. Channels stand for as many elements as all rows
/// have in them.
class Shares {
public:
  void add(Range range) {
    Range all = range;
    llvm::erase_if(ranges, [&](const Range &other) {
      bool joins = other.begin <= all.end && all.begin <= other.end;
      if (joins)
        all = {std::min(all.begin, other.begin), std::max(all.end, other.end)};
      return joins;
    });
    ranges.insert(llvm::partition_point(ranges, [&](auto &r) { return r.end < all.begin; }), all);
  }
  bool overlap(Range range) const {
    return llvm::any_of(ranges, [&](auto &r) { return r.overlaps(range); });
  }
  bool contain(Range range) const {
    return llvm::any_of(ranges,
                        [&](auto &r) { return r.begin <= range.begin && range.end <= r.end; });
  }

private:
  SmallVector<Range> ranges;
};

/// The buffers whose bytes are as they were written, all or some parts of them. Their
/// ranges are apart, or the same for several reads of one variable; so the neighbours of a
/// range in the order of addresses are all that can overlap it.
class IntactValues {
public:
  void insert(Value value, Range range, Range share) {
    auto [it, inserted] = values.try_emplace(value, Entry{range, {}});
    if (inserted)
      order.emplace(range.begin, value);
    it->second.shares.add(share);
  }
  bool contains(Value value, Range share) const {
    auto it = values.find(value);
    return it != values.end() && it->second.shares.contain(share);
  }
  bool overlaps(Value value, Range share) const {
    auto it = values.find(value);
    return it != values.end() && it->second.shares.overlap(share);
  }
  /// A value but `except` that overlaps `range`, null if there is none.
  Value find(Range range, Value except = {}) const {
    for (auto next = order.lower_bound(range.end); next != order.begin();) {
      Value value = (--next)->second;
      if (value == except)
        continue;
      return values.find(value)->second.range.overlaps(range) ? value : Value();
    }
    return {};
  }
  void erase(Value value) {
    auto [first, last] = order.equal_range(values.find(value)->second.range.begin);
    order.erase(std::find_if(first, last, [&](auto &entry) { return entry.second == value; }));
    values.erase(value);
  }

private:
  struct Entry {
    Range range;
    Shares shares;
  };
  llvm::DenseMap<Value, Entry> values;
  std::multimap<int64_t, Value> order; ///< By the first byte.
};

/// Replays one step.
class Replay {
public:
  Replay(plan::StepOp step, plan::ArenaOp arena)
      : step(step), module(step->getParentOfType<ModuleOp>()), symbols(module), arena(arena) {}

  LogicalResult run();

private:
  Range rangeOf(Value owner);
  LogicalResult write(plan::LaunchOp launch, ArrayRef<Value> written, Value output);
  LogicalResult checkParts();
  LogicalResult begin();
  LogicalResult replay(plan::LaunchOp launch);
  LogicalResult checkExchange(plan::LaunchOp launch);
  LogicalResult require(Operation *reader, Value value);

  plan::StepOp step;
  ModuleOp module;
  SymbolTable symbols;
  plan::ArenaOp arena;
  IntactValues intact;
  llvm::DenseMap<Value, Operation *> lastMaker; ///< The launch that wrote to a buffer last.
  llvm::SetVector<Value> made;                  ///< What launches write, in order.
  llvm::SmallVector<plan::GetOp> reads;         ///< Variables as they are when the step begins.
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

/// Whether the rows of `value` are those of its owner, or a range of channels of each.
static bool sharesRows(Value value) {
  plan::RowLayout layout = plan::layoutOf(value);
  Type owner = plan::ownerOf(value).getType();
  return layout.rows == kernel::rowsOf(owner) &&
         (layout.rows == 1 || layout.pitch == kernel::channelsOf(owner));
}

static bool isPart(Value value) { return value.getDefiningOp<plan::PartOp>() != nullptr; }

static bool isStackedPart(Value value) {
  return isPart(value) && kernel::isStacked(value.getType(), plan::ownerOf(value).getType());
}

/// What `value` has of its owner, as `Shares` counts it: all of it if it has other rows.
static Range shareOf(Value value) {
  const plan::RowLayout layout = plan::layoutOf(value);
  auto owner = cast<MemRefType>(plan::ownerOf(value).getType());
  if (isPart(value) && plan::isBucket(plan::ownerOf(value)))
    // What lies between two tensors of a bucket counts as the first one's.
    return {layout.offset, layout.offset + kernel::bucketElements(value.getType())};
  if (isStackedPart(value))
    return {layout.offset, layout.offset + cast<MemRefType>(value.getType()).getNumElements()};
  if (!sharesRows(value))
    return {0, owner.getNumElements()};
  const int64_t rows = kernel::rowsOf(owner);
  return {layout.offset * rows, (layout.offset + layout.channels) * rows};
}

/// Whether two values of one launch are different parts of one buffer.
static bool areApart(Value a, Value b) {
  return plan::ownerOf(a) == plan::ownerOf(b) && !shareOf(a).overlaps(shareOf(b));
}

LogicalResult Replay::require(Operation *reader, Value value) {
  if (intact.contains(plan::ownerOf(value), shareOf(value)))
    return success();
  InFlightDiagnostic error =
      reader->emitOpError("reads bytes that are no longer, or not yet, the value they should be");
  error.attachNote(value.getLoc()) << "the value is this one";
  return error;
}

/// Checks that `launch` may write `output`, one of the values that it writes, and forgets
/// what was there.
LogicalResult Replay::write(plan::LaunchOp launch, ArrayRef<Value> written, Value output) {
  Value value = plan::ownerOf(output);
  Range range = rangeOf(value);
  for (Value other : written)
    if (range.overlaps(rangeOf(plan::ownerOf(other))) && !areApart(output, other))
      return launch.emitOpError("writes two values to the same bytes");
  auto buffer = value.getDefiningOp<plan::BufferOp>();
  bool mayOverwrite = !buffer || buffer.getInPlaceOf();
  for (Value input : launch.getInputs()) {
    Range read = rangeOf(plan::ownerOf(input));
    bool inPlace = mayOverwrite && range == read && !isPart(output) && !isPart(input);
    if (range.overlaps(read) && !inPlace && !areApart(output, input))
      return launch.emitOpError("writes over one of its inputs");
  }
  if (isPart(output)) {
    if (!sharesRows(output) && !isStackedPart(output))
      return launch.emitOpError("writes a part of rows that its buffer does not have");
    if (intact.overlaps(value, shareOf(output)))
      return launch.emitOpError("writes over another part of the same buffer");
  }
  // What else lies in the buffer of a part stays.
  while (Value other = intact.find(range, value))
    intact.erase(other);
  return success();
}

/// What is under way between the ranks is read by nobody but the launch that waits for it.
LogicalResult Replay::checkExchange(plan::LaunchOp launch) {
  for (Value input : launch.getInputs()) {
    Operation *maker = lastMaker.lookup(plan::ownerOf(input));
    auto begin = dyn_cast_or_null<plan::LaunchOp>(maker);
    if (!begin || begin.getKernel() != "all_reduce_begin" || launch.getKernel() == "all_reduce_end")
      continue;
    InFlightDiagnostic error = launch.emitOpError("reads what is under way between the ranks");
    error.attachNote(begin.getLoc()) << "since this launch";
    return error;
  }
  return success();
}

LogicalResult Replay::replay(plan::LaunchOp launch) {
  if (failed(checkExchange(launch)))
    return failure();
  for (Value input : launch.getInputs())
    if (failed(require(launch, input)))
      return failure();
  SmallVector<Value> written(launch.getOutputs());
  if (Value workspace = launch.getWorkspace())
    written.push_back(workspace);
  for (auto [index, output] : llvm::enumerate(written))
    if (failed(write(launch, ArrayRef(written).take_front(index), output)))
      return failure();
  for (Value output : launch.getOutputs()) {
    Value owner = plan::ownerOf(output);
    intact.insert(owner, rangeOf(owner), shareOf(output));
    lastMaker[owner] = launch;
  }
  return success();
}

/// A buffer has parts of one kind: shares of it could not be compared otherwise.
LogicalResult Replay::checkParts() {
  llvm::DenseMap<Value, plan::PartOp> firsts;
  for (auto part : step.getBody().getOps<plan::PartOp>()) {
    Value owner = plan::ownerOf(part);
    plan::PartOp first = firsts.try_emplace(owner, part).first->second;
    if (isStackedPart(part) == isStackedPart(first) || plan::isBucket(owner))
      continue;
    InFlightDiagnostic error =
        part.emitOpError("divides a buffer along another extent than another part of it");
    error.attachNote(first.getLoc()) << "the other part is this one";
    return error;
  }
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
    intact.insert(value, range, shareOf(value));
    if (get)
      reads.push_back(get);
  }
  return success();
}

LogicalResult Replay::run() {
  Block &body = step.getBody().front();
  for (auto launch : body.getOps<plan::LaunchOp>())
    for (Value output : launch.getOutputs())
      made.insert(plan::ownerOf(output));
  if (failed(checkParts()) || failed(begin()))
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

//===- MarkInPlace.cpp - results that overwrite an operand ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/InPlace.h"
#include "passes/Joins.h"
#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_MARKINPLACE
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

namespace {
/// The marks of one step, made launch by launch. Storages are merged as marks are made;
/// `lastUse` of a storage counts the readers of all its values so far, so that a result
/// that took over an operand is protected like any other value.
class Marker {
public:
  Marker(StepOp step, bool enable)
      : step(step), body(step.getBody().front()), enable(enable), joins(step) {
    for (auto [index, op] : llvm::enumerate(body))
      positions[&op] = 2 * static_cast<int64_t>(index);
    for (Value value : joins.getJoined())
      take(value, joins.placeOf(value).whole);
  }

  LogicalResult settleWrites();
  LogicalResult run();
  int64_t marked = 0, copied = 0;

private:
  void markLaunch(Operation &op);
  bool mayOverwrite(Operation &op, unsigned operand, OpResult result);

  /// Position of an op in the step; positions order launches. Copies have odd ones.
  int64_t position(Operation *op) { return positions.lookup(op); }
  /// The value whose storage `value` lies in.
  Value root(Value value) {
    while (Value next = merged.lookup(value))
      value = next;
    return value;
  }
  /// Makes `value` one of those in the storage of `older`.
  void take(Value value, Value older) {
    merged[value] = older;
    members[older].push_back(value);
  }
  /// The other values in the storage of `root`.
  ArrayRef<Value> membersOf(Value root) const {
    auto it = members.find(root);
    return it == members.end() ? ArrayRef<Value>() : ArrayRef<Value>(it->second);
  }
  int64_t lastUse(Value value);
  StringRef variableOf(Value value);

  StepOp step;
  Block &body;
  bool enable;
  const Joins joins;
  llvm::DenseMap<Operation *, int64_t> positions;
  llvm::DenseMap<Value, Value> merged;               ///< To the value in whose storage it lies.
  llvm::DenseMap<Value, SmallVector<Value>> members; ///< All values of a root's storage.
  llvm::DenseMap<Value, StringRef> writes;           ///< Value to the variable it is written to.
};
} // namespace

int64_t Marker::lastUse(Value value) {
  Value r = root(value);
  int64_t last = -1;
  // Readers of views and parts count: they may stand anywhere behind their value, and are
  // members of the storage only once they are reached.
  SmallVector<Value> values = {r};
  llvm::append_range(values, membersOf(r));
  while (!values.empty())
    for (Operation *user : values.pop_back_val().getUsers())
      if (isa<OutputOp>(user))
        last = std::numeric_limits<int64_t>::max();
      else if (isa<kernel::ViewOp, kernel::PartOp>(user))
        values.push_back(user->getResult(0));
      else if (!isa<WriteOp, kernel::JoinOp, kernel::BucketOp>(user))
        last = std::max(last, position(user));
  return last;
}

StringRef Marker::variableOf(Value value) {
  Value r = root(value);
  if (auto read = r.getDefiningOp<ReadOp>())
    return read.getVariable();
  if (StringRef name = writes.lookup(r); !name.empty())
    return name;
  for (Value member : membersOf(r))
    if (StringRef name = writes.lookup(member); !name.empty())
      return name;
  return {};
}

/// Who reads `value`, or parts of it.
static SmallVector<Operation *> readersOf(Value value) {
  SmallVector<Operation *> readers;
  for (Operation *user : value.getUsers())
    if (isa<kernel::PartOp>(user))
      llvm::append_range(readers, readersOf(user->getResult(0)));
    else
      readers.push_back(user);
  return readers;
}

/// Makes sure that every written value can be made in its variable's memory: it comes
/// from a launch of this step, is written once, and nobody reads the old value after it
/// is made, except that the launch itself may overwrite it. Where not, a copy behind the
/// last reader can.
LogicalResult Marker::settleWrites() {
  llvm::StringMap<SmallVector<ReadOp>> reads;
  for (ReadOp read : body.getOps<ReadOp>())
    reads[read.getVariable()].push_back(read);
  for (WriteOp write : llvm::to_vector(body.getOps<WriteOp>())) {
    Operation *producer = write.getValue().getDefiningOp();
    auto launch = dyn_cast<kernel::LaunchOpInterface>(producer);
    Operation *lastReader = producer;
    bool overwrites = false;
    for (ReadOp read : reads.lookup(write.getVariable()))
      for (Operation *user : readersOf(read)) {
        if (isa<kernel::ViewOp>(user))
          return user->emitOpError("is a view of a variable, expected a view of a result");
        if (position(user) > position(lastReader))
          lastReader = user;
        if (user == producer)
          overwrites = true;
      }
    bool direct = launch && lastReader == producer && !writes.contains(write.getValue());
    if (direct && overwrites) {
      auto result = cast<OpResult>(write.getValue());
      direct =
          enable &&
          llvm::any_of(launch.getInPlaceOperands(result.getResultNumber()), [&](unsigned operand) {
            auto read = producer->getOperand(operand).getDefiningOp<ReadOp>();
            return read && read.getVariable() == write.getVariable();
          });
    }
    if (!direct) {
      OpBuilder builder(step.getContext());
      builder.setInsertionPointAfter(lastReader);
      auto copy = kernel::CopyOp::create(builder, write.getLoc(), write.getValue().getType(),
                                         write.getValue(),
                                         builder.getStringAttr(write.getVariable() + ".copy"),
                                         StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
      // Between the reader and the next op: positions of copies behind one reader need
      // not be different.
      positions[copy] = position(lastReader) + 1;
      write.getValueMutable().assign(copy);
      write->moveAfter(copy);
      ++copied;
    }
    writes[write.getValue()] = write.getVariable();
  }
  return success();
}

bool Marker::mayOverwrite(Operation &op, unsigned operand, OpResult result) {
  Value value = op.getOperand(operand);
  // Results lie row behind row, or where they are joined.
  if (isPitched(value, joins) || joins.isJoined(result))
    return false;
  StringRef target = writes.lookup(result);
  if (variableOf(value) != target)
    return false; // A variable's memory is for its own new value, and for nothing else.
  if (value.getDefiningOp() && isa<ScalarOp>(value.getDefiningOp()))
    return false;
  if (lastUse(value) > position(&op))
    return false; // Somebody still reads it.
  // Another operand may be the same memory only if it is the same element by element.
  for (auto [index, other] : llvm::enumerate(op.getOperands()))
    if (index != operand && root(other) == root(value) && other != value)
      return false;
  return true;
}

void Marker::markLaunch(Operation &op) {
  auto launch = cast<kernel::LaunchOpInterface>(op);
  SmallVector<int64_t> marks(op.getNumResults(), -1);
  SmallVector<Value> taken;
  for (OpResult result : op.getResults())
    for (unsigned operand : launch.getInPlaceOperands(result.getResultNumber())) {
      Value r = root(op.getOperand(operand));
      if (llvm::is_contained(taken, r) || !mayOverwrite(op, operand, result))
        continue;
      marks[result.getResultNumber()] = operand;
      taken.push_back(r);
      take(result, r);
      ++marked;
      break;
    }
  if (llvm::any_of(marks, [](int64_t operand) { return operand >= 0; }))
    op.setAttr("in_place", DenseI64ArrayAttr::get(step.getContext(), marks));
}

LogicalResult Marker::run() {
  if (failed(settleWrites()))
    return failure();
  for (Operation &op : body) {
    if (isa<kernel::ViewOp, kernel::PartOp>(op)) {
      take(op.getResult(0), root(op.getOperand(0)));
    } else if (enable && isa<kernel::LaunchOpInterface>(op)) {
      markLaunch(op);
    }
  }
  return success();
}

FailureOr<InPlaceCounts> fanfold::markInPlace(StepOp step, bool enable) {
  Marker marker(step, enable);
  if (failed(marker.run()))
    return failure();
  return InPlaceCounts{marker.marked, marker.copied};
}

FailureOr<int64_t> fanfold::settleWrites(StepOp step, bool enable) {
  Marker marker(step, enable);
  if (failed(marker.settleWrites()))
    return failure();
  return marker.copied;
}

namespace {
struct MarkInPlacePass : fanfold::impl::MarkInPlaceBase<MarkInPlacePass> {
  using MarkInPlaceBase::MarkInPlaceBase;

  void runOnOperation() override {
    FailureOr<InPlaceCounts> counts = markInPlace(getOperation(), enable);
    if (failed(counts))
      return signalPassFailure();
    marked += counts->marked;
    copied += counts->copied;
  }
};
} // namespace

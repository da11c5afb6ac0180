//===- Schedule.cpp - order the launches so that the peak is low ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

#include "llvm/ADT/SetVector.h"

#include <queue>

namespace fanfold {
#define GEN_PASS_DEF_SCHEDULE
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;

namespace {
/// The memory side of a step while an order of its launches is played through. Values
/// are counted by the value that owns their memory: a view owns none. Results that may
/// overwrite an operand on its last use are taken to do so.
class Player {
public:
  explicit Player(ArrayRef<Operation *> launches, Block &body) {
    for (Operation &op : body) {
      if (auto view = dyn_cast<kernel::ViewOp>(op))
        owners[view] = owner(view.getInput());
      if (!isa<kernel::LaunchOpInterface, cnn::OutputOp>(op))
        continue;
      // The runtime reads outputs when the step is over: they are never freed.
      for (Value operand : distinctOperands(&op))
        ++readers[operand];
    }
  }

  /// Bytes that are live behind `op` more than before it.
  int64_t delta(Operation *op) const {
    int64_t sum = 0;
    for (Value result : op->getResults())
      if (readers.contains(result))
        sum += bytes(result);
    for (Value operand : distinctOperands(op))
      if (readers.lookup(operand) == 1)
        sum -= bytes(operand);
    return sum;
  }

  /// Runs `op`; afterwards peak() has seen the bytes live during it.
  void play(Operation *op) {
    int64_t during = live;
    auto launch = cast<kernel::LaunchOpInterface>(op);
    SmallVector<Value> overwritten;
    for (OpResult result : op->getResults()) {
      bool inPlace = false;
      for (unsigned operand : launch.getInPlaceOperands(result.getResultNumber())) {
        Value value = owner(op->getOperand(operand));
        if (isFreeable(value) && readers.lookup(value) == 1 &&
            !llvm::is_contained(overwritten, value)) {
          overwritten.push_back(value);
          inPlace = true;
          break;
        }
      }
      if (!inPlace)
        during += bytes(result);
    }
    if (auto workspace = op->getAttrOfType<IntegerAttr>("workspace_bytes"))
      during += workspace.getInt();
    highest = std::max(highest, during);
    live += delta(op);
    for (Value operand : distinctOperands(op))
      --readers[operand];
  }

  int64_t peak() const { return highest; }

private:
  Value owner(Value value) const {
    Value found = owners.lookup(value);
    return found ? found : value;
  }

  static bool isFreeable(Value value) {
    Operation *definition = value.getDefiningOp();
    return definition && !isa<cnn::ReadOp>(definition);
  }

  /// Variables take their bytes for good, whatever the order.
  int64_t bytes(Value value) const {
    return isFreeable(value) ? kernel::byteSize(cast<RankedTensorType>(value.getType())) : 0;
  }

  SmallVector<Value> distinctOperands(Operation *op) const {
    llvm::SetVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.insert(owner(operand));
    return operands.takeVector();
  }

  llvm::DenseMap<Value, Value> owners;
  llvm::DenseMap<Value, int64_t> readers; ///< Launches still to come that read the value.
  int64_t live = 0, highest = 0;
};

struct SchedulePass : fanfold::impl::ScheduleBase<SchedulePass> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    // Places are for one order.
    if (llvm::any_of(body, llvm::IsaPred<kernel::JoinOp, kernel::PartOp, kernel::BucketOp>))
      return;
    SmallVector<Operation *> written;
    for (Operation &op : body)
      if (isa<kernel::LaunchOpInterface>(op))
        written.push_back(&op);
    SmallVector<Operation *> listed = listSchedule(written, body);
    if (playPeak(listed, body) < playPeak(written, body))
      apply(listed, written, body);
  }

  int64_t playPeak(ArrayRef<Operation *> order, Block &body) {
    Player player(order, body);
    for (Operation *op : order)
      player.play(op);
    return player.peak();
  }

  /// Of the launches whose operands are there, takes the one that adds fewest live
  /// bytes, and of equals the one that stands first.
  SmallVector<Operation *> listSchedule(ArrayRef<Operation *> launches, Block &body) {
    llvm::DenseMap<Operation *, unsigned> missing;
    llvm::DenseMap<Operation *, SmallVector<Operation *>> consumers;
    llvm::DenseMap<Operation *, size_t> place;
    for (auto [index, op] : llvm::enumerate(launches)) {
      place[op] = index;
      llvm::SetVector<Operation *> producers;
      for (Value operand : op->getOperands()) {
        while (auto view = operand.getDefiningOp<kernel::ViewOp>())
          operand = view.getInput();
        if (Operation *producer = operand.getDefiningOp();
            producer && isa<kernel::LaunchOpInterface>(producer))
          producers.insert(producer);
      }
      missing[op] = producers.size();
      for (Operation *producer : producers)
        consumers[producer].push_back(op);
    }
    // The new value of a variable can take the old one's place only behind its readers.
    llvm::StringMap<Operation *> updates;
    for (auto write : body.getOps<cnn::WriteOp>())
      updates[write.getVariable()] = write.getValue().getDefiningOp();
    for (auto read : body.getOps<cnn::ReadOp>())
      for (Operation *reader : read->getUsers())
        if (Operation *update = updates.lookup(read.getVariable());
            update && missing.contains(update) && missing.contains(reader) &&
            reader->isBeforeInBlock(update)) {
          ++missing[update];
          consumers[reader].push_back(update);
        }
    SmallVector<Operation *> ready, order;
    for (Operation *op : launches)
      if (missing[op] == 0)
        ready.push_back(op);
    Player player(launches, body);
    while (!ready.empty()) {
      auto best = llvm::min_element(ready, [&](Operation *a, Operation *b) {
        int64_t deltaA = player.delta(a), deltaB = player.delta(b);
        return deltaA != deltaB ? deltaA < deltaB : place[a] < place[b];
      });
      Operation *op = *best;
      ready.erase(best);
      player.play(op);
      order.push_back(op);
      for (Operation *consumer : consumers.lookup(op))
        if (--missing[consumer] == 0)
          ready.push_back(consumer);
    }
    assert(order.size() == launches.size() && "a step has no cycles");
    return order;
  }

  /// Puts the launches in order; each value's view stands right behind the value, and
  /// outputs and writes at the end.
  void apply(ArrayRef<Operation *> order, ArrayRef<Operation *> before, Block &body) {
    for (auto [now, then] : llvm::zip(order, before))
      moved += now != then;
    for (Operation &op : llvm::make_early_inc_range(body))
      if (isa<cnn::ReadOp, cnn::ScalarOp, cnn::InputOp>(op))
        op.moveBefore(&body, body.begin());
    auto views = llvm::to_vector(body.getOps<kernel::ViewOp>());
    auto ends =
        llvm::to_vector(llvm::make_filter_range(llvm::make_pointer_range(body), [](Operation *op) {
          return isa<cnn::OutputOp, cnn::WriteOp>(op);
        }));
    for (Operation *op : order)
      op->moveBefore(&body, body.end());
    for (kernel::ViewOp view : views)
      view->moveAfter(view.getInput().getDefiningOp());
    for (Operation *op : ends)
      op->moveBefore(&body, body.end());
  }
};
} // namespace

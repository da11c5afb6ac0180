//===- FusePointwise.cpp - merge pointwise kernels that follow each other -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Fusion/PointwiseResults.h"
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace fanfold {
#define GEN_PASS_DEF_FUSEPOINTWISE
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
struct FusePointwisePass : fanfold::impl::FusePointwiseBase<FusePointwisePass> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    // Merging makes new candidates before and behind the merged kernel.
    for (bool changed = true; changed;) {
      changed = false;
      for (Operation &op : llvm::make_early_inc_range(body))
        if (auto consumer = dyn_cast<PointwiseOp>(op))
          changed |= fuseProducer(consumer);
    }
    for (auto op : llvm::make_early_inc_range(body.getOps<PointwiseOp>()))
      dropTwins(op);
  }

  /// Merges one producer into `consumer`, which is then gone.
  bool fuseProducer(PointwiseOp consumer) {
    for (Value operand : consumer.getInputs()) {
      auto producer = operand.getDefiningOp<PointwiseOp>();
      if (!producer || producer.getExtent() != consumer.getExtent() ||
          readsSums(consumer, producer) ||
          countOperands(producer, consumer) > maxPointwiseOperands ||
          countStatements(producer) + countStatements(consumer) > maxPointwiseStatements)
        continue;
      if (Operation *place = findPlace(producer, consumer)) {
        merge(producer, consumer, place);
        ++fused;
        return true;
      }
    }
    return false;
  }

  /// A sum is known only when the whole launch is over.
  bool readsSums(PointwiseOp consumer, PointwiseOp producer) {
    return llvm::any_of(producer.getResults().drop_front(producer.getNumElementwise()),
                        [&](Value sum) { return llvm::is_contained(consumer.getInputs(), sum); });
  }

  size_t countOperands(PointwiseOp producer, PointwiseOp consumer) {
    llvm::SetVector<Value> operands(producer.getInputs().begin(), producer.getInputs().end());
    for (Value operand : consumer.getInputs())
      if (operand.getDefiningOp() != producer)
        operands.insert(operand);
    return operands.size();
  }

  static size_t countStatements(PointwiseOp op) {
    return op.getBody().front().getOperations().size();
  }

  /// The op that the merged kernel may stand before: the consumer, if the producer's
  /// other readers come later; what follows the producer, if the consumer's other
  /// operands are there already; null if neither.
  Operation *findPlace(PointwiseOp producer, PointwiseOp consumer) {
    bool othersLater = llvm::all_of(producer->getUsers(), [&](Operation *user) {
      return user == consumer || consumer->isBeforeInBlock(user);
    });
    if (othersLater)
      return consumer;
    bool operandsEarlier = llvm::all_of(consumer.getInputs(), [&](Value operand) {
      Operation *definition = operand.getDefiningOp();
      return !definition || definition == producer || definition->isBeforeInBlock(producer);
    });
    return operandsEarlier ? producer->getNextNode() : nullptr;
  }

  void merge(PointwiseOp producer, PointwiseOp consumer, Operation *place) {
    // A result that only the consumer reads stays in registers.
    auto isInternal = [&](Value result) {
      return llvm::all_of(result.getUsers(), [&](Operation *user) { return user == consumer; });
    };
    llvm::SetVector<Value> operands(producer.getInputs().begin(), producer.getInputs().end());
    for (Value operand : consumer.getInputs())
      if (operand.getDefiningOp() != producer)
        operands.insert(operand);

    // Element results first, sums last, each the producer's before the consumer's.
    SmallVector<Value> results;
    auto collect = [&](bool sums) {
      for (PointwiseOp op : {producer, consumer})
        for (auto [index, result] : llvm::enumerate(op.getResults()))
          if ((index >= op.getNumElementwise()) == sums && (op == consumer || !isInternal(result)))
            results.push_back(result);
    };
    collect(/*sums=*/false);
    auto sums = static_cast<int64_t>(results.size());
    collect(/*sums=*/true);
    sums = static_cast<int64_t>(results.size()) - sums;

    OpBuilder builder(place);
    auto merged = PointwiseOp::create(
        builder, FusedLoc::get(&getContext(), {producer.getLoc(), consumer.getLoc()}),
        TypeRange(ValueRange(results)), operands.getArrayRef(), consumer.getExtentAttr(),
        // Named after what it leaves behind.
        builder.getI64IntegerAttr(sums), DenseI64ArrayAttr(), consumer.getLayerAttr(), StringAttr(),
        IntegerAttr(), DenseI64ArrayAttr());
    Block *body = builder.createBlock(&merged.getBody());
    IRMapping inner; // From values of the two steps and bodies to values of the new body.
    for (Value operand : operands)
      inner.map(operand, body->addArgument(bodyType(operand.getType()), operand.getLoc()));
    for (PointwiseOp op : {producer, consumer}) {
      Block &old = op.getBody().front();
      for (auto [operand, argument] : llvm::zip(op.getInputs(), old.getArguments()))
        inner.map(argument, inner.lookup(operand));
      for (Operation &statement : old.without_terminator())
        builder.clone(statement, inner);
      for (auto [result, value] : llvm::zip(op.getResults(), old.back().getOperands()))
        inner.map(result, inner.lookup(value));
    }
    auto yielded = llvm::map_to_vector(results, [&](Value v) { return inner.lookup(v); });
    YieldOp::create(builder, merged.getLoc(), yielded);

    for (auto [result, replacement] : llvm::zip(results, merged.getResults()))
      result.replaceAllUsesWith(replacement);
    consumer.erase();
    producer.erase();
  }
};
} // namespace

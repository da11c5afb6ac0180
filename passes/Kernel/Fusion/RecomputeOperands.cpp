//===- RecomputeOperands.cpp - compute again rather than read -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Fusion/PointwiseResults.h"
#include "passes/Passes.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace fanfold {
#define GEN_PASS_DEF_RECOMPUTEOPERANDS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

static int64_t bytesOf(Value value) { return byteSize(cast<RankedTensorType>(value.getType())); }

namespace {
/// What one element result of a pointwise kernel is made of.
struct Recipe {
  explicit Recipe(OpResult result) : producer(cast<PointwiseOp>(result.getOwner())) {
    Block &body = producer.getBody().front();
    yielded = body.back().getOperand(result.getResultNumber());
    if (Operation *definition = yielded.getDefiningOp()) {
      BackwardSliceOptions options;
      options.inclusive = true;
      options.omitBlockArguments = true;
      (void)getBackwardSlice(definition, &statements, options);
    }
    for (auto [index, argument] : llvm::enumerate(body.getArguments()))
      if (argument == yielded || llvm::any_of(argument.getUsers(), [&](Operation *user) {
            return statements.contains(user);
          }))
        inputs.push_back(index);
  }

  PointwiseOp producer;
  Value yielded; ///< In the producer's body.
  llvm::SetVector<Operation *> statements;
  SmallVector<unsigned> inputs; ///< Operands that are needed.
};

struct RecomputeOperandsPass : fanfold::impl::RecomputeOperandsBase<RecomputeOperandsPass> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    for (bool changed = true; changed;) {
      changed = false;
      for (auto op : llvm::make_early_inc_range(body.getOps<PointwiseOp>()))
        for (unsigned i = 0; i < op.getNumOperands() && !changed; ++i)
          changed = tryOperand(op, i);
    }
  }

  /// Computes operand `index` of `consumer` in its own body if that moves fewer bytes.
  bool tryOperand(PointwiseOp consumer, unsigned index) {
    Value operand = consumer.getOperand(index);
    auto producer = operand.getDefiningOp<PointwiseOp>();
    if (!producer || !consumer.isFull(index) || producer.getExtent() != consumer.getExtent() ||
        cast<OpResult>(operand).getResultNumber() >= producer.getNumElementwise())
      return false;
    Recipe recipe(cast<OpResult>(operand));
    int64_t saved = bytesOf(operand);
    if (llvm::all_of(operand.getUsers(), [&](Operation *user) { return user == consumer; }))
      saved += bytesOf(operand); // It need not be written either.
    size_t operands = consumer.getNumOperands() - 1;
    for (unsigned input : recipe.inputs)
      if (Value value = producer.getOperand(input);
          !llvm::is_contained(consumer.getInputs(), value)) {
        ++operands;
        // A number for each channel is read once and stays near.
        if (producer.isFull(input))
          saved -= bytesOf(value);
      }
    if (saved <= 0 || operands > maxPointwiseOperands ||
        recipe.statements.size() + consumer.getBody().front().getOperations().size() >
            maxPointwiseStatements)
      return false;
    inlineRecipe(recipe, consumer, index);
    if (operand.use_empty())
      dropResult(producer, cast<OpResult>(operand).getResultNumber());
    ++recomputed;
    return true;
  }

  static void inlineRecipe(const Recipe &recipe, PointwiseOp consumer, unsigned index) {
    PointwiseOp producer = recipe.producer;
    Block &from = producer->getRegion(0).front(), &to = consumer.getBody().front();
    IRMapping mapping;
    for (unsigned input : recipe.inputs) {
      Value value = producer->getOperand(input);
      BlockArgument argument;
      for (auto [index, operand] : llvm::enumerate(consumer.getInputs()))
        if (operand == value)
          argument = to.getArgument(index);
      if (!argument) {
        consumer.getInputsMutable().append(value);
        argument = to.addArgument(bodyType(value.getType()), value.getLoc());
      }
      mapping.map(from.getArgument(input), argument);
    }
    OpBuilder builder = OpBuilder::atBlockBegin(&to);
    for (Operation &statement : from.without_terminator())
      if (recipe.statements.contains(&statement))
        builder.clone(statement, mapping);
    to.getArgument(index).replaceAllUsesWith(mapping.lookup(recipe.yielded));
    to.eraseArgument(index);
    consumer.getInputsMutable().erase(index);
  }
};
} // namespace

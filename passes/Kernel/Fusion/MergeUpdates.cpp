//===- MergeUpdates.cpp - one launch for equal updates --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringMap.h"

namespace fanfold {
#define GEN_PASS_DEF_MERGEUPDATES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

static int64_t elementsOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

/// An operand that problems share: one element, of a tensor that has more.
static bool isShared(PointwiseOp op, Value operand) {
  return elementsOf(operand) == 1 && op.getElements() != 1;
}

/// Whether rows and channels make no difference to the kernel.
static bool isFlat(PointwiseOp op) {
  if (op.getSums() != 0 || op.getElements() == 1 || !llvm::all_of(op.getInputs(), [&](Value v) {
        return isShared(op, v) || elementsOf(v) == op.getElements();
      }))
    return false;
  // Random numbers are functions of the place in one tensor.
  return llvm::none_of(op.getBody().front(), llvm::IsaPred<UniformOp>);
}

static bool isUpdate(PointwiseOp op) {
  return llvm::all_of(op->getUsers(), llvm::IsaPred<cnn::WriteOp>);
}

/// A function of variables alone: it may run before everything else.
static bool isCopyOfVariables(PointwiseOp op) {
  return llvm::all_of(op.getInputs(),
                      [](Value v) { return isa_and_nonnull<cnn::ReadOp>(v.getDefiningOp()); });
}

/// Equal for kernels that one launch can run: the body, with numbers for its values,
/// types, and which operands are shared.
static std::string keyOf(PointwiseOp op) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  for (Value operand : op.getInputs()) {
    if (isShared(op, operand))
      stream << operand.getAsOpaquePointer() << " ";
    else
      stream << cast<RankedTensorType>(operand.getType()).getElementType() << " ";
  }
  for (Type type : op.getResultTypes())
    stream << cast<RankedTensorType>(type).getElementType() << " ";
  llvm::DenseMap<Value, size_t> numbers;
  Block &body = op.getBody().front();
  for (Value argument : body.getArguments())
    numbers.try_emplace(argument, numbers.size());
  for (Operation &statement : body) {
    stream << "\n" << statement.getName() << statement.getAttrDictionary();
    for (Value operand : statement.getOperands())
      stream << " " << numbers.lookup(operand);
    for (Value result : statement.getResults()) {
      stream << " : " << result.getType();
      numbers.try_emplace(result, numbers.size());
    }
  }
  return key;
}

namespace {
/// Kernels of equal keys, in the order in which they come.
struct Groups {
  void add(PointwiseOp op) {
    auto [it, inserted] = indices.try_emplace(keyOf(op), groups.size());
    if (inserted)
      groups.emplace_back();
    groups[it->second].push_back(op);
  }

  SmallVector<SmallVector<PointwiseOp>> groups;
  llvm::StringMap<size_t> indices;
};

struct MergeUpdatesPass : fanfold::impl::MergeUpdatesBase<MergeUpdatesPass> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    Groups updates, copies;
    for (auto op : body.getOps<PointwiseOp>()) {
      if (!isFlat(op))
        continue;
      if (isUpdate(op))
        updates.add(op);
      else if (isCopyOfVariables(op))
        copies.add(op);
    }
    for (ArrayRef<PointwiseOp> group : updates.groups)
      if (group.size() > 1)
        merge(group, group.back());
    for (ArrayRef<PointwiseOp> group : copies.groups) {
      if (group.size() == 1)
        continue;
      for (PointwiseOp op : group)
        for (Value operand : op->getOperands())
          operand.getDefiningOp()->moveBefore(&body, body.begin());
      merge(group, group.front());
    }
  }

  void merge(ArrayRef<PointwiseOp> group, Operation *place) {
    SmallVector<Value> operands, shared;
    SmallVector<Type> types;
    SmallVector<int64_t> counts;
    SmallVector<Location> locations;
    PointwiseOp first = group.front();
    for (PointwiseOp op : group) {
      counts.push_back(op.getElements());
      locations.push_back(op.getLoc());
      llvm::append_range(types, op.getResultTypes());
      for (Value operand : op.getInputs())
        if (!isShared(op, operand))
          operands.push_back(operand);
    }
    for (Value operand : first.getInputs())
      if (isShared(first, operand))
        shared.push_back(operand);
    operands.append(shared);

    OpBuilder builder(place);
    auto merged = PointwiseManyOp::create(
        builder, builder.getFusedLoc(locations), types, operands,
        builder.getDenseI64ArrayAttr(counts),
        builder.getI64IntegerAttr(static_cast<int64_t>(shared.size())),
        builder.getStringAttr(nameOf(group)), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    Block *body = builder.createBlock(&merged.getBody());
    // A problem's own operands come first, the shared ones behind them.
    IRMapping mapping;
    Block &old = first.getBody().front();
    for (bool wantShared : {false, true})
      for (auto [operand, argument] : llvm::zip(first.getInputs(), old.getArguments()))
        if (isShared(first, operand) == wantShared)
          mapping.map(argument, body->addArgument(argument.getType(), operand.getLoc()));
    for (Operation &statement : old)
      builder.clone(statement, mapping);

    auto result = merged->result_begin();
    for (PointwiseOp op : group) {
      for (Value value : op.getResults())
        value.replaceAllUsesWith(*result++);
      op.erase();
      ++this->merged;
    }
    sinkUsers(merged);
  }

  /// Writes that stood behind their own update now stand behind all of them.
  static void sinkUsers(PointwiseManyOp merged) {
    for (Operation *user : merged->getUsers())
      if (isa<cnn::WriteOp>(user) && user->isBeforeInBlock(merged))
        user->moveAfter(merged);
  }

  /// "conv1.weight.update and 160 more".
  static std::string nameOf(ArrayRef<PointwiseOp> group) {
    PointwiseOp first = group.front();
    return first.getLayer().value_or("update").str() + " and " + std::to_string(group.size() - 1) +
           " more";
  }
};
} // namespace

//===- FusePoolPrologues.cpp - normalise and activate what pools choose ----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Fusion/Relu.h"
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

namespace fanfold {
#define GEN_PASS_DEF_FUSEPOOLPROLOGUES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
/// max(0, (x - centre) * scale + shift) in a body; the three do not depend on x.
struct Normalization {
  static std::optional<Normalization> of(PointwiseOp op, unsigned x);

  std::array<Value, 3> vectors; ///< Centre, scale and shift.
};
} // namespace

std::optional<Normalization> Normalization::of(PointwiseOp op, unsigned x) {
  Block &body = op.getBody().front();
  llvm::DenseSet<Value> varying = {body.getArgument(x)};
  for (Operation &statement : body)
    if (llvm::any_of(statement.getOperands(), [&](Value v) { return varying.contains(v); }))
      varying.insert(statement.result_begin(), statement.result_end());
  // The operand of a sum or a product that depends on x, and the one that does not.
  auto split = [&](Operation *statement) -> std::pair<Value, Value> {
    Value lhs = statement->getOperand(0), rhs = statement->getOperand(1);
    if (varying.contains(lhs) == varying.contains(rhs))
      return {};
    return varying.contains(lhs) ? std::pair(lhs, rhs) : std::pair(rhs, lhs);
  };
  Value activated = reluOperand(body.back().getOperand(0));
  auto add = activated ? activated.getDefiningOp<arith::AddFOp>() : nullptr;
  auto [scaled, shift] = add ? split(add) : std::pair<Value, Value>();
  auto mul = scaled ? scaled.getDefiningOp<arith::MulFOp>() : nullptr;
  auto [centred, scale] = mul ? split(mul) : std::pair<Value, Value>();
  auto sub = centred ? centred.getDefiningOp<arith::SubFOp>() : nullptr;
  if (!sub || sub.getLhs() != body.getArgument(x) || varying.contains(sub.getRhs()))
    return std::nullopt;
  return Normalization{{sub.getRhs(), scale, shift}};
}

namespace {
/// Makes tensors of what a body computes for each channel.
class ChannelVectors {
public:
  explicit ChannelVectors(PointwiseOp op)
      : op(op), type(RankedTensorType::get({op.getChannels()}, Float32Type::get(op.getContext()))) {
  }

  /// Replaces `values`, of the body, by tensors: the operand that a value is, or results of
  /// one kernel before `op`. Fails, and makes nothing, if they depend on no tensor.
  bool materialize(MutableArrayRef<Value> values);

private:
  /// The operand that is the value already; null if it has to be computed.
  Value operandOf(Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    Value operand = argument ? op.getOperand(argument.getArgNumber()) : Value();
    return operand && operand.getType() == type ? operand : Value();
  }
  /// Writes the statements that make `value` at the builder's place.
  Value compute(Value value, OpBuilder &builder);

  PointwiseOp op;
  RankedTensorType type;
  Block statements;
  IRMapping mapping; ///< From the body to `statements`.
  SmallVector<Value> operands;
};
} // namespace

Value ChannelVectors::compute(Value value, OpBuilder &builder) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    operands.push_back(op.getOperand(argument.getArgNumber()));
    mapping.map(value, statements.addArgument(value.getType(), value.getLoc()));
  } else {
    for (Value operand : value.getDefiningOp()->getOperands())
      (void)compute(operand, builder);
    builder.clone(*value.getDefiningOp(), mapping);
  }
  return mapping.lookup(value);
}

bool ChannelVectors::materialize(MutableArrayRef<Value> values) {
  SmallVector<Value> yielded;
  OpBuilder inside(op.getContext());
  inside.setInsertionPointToEnd(&statements);
  for (Value value : values)
    if (!operandOf(value))
      yielded.push_back(compute(value, inside));
  PointwiseOp made;
  if (!yielded.empty()) {
    if (operands.empty())
      return false;
    YieldOp::create(inside, op.getLoc(), yielded);
    OpBuilder builder(op);
    made = PointwiseOp::create(builder, op.getLoc(), SmallVector<Type>(yielded.size(), type),
                               operands, builder.getDenseI64ArrayAttr({1, op.getChannels()}),
                               builder.getI64IntegerAttr(0), DenseI64ArrayAttr(),
                               builder.getStringAttr(op.getLayer().value_or("pool") + ".scale"),
                               StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    Block *block = builder.createBlock(&made.getBody());
    for (BlockArgument argument : statements.getArguments())
      argument.replaceAllUsesWith(block->addArgument(argument.getType(), argument.getLoc()));
    block->getOperations().splice(block->end(), statements.getOperations());
  }
  unsigned next = 0;
  for (Value &value : values) {
    Value operand = operandOf(value);
    value = operand ? operand : made.getResult(next++);
  }
  return true;
}

/// The input of a max pool that has no prologue; else null.
static OpOperand *plainPoolInput(Operation *op) {
  if (auto pool = dyn_cast<MaxPool2dOp>(op); pool && !pool.hasPrologue())
    return &pool.getInputMutable();
  if (auto pool = dyn_cast<MaxPool2dPlacesOp>(op); pool && !pool.hasPrologue())
    return &pool.getInputMutable();
  return nullptr;
}

namespace {
struct FusePoolPrologues : fanfold::impl::FusePoolProloguesBase<FusePoolPrologues> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    for (auto op : llvm::make_early_inc_range(body.getOps<PointwiseOp>()))
      if (std::optional<unsigned> x = mappedOperand(op); x && readByPoolsAlone(op))
        if (std::optional<Normalization> normalization = Normalization::of(op, *x))
          fuse(op, op.getOperand(*x), *normalization);
  }

  /// With another reader the activation is written all the same.
  static bool readByPoolsAlone(PointwiseOp op) {
    return !op.getResult(0).use_empty() &&
           llvm::all_of(op.getResult(0).getUses(),
                        [](OpOperand &use) { return plainPoolInput(use.getOwner()) == &use; });
  }

  void fuse(PointwiseOp op, Value x, Normalization normalization) {
    if (!ChannelVectors(op).materialize(normalization.vectors))
      return;
    for (Operation *pool : llvm::make_early_inc_range(op.getResult(0).getUsers())) {
      pool->setLoc(FusedLoc::get(&getContext(), {op.getLoc(), pool->getLoc()}));
      plainPoolInput(pool)->set(x);
      // Behind the input, which is all that a pool without prologue has.
      pool->insertOperands(1, normalization.vectors);
    }
    op.erase();
    ++fused;
  }
};
} // namespace

//===- FusePrologues.cpp - normalise and activate what convolutions read ---===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"
#include "passes/Kernel/Choices/TakeForm.h"
#include "passes/Kernel/Fusion/Relu.h"

#include "mlir/IR/IRMapping.h"

namespace fanfold {
#define GEN_PASS_DEF_FUSEPROLOGUES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
/// Writes the statements of a body again as functions of the channel: what is slope * x +
/// offset there becomes a slope and an offset.
class AffineBody {
public:
  /// A number; one that does not depend on x has no slope.
  struct Form {
    Value slope, offset;
  };

  explicit AffineBody(BodyBuilder &b) : b(b) {}

  void setX(Value x) { forms[x] = {b.constant(1), b.constant(0)}; }
  void setChannel(Value argument, Value value) { forms[argument] = {Value(), value}; }

  /// Null offset if the statements that make `value` are not affine in x.
  Form formOf(Value value);

private:
  Form formOf(Operation *statement);
  Form add(const Form &lhs, const Form &rhs) {
    Value slope = !lhs.slope ? rhs.slope : !rhs.slope ? lhs.slope : b.add(lhs.slope, rhs.slope);
    return {slope, b.add(lhs.offset, rhs.offset)};
  }

  BodyBuilder &b;
  llvm::DenseMap<Value, Form> forms;
};
} // namespace

AffineBody::Form AffineBody::formOf(Value value) {
  if (auto known = forms.find(value); known != forms.end())
    return known->second;
  Operation *statement = value.getDefiningOp();
  return forms[value] = statement ? formOf(statement) : Form();
}

AffineBody::Form AffineBody::formOf(Operation *statement) {
  SmallVector<Form> in;
  bool dependsOnX = false;
  for (Value operand : statement->getOperands()) {
    in.push_back(formOf(operand));
    if (!in.back().offset)
      return {};
    dependsOnX |= static_cast<bool>(in.back().slope);
  }
  if (!dependsOnX) {
    IRMapping mapping;
    for (auto [operand, form] : llvm::zip(statement->getOperands(), in))
      mapping.map(operand, form.offset);
    return {Value(), b.b.clone(*statement, mapping)->getResult(0)};
  }
  if (isa<arith::AddFOp>(statement))
    return add(in[0], in[1]);
  if (isa<arith::SubFOp>(statement)) {
    Value slope = !in[1].slope   ? in[0].slope
                  : !in[0].slope ? b.sub(b.constant(0), in[1].slope)
                                 : b.sub(in[0].slope, in[1].slope);
    return {slope, b.sub(in[0].offset, in[1].offset)};
  }
  if (isa<arith::MulFOp>(statement) && !(in[0].slope && in[1].slope)) {
    const auto &[x, factor] = in[0].slope ? std::pair(in[0], in[1]) : std::pair(in[1], in[0]);
    return {b.mul(x.slope, factor.offset), b.mul(x.offset, factor.offset)};
  }
  if (isa<arith::DivFOp>(statement) && !in[1].slope)
    return {b.div(in[0].slope, in[1].offset), b.div(in[0].offset, in[1].offset)};
  return {};
}

/// The input of a convolution that may have a prologue and has none; else null.
static OpOperand *plainInput(Operation *op) {
  if (auto conv = dyn_cast<Conv2dStatisticsOp>(op); conv && !conv.hasPrologue())
    return &conv.getInputMutable();
  if (auto wgrad = dyn_cast<Conv2dWgradOp>(op); wgrad && !wgrad.hasPrologue())
    return &wgrad.getInputMutable();
  return nullptr;
}

namespace {
struct FusePrologues : fanfold::impl::FuseProloguesBase<FusePrologues> {
  explicit FusePrologues(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    for (auto op : llvm::make_early_inc_range(body.getOps<PointwiseOp>()))
      if (std::optional<unsigned> x = mappedOperand(op); x && readByConvolutionsAlone(op))
        fuse(op, *x);
  }

  /// With another reader the activation is written all the same, and a convolution that
  /// computes it as well gains nothing.
  static bool readByConvolutionsAlone(PointwiseOp op) {
    return !op.getResult(0).use_empty() &&
           llvm::all_of(op.getResult(0).getUses(),
                        [](OpOperand &use) { return plainInput(use.getOwner()) == &use; });
  }

  /// Scale and shift for each channel of what `op` does to operand `x`, rounded to its type;
  /// null if it is no max(0, scale * x + shift).
  static PointwiseOp makeScaleAndShift(PointwiseOp op, unsigned x) {
    Block &body = op.getBody().front();
    Value activated = reluOperand(body.back().getOperand(0));
    if (!activated || op.getNumOperands() == 1)
      return nullptr;
    SmallVector<Value> operands(op.getInputs());
    operands.erase(operands.begin() + x);
    auto element = cast<RankedTensorType>(op.getOperand(x).getType()).getElementType();
    auto type = RankedTensorType::get({op.getChannels()}, element);

    OpBuilder builder(op);
    auto made = PointwiseOp::create(
        builder, op.getLoc(), TypeRange{type, type}, operands,
        builder.getDenseI64ArrayAttr({1, op.getChannels()}), builder.getI64IntegerAttr(0),
        DenseI64ArrayAttr(), nameOf(op, builder), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    Block *channel = builder.createBlock(&made.getBody());
    BodyBuilder b(builder, op.getLoc());
    AffineBody affine(b);
    for (auto [index, argument] : llvm::enumerate(body.getArguments()))
      if (index == x)
        affine.setX(argument);
      else
        affine.setChannel(argument, channel->addArgument(argument.getType(), argument.getLoc()));
    const AffineBody::Form form = affine.formOf(activated);
    if (!form.slope) {
      made.erase();
      return nullptr;
    }
    YieldOp::create(builder, op.getLoc(), ValueRange{form.slope, form.offset});
    return made;
  }

  static StringAttr nameOf(PointwiseOp op, OpBuilder &builder) {
    return builder.getStringAttr(op.getLayer().value_or("prologue") + ".scale");
  }

  /// Makes the fused form, and takes one of the two.
  void fuse(PointwiseOp op, unsigned x) {
    PointwiseOp vectors = makeScaleAndShift(op, x);
    if (!vectors)
      return;
    SmallVector<Operation *> readers(op.getResult(0).getUsers());
    llvm::sort(readers, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    SmallVector<Operation *> apart = {op}, fused = {vectors};
    for (Operation *reader : readers) {
      OpBuilder builder(reader);
      Operation *copy = builder.clone(*reader);
      copy->setLoc(FusedLoc::get(&getContext(), {op.getLoc(), reader->getLoc()}));
      plainInput(copy)->set(op.getOperand(x));
      if (auto conv = dyn_cast<Conv2dStatisticsOp>(copy))
        conv.getPrologueMutable().assign(vectors.getResults());
      else
        cast<Conv2dWgradOp>(copy).getPrologueMutable().assign(vectors.getResults());
      apart.push_back(reader);
      fused.push_back(copy);
    }
    const bool takes = takesFused(target, "prologue", apart, fused);
    if (takes) {
      for (auto [reader, copy] :
           llvm::zip(ArrayRef(apart).drop_front(), ArrayRef(fused).drop_front()))
        reader->replaceAllUsesWith(copy);
      ++this->fused;
    }
    for (Operation *unused : llvm::reverse(takes ? apart : fused))
      unused->erase();
  }

  const Target *target; ///< Null: one that likes the prologue.
};
} // namespace

std::unique_ptr<Pass> fanfold::createFusePrologues(const Target &target) {
  return std::make_unique<FusePrologues>(&target);
}

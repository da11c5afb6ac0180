//===- LowerPrecision.cpp - compute in half precision ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

namespace fanfold {
#define GEN_PASS_DEF_LOWERPRECISION
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
class StepLowering {
public:
  StepLowering(cnn::StepOp step, Type half) : body(step.getBody().front()), half(half) {}

  void run() {
    findState();
    for (Operation &op : llvm::make_early_inc_range(body)) {
      narrowResults(&op);
      if (isa<Conv2dOp, Conv2dDgradOp, Conv2dWgradOp, MatmulOp>(op))
        castOperands(&op);
      else if (auto finite = dyn_cast<AllFiniteOp>(op))
        splitByType(finite);
      else if (auto write = dyn_cast<cnn::WriteOp>(op))
        widen(write);
    }
  }

private:
  void findState();
  bool isWide(OpResult result);
  void narrowResults(Operation *op);
  void castOperands(Operation *product);
  Value convert(Value value, Type element, Operation *user);
  void splitByType(AllFiniteOp finite);
  void widen(cnn::WriteOp write);

  Block &body;
  Type half;
  llvm::DenseSet<Value> state;              ///< New values of variables, and gradients.
  llvm::DenseMap<Value, Value> castedReads; ///< Of parameters.
};
} // namespace

/// What becomes the value of a variable stays in full precision, and so does what
/// pointwise kernels make on the way to it. Gradients come out of matrix products as
/// narrow as everything else does.
void StepLowering::findState() {
  SmallVector<Value> open;
  for (auto write : body.getOps<cnn::WriteOp>())
    open.push_back(write.getValue());
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (auto means = value.getDefiningOp<AllReduceOp>())
      value = means.getInputs()[cast<OpResult>(value).getResultNumber()];
    auto pointwise = value.getDefiningOp<PointwiseOp>();
    if (!pointwise || cast<OpResult>(value).getResultNumber() >= pointwise.getNumElementwise() ||
        !state.insert(value).second)
      continue;
    for (auto [index, operand] : llvm::enumerate(pointwise.getInputs()))
      if (pointwise.isFull(index))
        open.push_back(operand);
  }
}

/// Scalars, numbers for each channel, and what ends in a variable.
bool StepLowering::isWide(OpResult result) {
  auto type = dyn_cast<RankedTensorType>(result.getType());
  return !type || !type.getElementType().isF32() || type.getRank() < 2 || state.contains(result) ||
         isa<SoftmaxCrossEntropyOp>(result.getOwner());
}

void StepLowering::narrowResults(Operation *op) {
  if (!isa<KernelDialect>(op->getDialect()))
    return;
  if (auto view = dyn_cast<ViewOp>(op)) {
    auto from = cast<RankedTensorType>(view.getInput().getType());
    view.getResult().setType(cast<RankedTensorType>(view.getType()).clone(from.getElementType()));
    return;
  }
  if (auto means = dyn_cast<AllReduceOp>(op)) {
    for (auto [input, output] : llvm::zip(means.getInputs(), means.getOutputs()))
      output.setType(input.getType());
    return;
  }
  for (OpResult result : op->getResults())
    if (!isWide(result))
      result.setType(cast<RankedTensorType>(result.getType()).clone(half));
}

/// A copy of a tensor in another precision, made in front of `user`.
Value StepLowering::convert(Value value, Type element, Operation *user) {
  OpBuilder builder(user);
  auto type = cast<RankedTensorType>(value.getType());
  auto copy = makePointwise(builder, user, value, type.clone(element), /*sums=*/0,
                            [](BodyBuilder &, ValueRange x) { return SmallVector<Value>{x[0]}; });
  copy->setLoc(value.getLoc());
  return copy.getResult(0);
}

/// Matrix units take both operands in half precision: parameters get a copy.
void StepLowering::castOperands(Operation *product) {
  for (OpOperand &operand : product->getOpOperands()) {
    auto type = cast<RankedTensorType>(operand.get().getType());
    if (!type.getElementType().isF32() || type.getRank() < 2)
      continue;
    Value &copy = castedReads[operand.get()];
    if (!copy) {
      copy = convert(operand.get(), half, product);
      if (auto read = operand.get().getDefiningOp<cnn::ReadOp>())
        copy.getDefiningOp<PointwiseOp>().setLayer((read.getVariable() + ".half").str());
    }
    operand.set(copy);
  }
}

/// A kernel looks at tensors of one type.
void StepLowering::splitByType(AllFiniteOp finite) {
  SmallVector<Value> narrow, wide;
  for (Value input : finite.getInputs())
    (cast<RankedTensorType>(input.getType()).getElementType().isF32() ? wide : narrow)
        .push_back(input);
  if (narrow.empty() || wide.empty())
    return;
  OpBuilder builder(finite);
  auto second = cast<AllFiniteOp>(builder.clone(*finite));
  finite.getInputsMutable().assign(narrow);
  second.getInputsMutable().assign(wide);
  builder.setInsertionPointAfter(finite);
  auto both = makePointwise(
      builder, finite, ValueRange{finite.getResult(), second.getResult()}, finite.getType(),
      /*sums=*/0, [](BodyBuilder &b, ValueRange x) {
        return SmallVector<Value>{arith::MulIOp::create(b.b, b.loc, x[0], x[1])};
      });
  both.setLayerAttr(finite.getLayerAttr());
  finite.getResult().replaceAllUsesExcept(both.getResult(0), both);
}

/// A gradient that --keep-gradients asks for.
void StepLowering::widen(cnn::WriteOp write) {
  auto type = cast<RankedTensorType>(write.getValue().getType());
  if (type.getElementType() == half)
    write.getValueMutable().assign(
        convert(write.getValue(), Float32Type::get(half.getContext()), write));
}

namespace {
struct LowerPrecisionPass : fanfold::impl::LowerPrecisionBase<LowerPrecisionPass> {
  void runOnOperation() override {
    auto attr = getOperation()->getAttrOfType<StringAttr>("fanfold.precision");
    StringRef precision = attr ? attr.getValue() : "fp32";
    Type half;
    if (precision == "fp16")
      half = Float16Type::get(&getContext());
    else if (precision == "bf16")
      half = BFloat16Type::get(&getContext());
    else
      return;
    for (auto step : getOperation().getOps<cnn::StepOp>())
      StepLowering(step, half).run();
  }
};
} // namespace

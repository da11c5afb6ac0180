//===- FuseEpilogues.cpp - bias and activation in the matrix product ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"
#include "passes/Kernel/Fusion/Relu.h"

namespace fanfold {
#define GEN_PASS_DEF_FUSEEPILOGUES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

/// Whether the kernel adds a vector over the channels to its first operand.
static bool addsBias(PointwiseOp op) {
  if (op.getNumOperands() != 2 || op.getNumResults() != 1 || op.getSums() != 0 || !op.isFull(0) ||
      op.isFull(1) ||
      cast<RankedTensorType>(op.getOperand(1).getType()).getNumElements() != op.getChannels())
    return false;
  Block &body = op.getBody().front();
  auto add = dyn_cast<arith::AddFOp>(body.front());
  return add && add->getNextNode() == &body.back() && add.getLhs() == body.getArgument(0) &&
         add.getRhs() == body.getArgument(1);
}

/// Whether the kernel computes x < 0 ? 0 : x.
static bool isRelu(PointwiseOp op) {
  if (op.getNumOperands() != 1 || op.getNumResults() != 1 || op.getSums() != 0)
    return false;
  Block &body = op.getBody().front();
  return reluOperand(body.back().getOperand(0)) == body.getArgument(0);
}

namespace {
struct FuseEpiloguesPass : fanfold::impl::FuseEpiloguesBase<FuseEpiloguesPass> {
  explicit FuseEpiloguesPass(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    for (Operation &op : llvm::make_early_inc_range(getOperation().getBody().front())) {
      auto pointwise = dyn_cast<PointwiseOp>(op);
      if (!pointwise || pointwise.getNumOperands() == 0 || !pointwise.getOperand(0).hasOneUse())
        continue;
      Operation *producer = pointwise.getOperand(0).getDefiningOp();
      if (auto conv = dyn_cast_or_null<Conv2dOp>(producer))
        fuse(conv, pointwise);
      else if (auto matmul = dyn_cast_or_null<MatmulOp>(producer))
        fuse(matmul, pointwise);
    }
  }

  template <typename Product>
  void fuse(Product product, PointwiseOp pointwise) {
    if (product.getActivation())
      return;
    auto takes = [&](StringRef step) { return !target || target->hasEpilogue(product, step); };
    if (!product.getBias() && addsBias(pointwise) && takes("bias"))
      product.getBiasMutable().assign(matchPrecision(pointwise.getOperand(1), product));
    else if (isRelu(pointwise) && takes("relu"))
      product.setActivation("relu");
    else
      return;
    // The bias is read later than the product stands, perhaps.
    product->moveBefore(pointwise);
    // One launch for two layers: the epilogue's name and place say the result.
    product->setLoc(FusedLoc::get(&getContext(), {product.getLoc(), pointwise.getLoc()}));
    pointwise.getResult(0).replaceAllUsesWith(product.getResult());
    pointwise.erase();
    ++fused;
  }

  /// A bias in the precision of the product that adds it.
  static Value matchPrecision(Value bias, Operation *product) {
    auto type = cast<RankedTensorType>(bias.getType());
    Type element = cast<RankedTensorType>(product->getResult(0).getType()).getElementType();
    if (type.getElementType() == element)
      return bias;
    OpBuilder builder(product->getContext());
    builder.setInsertionPointAfterValue(bias);
    auto copy = makePointwise(builder, product, bias, type.clone(element), /*sums=*/0,
                              [](BodyBuilder &, ValueRange x) { return SmallVector<Value>{x[0]}; });
    copy->setLoc(bias.getLoc());
    return copy.getResult(0);
  }

  const Target *target; ///< Null: one that has every epilogue.
};
} // namespace

std::unique_ptr<Pass> fanfold::createFuseEpilogues(const Target &target) {
  return std::make_unique<FuseEpiloguesPass>(&target);
}

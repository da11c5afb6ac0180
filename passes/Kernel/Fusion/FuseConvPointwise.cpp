//===- FuseConvPointwise.cpp - pointwise kernels on products --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Choices/TakeForm.h"
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"

namespace fanfold {
#define GEN_PASS_DEF_FUSECONVPOINTWISE
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
/// A convolution that a pointwise kernel may be fused with.
struct Product {
  /// Of what makes a value; nothing if that is none.
  static std::optional<Product> of(Operation *op);

  Operation *op;
  Value image, filter;
  DenseI64ArrayAttr pad;
  bool isGradient;
};

struct FuseConvPointwise : fanfold::impl::FuseConvPointwiseBase<FuseConvPointwise> {
  explicit FuseConvPointwise(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    // Each form of such a kernel costs half a second of compiling; an evaluation, which runs
    // seldom, does not earn it.
    if (getOperation().getSymName() != "train")
      return;
    Block &body = getOperation().getBody().front();
    for (auto op : llvm::make_early_inc_range(body.getOps<PointwiseOp>()))
      for (unsigned i = 0; i < op.getNumOperands(); ++i)
        if (std::optional<Product> product = Product::of(op.getOperand(i).getDefiningOp());
            product && canFuse(*product, op, i) && fuse(*product, op, i))
          break;
  }

  /// Readers of the product that come earlier would have to wait for the kernel.
  static bool canFuse(const Product &product, PointwiseOp op, unsigned index) {
    return op.isFull(index) && llvm::all_of(product.op->getUsers(), [&](Operation *user) {
             return user == op || op->isBeforeInBlock(user);
           });
  }

  /// Makes the fused form, and takes one of the two.
  bool fuse(const Product &product, PointwiseOp op, unsigned index);

  const Target *target; ///< Null: one that likes it.
};
} // namespace

/// Stride and dilation 1, one group, no epilogue.
template <typename Conv>
static bool isPlain(Conv op) {
  auto ones = [](ArrayRef<int64_t> pair) { return pair[0] == 1 && pair[1] == 1; };
  return ones(op.getStride()) && ones(op.getDilation()) && op.getGroups() == 1;
}

std::optional<Product> Product::of(Operation *op) {
  if (auto conv = dyn_cast_or_null<Conv2dOp>(op);
      conv && isPlain(conv) && !conv.getBias() && !conv.getActivation())
    return Product{op, conv.getInput(), conv.getFilter(), conv.getPadAttr(), false};
  if (auto dgrad = dyn_cast_or_null<Conv2dDgradOp>(op); dgrad && isPlain(dgrad))
    return Product{op, dgrad.getGradient(), dgrad.getFilter(), dgrad.getPadAttr(), true};
  return std::nullopt;
}

bool FuseConvPointwise::fuse(const Product &product, PointwiseOp op, unsigned index) {
  const bool isReadLater = !product.op->hasOneUse();
  SmallVector<Value> inputs(op.getInputs());
  inputs.erase(inputs.begin() + index);
  SmallVector<Type> results(op->getResultTypes());
  if (isReadLater)
    results.insert(results.begin(), op.getOperand(index).getType());

  OpBuilder builder(op);
  auto both = ConvPointwiseOp::create(
      builder, FusedLoc::get(&getContext(), {product.op->getLoc(), op.getLoc()}), results,
      product.image, product.filter, inputs, product.pad,
      product.isGradient ? builder.getUnitAttr() : UnitAttr(), op.getExtentAttr(), op.getSumsAttr(),
      op.getLayerAttr(), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  handNotes(product.op, both);
  Block &old = op.getBody().front();
  Block *body = builder.createBlock(&both.getBody());
  IRMapping inner;
  inner.map(old.getArgument(index),
            body->addArgument(old.getArgument(index).getType(), product.op->getLoc()));
  for (auto [i, argument] : llvm::enumerate(old.getArguments()))
    if (i != index)
      inner.map(argument, body->addArgument(argument.getType(), argument.getLoc()));
  for (Operation &statement : old.without_terminator())
    builder.clone(statement, inner);
  auto yielded = llvm::map_to_vector(old.back().getOperands(),
                                     [&](Value value) { return inner.lookup(value); });
  if (isReadLater)
    yielded.insert(yielded.begin(), body->getArgument(0));
  YieldOp::create(builder, op.getLoc(), yielded);

  const std::array<Operation *, 2> apart = {product.op, op};
  if (!takesFused(target, "pointwise", apart, both.getOperation())) {
    both.erase();
    return false;
  }
  op->replaceAllUsesWith(both.getResults().take_back(op.getNumResults()));
  op.erase();
  if (isReadLater)
    product.op->getResult(0).replaceAllUsesWith(both.getResult(0));
  product.op->erase();
  ++fused;
  return true;
}

std::unique_ptr<Pass> fanfold::createFuseConvPointwise(const Target &target) {
  return std::make_unique<FuseConvPointwise>(&target);
}

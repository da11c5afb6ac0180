//===- PadChannels.cpp - images as wide as the hardware likes -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_PADCHANNELS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The same tensor with another number of channels.
static RankedTensorType withChannels(RankedTensorType type, int64_t channels) {
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = channels;
  return type.clone(shape);
}

/// Whether the kernel computes pixel * scale[c] + shift[c] from bytes.
static bool isNormalization(PointwiseOp op) {
  if (op.getNumOperands() != 3 || op.getNumResults() != 1 || op.getSums() != 0 || !op.isFull(0) ||
      op.isFull(1) || op.isFull(2) || !typeOf(op.getOperand(0)).getElementType().isInteger(8))
    return false;
  Block &body = op.getBody().front();
  auto add = body.back().getOperand(0).getDefiningOp<arith::AddFOp>();
  auto mul = add ? add.getLhs().getDefiningOp<arith::MulFOp>() : nullptr;
  auto number = mul ? mul.getLhs().getDefiningOp<arith::UIToFPOp>() : nullptr;
  return number && number.getIn() == body.getArgument(0) && mul.getRhs() == body.getArgument(1) &&
         add.getRhs() == body.getArgument(2);
}

namespace {
struct PadChannelsPass : fanfold::impl::PadChannelsBase<PadChannelsPass> {
  explicit PadChannelsPass(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    if (!target)
      return;
    Block &body = getOperation().getBody().front();
    for (auto op : llvm::make_early_inc_range(body.getOps<PointwiseOp>()))
      if (isNormalization(op))
        pad(op);
  }

  /// Pads the images that `normalize` makes, if convolutions alone read them and the
  /// target prefers more channels.
  void pad(PointwiseOp normalize) {
    RankedTensorType type = typeOf(normalize.getResult(0));
    int64_t multiple = target->channelMultiple(type.getElementType());
    int64_t channels = type.getShape().back(), padded = llvm::alignTo(channels, multiple);
    auto reads = [&](Operation *user) {
      if (auto conv = dyn_cast<Conv2dOp>(user))
        return conv.getGroups() == 1 && conv.getInput() == normalize.getResult(0);
      auto wgrad = dyn_cast<Conv2dWgradOp>(user);
      return wgrad && wgrad.getGroups() == 1 && wgrad.getInput() == normalize.getResult(0);
    };
    if (padded == channels || !llvm::all_of(normalize->getUsers(), reads))
      return;
    OpBuilder builder(normalize);
    Value image = NormalizePadOp::create(builder, normalize.getLoc(), withChannels(type, padded),
                                         normalize.getOperand(0), normalize.getOperand(1),
                                         normalize.getOperand(2), normalize.getLayerAttr(),
                                         StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    for (Operation *user : llvm::make_early_inc_range(normalize->getUsers())) {
      if (auto conv = dyn_cast<Conv2dOp>(user)) {
        builder.setInsertionPoint(conv);
        Value filter = PadChannelsOp::create(builder, conv.getLoc(),
                                             withChannels(typeOf(conv.getFilter()), padded),
                                             conv.getFilter(), nameOf(conv, ".filter"),
                                             StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
        conv.getInputMutable().assign(image);
        conv.getFilterMutable().assign(filter);
        continue;
      }
      auto wgrad = cast<Conv2dWgradOp>(user);
      RankedTensorType narrow = typeOf(wgrad.getResult());
      wgrad.getInputMutable().assign(image);
      wgrad.getResult().setType(withChannels(narrow, padded));
      builder.setInsertionPointAfter(wgrad);
      auto slice = SliceOp::create(builder, wgrad.getLoc(), narrow, wgrad.getResult(),
                                   builder.getI64IntegerAttr(0), nameOf(wgrad, ".slice"),
                                   StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
      wgrad.getResult().replaceAllUsesExcept(slice.getResult(), slice);
    }
    normalize.erase();
    ++this->padded;
  }

  static StringAttr nameOf(Operation *op, StringRef suffix) {
    auto layer = op->getAttrOfType<StringAttr>("layer");
    return StringAttr::get(op->getContext(), (layer ? layer.getValue() : "conv") + suffix);
  }

  const Target *target; ///< Null: nothing is padded.
};
} // namespace

std::unique_ptr<Pass> fanfold::createPadChannels(const Target &target) {
  return std::make_unique<PadChannelsPass>(&target);
}

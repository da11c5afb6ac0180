//===- FoldImages.cpp - images as wide as the hardware likes --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_FOLDIMAGES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

/// Whether the kernel computes pixel * scale[c] + shift[c] from bytes.
static bool isNormalization(PointwiseOp op) {
  if (op.getNumOperands() != 3 || op.getNumResults() != 1 || op.getSums() != 0 || !op.isFull(0) ||
      op.isFull(1) || op.isFull(2) || tensorType(op.getOperand(0)).getRank() != 4 ||
      !tensorType(op.getOperand(0)).getElementType().isInteger(8))
    return false;
  Block &body = op.getBody().front();
  auto add = body.back().getOperand(0).getDefiningOp<arith::AddFOp>();
  auto mul = add ? add.getLhs().getDefiningOp<arith::MulFOp>() : nullptr;
  auto number = mul ? mul.getLhs().getDefiningOp<arith::UIToFPOp>() : nullptr;
  return number && number.getIn() == body.getArgument(0) && mul.getRhs() == body.getArgument(1) &&
         add.getRhs() == body.getArgument(2);
}

namespace {
/// How a convolution over an image, and the gradient of its filter, are folded.
struct Fold {
  /// Takes the sizes from one of the two. Stays invalid if the image cannot be folded.
  template <typename Op>
  static std::optional<Fold> of(Op op, Value filter, Value output, const Target &target) {
    ArrayRef<int64_t> stride = op.getStride(), dilation = op.getDilation();
    if (op.getGroups() != 1 || stride[0] != stride[1] || dilation[0] != 1 || dilation[1] != 1)
      return std::nullopt;
    Fold fold;
    fold.stride = stride[0];
    fold.pad = {op.getPad()[0], op.getPad()[1]};
    RankedTensorType image = tensorType(op.getInput()), w = tensorType(filter),
                     y = tensorType(output);
    int64_t channels = image.getDimSize(3) * fold.stride * fold.stride;
    int64_t multiple = target.channelMultiple(image.getElementType(), channels);
    int64_t padded = llvm::alignTo(channels, multiple);
    // Wide images lose more by the taps of zeros than they win.
    if (image.getDimSize(3) % multiple == 0 || channels > 64)
      return std::nullopt;
    auto taps = [&](int64_t size) {
      return static_cast<int64_t>(llvm::divideCeil(size, fold.stride));
    };
    fold.filter = w.clone({w.getDimSize(0), taps(w.getDimSize(1)), taps(w.getDimSize(2)), padded});
    fold.image = image.clone({image.getDimSize(0), y.getDimSize(1) + taps(w.getDimSize(1)) - 1,
                              y.getDimSize(2) + taps(w.getDimSize(2)) - 1, padded});
    return fold;
  }

  bool operator==(const Fold &other) const {
    return stride == other.stride && pad == other.pad && image == other.image;
  }

  int64_t stride;
  SmallVector<int64_t> pad;
  RankedTensorType image, filter; ///< Folded.
};

struct FoldImagesPass : fanfold::impl::FoldImagesBase<FoldImagesPass> {
  explicit FoldImagesPass(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    if (!target)
      return;
    Block &body = getOperation().getBody().front();
    for (auto op : llvm::make_early_inc_range(body.getOps<PointwiseOp>()))
      if (isNormalization(op))
        fold(op);
  }

  /// How `user` reads the image, if it can read it folded.
  std::optional<Fold> foldOf(Operation *user, Value image) {
    if (auto conv = dyn_cast<Conv2dOp>(user); conv && conv.getInput() == image)
      return Fold::of(conv, conv.getFilter(), conv.getResult(), *target);
    if (auto wgrad = dyn_cast<Conv2dWgradOp>(user); wgrad && wgrad.getInput() == image)
      return Fold::of(wgrad, wgrad.getResult(), wgrad.getGradient(), *target);
    return std::nullopt;
  }

  /// Folds the image that `normalize` makes if all that read it do so in the same form.
  void fold(PointwiseOp normalize) {
    Value image = normalize.getResult(0);
    std::optional<Fold> common;
    for (Operation *user : image.getUsers()) {
      std::optional<Fold> own = foldOf(user, image);
      if (!own || (common && !(*common == *own)))
        return;
      common = own;
    }
    if (!common)
      return;
    OpBuilder builder(normalize);
    Value folded = FoldImageOp::create(
        builder, normalize.getLoc(), common->image, normalize.getOperand(0),
        normalize.getOperand(1), normalize.getOperand(2), builder.getI64IntegerAttr(common->stride),
        builder.getDenseI64ArrayAttr(common->pad), normalize.getLayerAttr(), StringAttr(),
        IntegerAttr(), DenseI64ArrayAttr());
    for (Operation *user : llvm::make_early_inc_range(image.getUsers())) {
      Fold own = *foldOf(user, image);
      if (auto conv = dyn_cast<Conv2dOp>(user))
        rewrite(conv, own, folded);
      else
        rewrite(cast<Conv2dWgradOp>(user), own, folded);
    }
    normalize.erase();
    ++this->folded;
  }

  template <typename Op>
  static void makePlain(Op op, Value folded, OpBuilder &builder) {
    op.getInputMutable().assign(folded);
    op.setStrideAttr(builder.getDenseI64ArrayAttr({1, 1}));
    op.setPadAttr(builder.getDenseI64ArrayAttr({0, 0}));
  }

  static void rewrite(Conv2dOp conv, const Fold &fold, Value folded) {
    OpBuilder builder(conv);
    Value filter =
        FoldFilterOp::create(builder, conv.getLoc(), fold.filter, conv.getFilter(),
                             builder.getI64IntegerAttr(fold.stride), nameOf(conv, ".fold"),
                             StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    conv.getFilterMutable().assign(filter);
    makePlain(conv, folded, builder);
  }

  static void rewrite(Conv2dWgradOp wgrad, const Fold &fold, Value folded) {
    OpBuilder builder(wgrad->getContext());
    builder.setInsertionPointAfter(wgrad);
    RankedTensorType type = tensorType(wgrad.getResult());
    wgrad.getResult().setType(fold.filter);
    auto unfold = UnfoldFilterOp::create(
        builder, wgrad.getLoc(), type, wgrad.getResult(), builder.getI64IntegerAttr(fold.stride),
        nameOf(wgrad, ".unfold"), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    wgrad.getResult().replaceAllUsesExcept(unfold.getResult(), unfold);
    makePlain(wgrad, folded, builder);
  }

  static StringAttr nameOf(Operation *op, StringRef suffix) {
    auto layer = op->getAttrOfType<StringAttr>("layer");
    return StringAttr::get(op->getContext(), (layer ? layer.getValue() : "conv") + suffix);
  }

  const Target *target; ///< Null: nothing is folded.
};
} // namespace

std::unique_ptr<Pass> fanfold::createFoldImages(const Target &target) {
  return std::make_unique<FoldImagesPass>(&target);
}

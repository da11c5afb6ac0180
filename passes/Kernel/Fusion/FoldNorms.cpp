//===- FoldNorms.cpp - batch normalisation in 1x1 convolutions ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The algebra is in codegen/kernels/cuda/NormFold.h, whose names are used here.
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"
#include "passes/Passes.h"

#include "mlir/IR/OperationSupport.h"

namespace fanfold {
#define GEN_PASS_DEF_FOLDNORMS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

//===----------------------------------------------------------------------===//
// Knowing what is there
//===----------------------------------------------------------------------===//

/// Whether `op` computes what `body` does.
static bool hasBody(PointwiseOp op, BodyFn body) {
  OpBuilder builder(op);
  PointwiseOp twin = makePointwise(builder, op, op.getInputs(), op->getResultTypes(),
                                   static_cast<int64_t>(op.getSums()), body);
  bool same = OperationEquivalence::isRegionEquivalentTo(&op.getBody(), &twin.getBody(),
                                                         OperationEquivalence::IgnoreLocations);
  twin.erase();
  return same;
}

/// The pointwise kernel of one result that alone reads `value`; null if there is none.
static PointwiseOp onlyReader(Value value, unsigned operands) {
  auto op = value.hasOneUse() ? dyn_cast<PointwiseOp>(*value.user_begin()) : nullptr;
  return op && op.getNumOperands() == operands && op.getNumResults() == 1 && op.getSums() == 0
             ? op
             : nullptr;
}

/// What `value` was in full precision, if it is a rounded copy; null if not.
static Value unrounded(Value value) {
  auto copy = value.getDefiningOp<PointwiseOp>();
  if (!copy || copy.getNumOperands() != 1 || copy.getNumResults() != 1 || copy.getSums() != 0 ||
      !tensorType(copy.getOperand(0)).getElementType().isF32() ||
      copy.getBody().front().back().getOperand(0) != copy.getBody().front().getArgument(0))
    return {};
  return copy.getOperand(0);
}

namespace {
/// A normalised 1x1 convolution, forward and backward.
struct Site {
  /// The one whose filter's gradient `wgrad` makes; nothing if it is not of that form.
  static std::optional<Site> of(Conv2dWgradOp wgrad);

  Conv2dOp conv;                    ///< y, from a and the rounded W.
  BatchNormStatisticsOp statistics; ///< Of y.
  Value filter;                     ///< W in full precision.
  PointwiseOp sums;                 ///< dbeta and dgamma, from dz and y.
  PointwiseOp apply;                ///< dy, from dz and y.
  Conv2dDgradOp dgrad;              ///< da, from dy and W.
  Conv2dWgradOp wgrad;              ///< dW, from a and dy.

  PointwiseOp norm;      ///< z, from y; nothing else but the above reads y.
  PointwiseOp add, relu; ///< Behind z; null where z has other readers as well.

  Value input() { return wgrad.getInput(); }
  Value gradient() { return apply.getOperand(0); } ///< dz
  Value gamma() { return apply.getOperand(4); }
  /// The last kernel of the forward pass.
  PointwiseOp last() { return relu ? relu : add ? add : norm; }
  Value addend() { return add.getOperand(add.getOperand(0) == norm.getResult(0) ? 1 : 0); }

private:
  bool matchConv();
  bool matchBackward();
  bool matchForward();
};
} // namespace

/// A convolution of single pixels, one for each output, in half precision.
bool Site::matchConv() {
  auto all = [](ArrayRef<int64_t> numbers, int64_t n) {
    return llvm::all_of(numbers, [=](int64_t number) { return number == n; });
  };
  RankedTensorType filterType = tensorType(wgrad.getResult()),
                   inputType = tensorType(wgrad.getInput());
  Type element = inputType.getElementType();
  return (element.isF16() || element.isBF16()) && filterType.getElementType() == element &&
         filterType.getDimSize(1) == 1 && filterType.getDimSize(2) == 1 &&
         all(wgrad.getStride(), 1) && all(wgrad.getPad(), 0) && wgrad.getGroups() == 1 &&
         tensorType(wgrad.getGradient()).getShape().take_front(3) ==
             inputType.getShape().take_front(3);
}

bool Site::matchBackward() {
  apply = wgrad.getGradient().getDefiningOp<PointwiseOp>();
  if (!apply || apply.getNumOperands() != 7 || apply.getNumResults() != 1 || apply.getSums() != 0)
    return false;
  for (Operation *user : wgrad.getGradient().getUsers()) {
    if (user == wgrad)
      continue;
    auto other = dyn_cast<Conv2dDgradOp>(user);
    if (!other || dgrad || other.getGradient() != wgrad.getGradient())
      return false;
    dgrad = other;
  }
  sums = apply.getOperand(5).getDefiningOp<PointwiseOp>();
  if (!dgrad || !sums || sums.getSums() != 2 || sums.getNumResults() != 2 ||
      apply.getOperand(5) != sums.getResult(0) || apply.getOperand(6) != sums.getResult(1) ||
      !llvm::equal(sums.getOperands(), apply.getOperands().take_front(4)))
    return false;
  conv = apply.getOperand(1).getDefiningOp<Conv2dOp>();
  statistics = apply.getOperand(2).getDefiningOp<BatchNormStatisticsOp>();
  if (!conv || conv.getBias() || conv.getActivation() || conv.getInput() != wgrad.getInput() ||
      conv.getFilter() != dgrad.getFilter() || !statistics ||
      statistics.getInput() != conv.getResult() || apply.getOperand(2) != statistics.getMean() ||
      apply.getOperand(3) != statistics.getInvStd())
    return false;
  filter = unrounded(conv.getFilter());
  auto gradient = [&](BodyBuilder &b, ValueRange x) { return normGradient(b, x, apply.getRows()); };
  return filter && hasBody(sums, normGradientSums) && hasBody(apply, gradient);
}

bool Site::matchForward() {
  for (Value value : {conv.getResult(), statistics.getMean(), statistics.getInvStd()})
    for (Operation *user : value.getUsers()) {
      if (llvm::is_contained({statistics.getOperation(), sums.getOperation(), apply.getOperation()},
                             user))
        continue;
      auto pointwise = dyn_cast<PointwiseOp>(user);
      if (!pointwise || (norm && norm != pointwise))
        return false;
      norm = pointwise;
    }
  if (!norm || norm.getNumOperands() != 5 || norm.getNumResults() != 1 ||
      norm.getOperand(0) != conv.getResult() || norm.getOperand(1) != statistics.getMean() ||
      norm.getOperand(2) != statistics.getInvStd() || norm.getOperand(3) != gamma() ||
      !hasBody(norm, normForward))
    return false;
  PointwiseOp next = onlyReader(norm.getResult(0), 2);
  if (next && next.getOperand(0).getType() == next.getOperand(1).getType() &&
      hasBody(next,
              [](BodyBuilder &b, ValueRange x) { return SmallVector<Value>{b.add(x[0], x[1])}; }))
    add = next;
  next = onlyReader(last().getResult(0), 1);
  if (next && hasBody(next, [](BodyBuilder &b, ValueRange x) {
        return SmallVector<Value>{fanfold::relu(b, x[0])};
      }))
    relu = next;
  return true;
}

std::optional<Site> Site::of(Conv2dWgradOp wgrad) {
  Site site = {};
  site.wgrad = wgrad;
  if (!site.matchConv() || !site.matchBackward() || !site.matchForward())
    return std::nullopt;
  return site;
}

//===----------------------------------------------------------------------===//
// The other form
//===----------------------------------------------------------------------===//

namespace {
/// Makes the other form of a site beside it.
class Rewrite : public OpBuilder::Listener {
public:
  Rewrite(Site site, const Target *target);
  /// Seconds that the new form saves by the target's word.
  double gain();
  void accept();
  void reject();

private:
  void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override {
    if (isa<LaunchOpInterface>(op))
      made.push_back(op);
  }
  RankedTensorType wide(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, builder.getF32Type());
  }
  StringAttr named(StringRef suffix) {
    auto layer = site.conv.getLayerAttr();
    return StringAttr::get(site.conv.getContext(),
                           (layer ? layer.getValue() : StringRef("conv2d")) + suffix);
  }
  void makeSums();
  void makeForward();
  void makeBackward();
  Value conv(Value input, Value filter, StringRef suffix);
  Value wgrad(Value input, Value gradient, StringRef suffix);
  PointwiseOp pointwise(ValueRange operands, Type result, int64_t sums, StringRef suffix,
                        BodyFn body);

  Site site;
  const Target *target;
  OpBuilder builder;
  const int64_t outChannels, inChannels;
  const IntegerAttr rows;
  const DenseI64ArrayAttr one, none; ///< Windows.
  SmallVector<Operation *> made;
  Value inputSum, spread;                     ///< m, W M
  Value output;                               ///< Of the forward pass.
  Value invStd, runningMean, runningVariance; ///< Instead of `statistics`.
  Value inputGradient, filterGradient, betaGradient, gammaGradient;
};
} // namespace

Rewrite::Rewrite(Site site, const Target *target)
    : site(site), target(target), builder(site.conv, this),
      outChannels(tensorType(site.filter).getDimSize(0)),
      inChannels(tensorType(site.filter).getDimSize(3)),
      rows(builder.getI64IntegerAttr(site.apply.getRows())),
      one(builder.getDenseI64ArrayAttr({1, 1})), none(builder.getDenseI64ArrayAttr({0, 0})) {
  makeSums();
  makeForward();
  makeBackward();
}

PointwiseOp Rewrite::pointwise(ValueRange operands, Type result, int64_t sums, StringRef suffix,
                               BodyFn body) {
  PointwiseOp op = makePointwise(builder, site.conv, operands, result, sums, body);
  op.setLayerAttr(named(suffix));
  return op;
}

/// A filter is an image of as many samples as it has outputs, of one pixel each.
Value Rewrite::conv(Value input, Value filter, StringRef suffix) {
  auto type =
      tensorType(input).clone({tensorType(input).getDimSize(0), tensorType(input).getDimSize(1),
                               tensorType(input).getDimSize(2), tensorType(filter).getDimSize(0)});
  return Conv2dOp::create(builder, site.conv.getLoc(), type, input, filter, /*bias=*/Value(), one,
                          none, one, builder.getI64IntegerAttr(1), /*activation=*/StringAttr(),
                          named(suffix), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
}

/// The f32 sums over the pixels of gradient times input.
Value Rewrite::wgrad(Value input, Value gradient, StringRef suffix) {
  return Conv2dWgradOp::create(
      builder, site.conv.getLoc(),
      wide({tensorType(gradient).getDimSize(3), 1, 1, tensorType(input).getDimSize(3)}), input,
      gradient,
      /*prologue=*/ValueRange(), one, none, one, builder.getI64IntegerAttr(1), named(suffix),
      StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
}

static SmallVector<Value> itself(BodyBuilder &, ValueRange x) { return {x[0]}; }

void Rewrite::makeSums() {
  {
    // Behind what makes the input, which can take the sum over.
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(site.input());
    PointwiseOp sum = pointwise(site.input(), wide(inChannels), /*sums=*/1, ".input_sum", itself);
    if (auto producer = site.input().getDefiningOp<PointwiseOp>())
      sum.setLayerAttr(producer.getLayerAttr());
    inputSum = sum.getResult(0);
  }
  spread = conv(site.filter, wgrad(site.input(), site.input(), ".square"), ".spread");
}

void Rewrite::makeForward() {
  BatchNormStatisticsOp statistics = site.statistics;
  RankedTensorType perOut = wide(outChannels);
  Type element = tensorType(site.input()).getElementType();
  // Where the running statistics were known.
  builder.setInsertionPoint(site.norm);
  auto fold = FoldNormOp::create(
      builder, statistics.getLoc(), tensorType(site.filter).clone(element), perOut.clone(element),
      perOut, perOut, perOut, site.filter, spread, inputSum, site.gamma(), site.norm.getOperand(4),
      statistics.getRunningMean(), statistics.getRunningVariance(), rows,
      statistics.getEpsilonAttr(), statistics.getMomentumAttr(), named(".fold"), StringAttr(),
      IntegerAttr(), DenseI64ArrayAttr());
  invStd = fold.getInvStd();
  runningMean = fold.getNewRunningMean();
  runningVariance = fold.getNewRunningVariance();
  auto activation = site.relu ? builder.getStringAttr("relu") : StringAttr();
  SmallVector<Location> places = {site.conv.getLoc(), site.norm.getLoc()};
  for (PointwiseOp op : {site.add, site.relu})
    if (op)
      places.push_back(op.getLoc());
  Location loc = FusedLoc::get(builder.getContext(), places);
  StringAttr layer = site.last().getLayerAttr();
  // The addend may come late.
  builder.setInsertionPoint(site.last());
  if (site.add)
    output = Conv1x1AddOp::create(builder, loc, site.last().getResult(0).getType(), site.input(),
                                  fold.getResult(), fold.getBias(), site.addend(), activation,
                                  layer, StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  else
    output = Conv2dOp::create(builder, loc, site.last().getResult(0).getType(), site.input(),
                              fold.getResult(), fold.getBias(), one, none, one,
                              builder.getI64IntegerAttr(1), activation, layer, StringAttr(),
                              IntegerAttr(), DenseI64ArrayAttr());
}

void Rewrite::makeBackward() {
  Location loc = site.conv.getLoc();
  RankedTensorType inputType = tensorType(site.input());
  Type element = inputType.getElementType();
  builder.setInsertionPoint(site.sums);
  betaGradient =
      pointwise(site.gradient(), wide(outChannels), /*sums=*/1, ".norm_sum", itself).getResult(0);
  auto grad = FoldNormGradOp::create(
      builder, loc, tensorType(site.filter).clone(element), wide(outChannels),
      tensorType(site.filter).clone(element), site.filter.getType(), site.filter,
      wgrad(site.input(), site.gradient(), ".product"), spread, inputSum, betaGradient, invStd,
      site.gamma(), rows, named(".wgrad"), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  filterGradient = grad.getResult();
  gammaGradient = grad.getGammaGradient();
  auto own = FoldNormInputOp::create(
      builder, loc, RankedTensorType::get({inChannels, 1, 1, inChannels}, element),
      wide(inChannels), wgrad(site.filter, grad.getWeightedFilter(), ".filter_square"),
      grad.getScaledFilter(), inputSum, betaGradient, rows, named(".input_filter"), StringAttr(),
      IntegerAttr(), DenseI64ArrayAttr());
  Value ofInput = conv(site.input(), own.getResult(), ".input_grad");
  Value ofGradient =
      Conv2dDgradOp::create(builder, loc, inputType, site.gradient(), grad.getScaledFilter(), one,
                            none, one, builder.getI64IntegerAttr(1), named(".dgrad"), StringAttr(),
                            IntegerAttr(), DenseI64ArrayAttr());
  inputGradient =
      pointwise({ofGradient, ofInput, own.getShift()}, inputType, /*sums=*/0, ".dgrad_sum",
                [](BodyBuilder &b, ValueRange x) {
                  return SmallVector<Value>{b.add(b.add(x[0], x[1]), x[2])};
                })
          .getResult(0);
}

double Rewrite::gain() {
  if (!target)
    return 1;
  double seconds = 0;
  // Normalisation, addition and ReLU would be one kernel, which moves what the largest of
  // them does, and statistics are the convolution's.
  for (Operation *op : {site.conv.getOperation(), (site.add ? site.add : site.norm).getOperation(),
                        site.wgrad.getOperation(), site.dgrad.getOperation(),
                        site.apply.getOperation(), site.sums.getOperation()})
    seconds += target->seconds(op);
  for (Operation *op : made)
    seconds -= target->seconds(op);
  return seconds;
}

void Rewrite::accept() {
  site.wgrad.getResult().replaceAllUsesWith(filterGradient);
  site.dgrad.getResult().replaceAllUsesWith(inputGradient);
  site.sums.getResult(0).replaceUsesWithIf(
      betaGradient, [&](OpOperand &use) { return use.getOwner() != site.apply; });
  site.sums.getResult(1).replaceUsesWithIf(
      gammaGradient, [&](OpOperand &use) { return use.getOwner() != site.apply; });
  for (Operation *op : {site.wgrad.getOperation(), site.dgrad.getOperation(),
                        site.apply.getOperation(), site.sums.getOperation()})
    op->erase();
  site.last().getResult(0).replaceAllUsesWith(output);
  site.statistics.getNewRunningMean().replaceAllUsesWith(runningMean);
  site.statistics.getNewRunningVariance().replaceAllUsesWith(runningVariance);
  for (PointwiseOp op : {site.relu, site.add, site.norm})
    if (op)
      op.erase();
  site.statistics.erase();
  site.conv.erase();
}

void Rewrite::reject() {
  for (Operation *op : llvm::reverse(made))
    op->erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct FoldNormsPass : fanfold::impl::FoldNormsBase<FoldNormsPass> {
  explicit FoldNormsPass(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    SmallVector<Conv2dWgradOp> candidates(body.getOps<Conv2dWgradOp>());
    for (Conv2dWgradOp wgrad : candidates) {
      std::optional<Site> site = Site::of(wgrad);
      if (!site)
        continue;
      Rewrite rewrite(*site, target);
      if (rewrite.gain() > 0) {
        rewrite.accept();
        ++folded;
      } else {
        rewrite.reject();
      }
    }
  }

  const Target *target; ///< Null: what can be is rewritten.
};
} // namespace

std::unique_ptr<Pass> fanfold::createFoldNorms(const Target &target) {
  return std::make_unique<FoldNormsPass>(&target);
}

//===- FuseStatistics.cpp - sums for batch normalisation, taken where they are cheap ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"
#include "passes/Kernel/Choices/TakeForm.h"

#include "llvm/ADT/SetVector.h"

namespace fanfold {
#define GEN_PASS_DEF_FUSESTATISTICS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
/// The sums of a tensor and of its squares over the rows, a number for each channel.
struct Sums {
  Value sum, squares;
};
} // namespace

static bool isBare(Conv2dOp conv) { return conv && !conv.getBias() && !conv.getActivation(); }

static RankedTensorType sumType(Value value) {
  return RankedTensorType::get({channelsOf(value.getType())}, Float32Type::get(value.getContext()));
}

/// `conv`, with sums, before it.
static Conv2dStatisticsOp makeSumming(Conv2dOp conv, Location loc) {
  OpBuilder builder(conv);
  Type sums = sumType(conv);
  auto summing = Conv2dStatisticsOp::create(
      builder, loc, conv.getType(), sums, sums, conv.getInput(), conv.getFilter(),
      /*prologue=*/ValueRange(), conv.getStrideAttr(), conv.getPadAttr(), conv.getDilationAttr(),
      conv.getGroupsAttr(), conv.getLayerAttr(), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  handNotes(conv, summing);
  return summing;
}

/// Statistics of what a convolution makes, or of channels of it.
static SmallVector<BatchNormStatisticsOp> statisticsOf(Conv2dOp conv) {
  SmallVector<BatchNormStatisticsOp> all;
  for (Operation *user : conv->getUsers()) {
    if (auto statistics = dyn_cast<BatchNormStatisticsOp>(user))
      all.push_back(statistics);
    else if (auto slice = dyn_cast<SliceOp>(user))
      for (Operation *reader : slice->getUsers())
        if (auto statistics = dyn_cast<BatchNormStatisticsOp>(reader))
          all.push_back(statistics);
  }
  // Users come in no order.
  llvm::sort(all, [](auto a, auto b) { return a->isBeforeInBlock(b); });
  return all;
}

/// Of sums of a tensor, those of the channels that `slice` takes from it; behind the slice.
static SliceOp makeSlice(SliceOp slice, Value sums) {
  OpBuilder builder(slice.getContext());
  builder.setInsertionPointAfter(slice);
  return SliceOp::create(builder, slice.getLoc(), sumType(slice), sums, slice.getOffsetAttr(),
                         slice.getLayerAttr(), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
}

/// What `statistics` gives, from sums.
static BatchNormFinalizeOp makeFinalize(BatchNormStatisticsOp statistics, Sums sums) {
  OpBuilder builder(statistics);
  return BatchNormFinalizeOp::create(
      builder, statistics.getLoc(), statistics.getResultTypes(), sums.sum, sums.squares,
      statistics.getRunningMean(), statistics.getRunningVariance(),
      builder.getI64IntegerAttr(rowsOf(statistics.getInput().getType())),
      statistics.getEpsilonAttr(), statistics.getMomentumAttr(), statistics.getLayerAttr(),
      StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
}

namespace {
/// The other form of statistics of concatenated tensors: each part is summed once, and sums of
/// a concatenation are those of its parts side by side. Stands beside the first form until one
/// of the two is taken.
class SummedParts {
public:
  explicit SummedParts(const Target *target) : target(target) {}

  /// Makes the other form of `statistics`.
  void add(BatchNormStatisticsOp statistics);
  /// By the target's word.
  bool isFaster() const;
  void accept();
  void reject();

private:
  Sums sumsOf(Value value);
  Sums makeSums(Value value);
  Sums sumApart(Value value);
  /// Notes that `now`, which has the results of `before` and maybe more, stands for it.
  void replace(Operation *before, Operation *now) {
    replaced.push_back({before, now});
    made.push_back(now);
  }

  const Target *target;
  llvm::DenseMap<Value, Sums> known;
  /// What goes, with what stands for it; and all that is there instead.
  SmallVector<std::pair<Operation *, Operation *>> replaced;
  SmallVector<Operation *> made;
};
} // namespace

static std::string nameOf(Operation *op) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  return (layer ? layer.getValue() : op->getName().stripDialect()).str() + ".sums";
}

/// By a kernel that reads the tensor, or that becomes part of the one that makes it.
Sums SummedParts::sumApart(Value value) {
  Operation *producer = value.getDefiningOp();
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfter(producer);
  PointwiseOp sums = makePointwise(builder, producer, value, {sumType(value), sumType(value)},
                                   /*sums=*/2, [](BodyBuilder &b, ValueRange x) {
                                     return SmallVector<Value>{x[0], b.mul(x[0], x[0])};
                                   });
  sums.setLayer(nameOf(producer));
  made.push_back(sums);
  return {sums.getResult(0), sums.getResult(1)};
}

Sums SummedParts::makeSums(Value value) {
  Operation *producer = value.getDefiningOp();
  if (auto conv = dyn_cast<Conv2dStatisticsOp>(producer))
    return {conv.getSum(), conv.getSumOfSquares()};
  if (auto concat = dyn_cast<ConcatOp>(producer)) {
    SmallVector<Value> sums, squares;
    for (Value part : concat.getInputs()) {
      Sums each = sumsOf(part);
      sums.push_back(each.sum);
      squares.push_back(each.squares);
    }
    OpBuilder builder(producer->getContext());
    builder.setInsertionPointAfter(producer);
    auto join = [&](ArrayRef<Value> parts) {
      made.push_back(ConcatOp::create(builder, producer->getLoc(), sumType(value), parts,
                                      builder.getStringAttr(nameOf(producer)), StringAttr(),
                                      IntegerAttr(), DenseI64ArrayAttr()));
      return made.back()->getResult(0);
    };
    Value sum = join(sums);
    return {sum, join(squares)};
  }
  Sums sums = sumApart(value);
  auto conv = dyn_cast<Conv2dOp>(producer);
  if (!isBare(conv))
    return sums;
  Operation *reading = sums.sum.getDefiningOp();
  Conv2dStatisticsOp summing = makeSumming(conv, conv.getLoc());
  if (!takesFused(target, "statistics", {conv, reading}, {summing})) {
    summing.erase();
    return sums;
  }
  made.pop_back();
  reading->erase();
  replace(conv, summing);
  return {summing.getSum(), summing.getSumOfSquares()};
}

Sums SummedParts::sumsOf(Value value) {
  auto found = known.find(value);
  if (found == known.end()) {
    Sums sums = makeSums(value);
    found = known.try_emplace(value, sums).first;
  }
  return found->second;
}

void SummedParts::add(BatchNormStatisticsOp statistics) {
  Sums sums = sumsOf(statistics.getInput());
  replace(statistics, makeFinalize(statistics, sums));
}

bool SummedParts::isFaster() const {
  double before = 0, now = 0;
  for (auto [op, twin] : replaced)
    before += target ? target->seconds(op) : 1;
  for (Operation *op : made)
    now += target ? target->seconds(op) : 0;
  return now < before;
}

void SummedParts::accept() {
  // Readers first.
  for (auto [before, now] : llvm::reverse(replaced)) {
    for (auto [old, result] : llvm::zip(before->getResults(), now->getResults()))
      old.replaceAllUsesWith(result);
    before->erase();
  }
}

void SummedParts::reject() {
  for (Operation *op : llvm::reverse(made))
    op->erase();
}

namespace {
struct FuseStatisticsPass : fanfold::impl::FuseStatisticsBase<FuseStatisticsPass> {
  explicit FuseStatisticsPass(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    for (auto conv : llvm::make_early_inc_range(body.getOps<Conv2dOp>()))
      if (isBare(conv))
        if (auto statistics = statisticsOf(conv); !statistics.empty())
          fuse(conv, statistics);
    sumParts(body);
  }

  /// Makes the fused form, and takes one of the two.
  void fuse(Conv2dOp conv, ArrayRef<BatchNormStatisticsOp> statistics) {
    SmallVector<Location> locations = {conv.getLoc()};
    for (BatchNormStatisticsOp op : statistics)
      locations.push_back(op.getLoc());
    Conv2dStatisticsOp both = makeSumming(conv, FusedLoc::get(&getContext(), locations));
    SmallVector<Operation *> apart = {conv}, fused = {both}, slices, finalizes;
    for (BatchNormStatisticsOp op : statistics) {
      apart.push_back(op);
      Sums sums = {both.getSum(), both.getSumOfSquares()};
      if (auto slice = op.getInput().getDefiningOp<SliceOp>())
        for (Value *sum : {&sums.sum, &sums.squares}) {
          slices.push_back(makeSlice(slice, *sum));
          *sum = slices.back()->getResult(0);
        }
      finalizes.push_back(makeFinalize(op, sums));
    }
    llvm::append_range(fused, finalizes);
    if (!takesFused(target, "statistics", apart, fused)) {
      for (Operation *op : llvm::concat<Operation *>(finalizes, slices))
        op->erase();
      both.erase();
      return;
    }
    conv.getResult().replaceAllUsesWith(both.getResult());
    for (auto [before, now] : llvm::zip(statistics, finalizes)) {
      before->replaceAllUsesWith(now);
      before->erase();
    }
    conv.erase();
    this->fused += statistics.size();
  }

  static void collectParts(Value value, llvm::SetVector<Value> &parts) {
    if (parts.insert(value))
      if (auto concat = value.getDefiningOp<ConcatOp>())
        for (Value part : concat.getInputs())
          collectParts(part, parts);
  }

  /// In half precision only: there, what a variance loses as a difference of sums is far below
  /// what rounding the tensor does.
  void sumParts(Block &body) {
    llvm::SetVector<Value> parts;
    for (auto op : body.getOps<BatchNormStatisticsOp>())
      if (Type element = cast<RankedTensorType>(op.getInput().getType()).getElementType();
          op.getInput().getDefiningOp<ConcatOp>() && (element.isF16() || element.isBF16()))
        collectParts(op.getInput(), parts);
    SmallVector<BatchNormStatisticsOp> statistics;
    for (auto op : body.getOps<BatchNormStatisticsOp>())
      if (parts.contains(op.getInput()))
        statistics.push_back(op);
    SummedParts form(target);
    for (BatchNormStatisticsOp op : statistics)
      form.add(op);
    if (!form.isFaster())
      return form.reject();
    form.accept();
    fused += statistics.size();
  }

  const Target *target; ///< Null: one that likes the epilogue.
};
} // namespace

std::unique_ptr<Pass> fanfold::createFuseStatistics(const Target &target) {
  return std::make_unique<FuseStatisticsPass>(&target);
}

//===- PlaceSlices.cpp - concatenation and slices in common memory --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/PlaceSlices.h"
#include "passes/InPlace.h"
#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_PLACESLICES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
class Placer {
public:
  Placer(bool enable, const Target *target) : enable(enable), target(target) {}

  void placeConcat(ConcatOp concat);
  void placeSlice(SliceOp slice);
  PlacedCounts counts;

private:
  bool takesPitch(Operation *op, Value value) const;
  bool readersTakePitch(Value value) const;
  bool isAligned(Value whole, int64_t channel) const;
  bool mayJoin(ConcatOp concat, unsigned index, int64_t channel) const;
  Value copy(OpBuilder &builder, Operation *op, Value value);

  bool enable;
  const Target *target;
};
} // namespace

/// Whether `op` reads or writes `value` where its rows lie apart. What this pass has not
/// replaced yet will be a copy, a part or a join.
bool Placer::takesPitch(Operation *op, Value value) const {
  if (isa<ConcatOp, SliceOp, CopyOp, PartOp>(op))
    return true;
  if (!isa<LaunchOpInterface>(op))
    return false;
  if (!target)
    return isa<PointwiseOp>(op);
  return target->takesPitch(op, value);
}

/// Outputs, variables and views want elements one behind the other.
bool Placer::readersTakePitch(Value value) const {
  return llvm::all_of(value.getUsers(), [&](Operation *op) { return takesPitch(op, value); });
}

/// Whether rows of `whole`, and their channels from `channel` on, begin where the target
/// wants them. Where `whole` is a part itself, that holds for what it lies in.
bool Placer::isAligned(Value whole, int64_t channel) const {
  auto type = cast<RankedTensorType>(whole.getType());
  int64_t elementBytes = byteSize(type) / type.getNumElements();
  int64_t alignment = target ? target->rowAlignment() : 1;
  return channel * elementBytes % alignment == 0 &&
         (rowsOf(type) == 1 || channelsOf(type) * elementBytes % alignment == 0);
}

/// Whether operand `index`, which begins at `channel`, can be made in its place. It has one
/// place only: a value that is joined with others already, or twice here, has it elsewhere.
bool Placer::mayJoin(ConcatOp concat, unsigned index, int64_t channel) const {
  Value value = concat.getOperand(index);
  Operation *maker = value.getDefiningOp();
  if (!enable || !isAligned(concat, channel) || llvm::count(concat.getInputs(), value) != 1)
    return false;
  // Of a join, the launches have been asked when it was made.
  if (!isa<JoinOp>(maker) && !(isa<LaunchOpInterface>(maker) && takesPitch(maker, value)))
    return false;
  return readersTakePitch(value);
}

/// A copy of `value` for `op`, which stood for it.
Value Placer::copy(OpBuilder &builder, Operation *op, Value value) {
  ++counts.copied;
  auto layer = op->getAttrOfType<StringAttr>("layer");
  return CopyOp::create(builder, op->getLoc(), value.getType(), value,
                        layer ? builder.getStringAttr(layer.getValue() + ".copy") : layer,
                        StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
}

void Placer::placeConcat(ConcatOp concat) {
  OpBuilder builder(concat);
  SmallVector<Value> operands;
  int64_t channel = 0;
  for (auto [index, value] : llvm::enumerate(concat.getInputs())) {
    bool joins = mayJoin(concat, index, channel);
    counts.placed += joins;
    operands.push_back(joins ? value : copy(builder, concat, value));
    channel += channelsOf(value.getType());
  }
  auto join =
      JoinOp::create(builder, concat.getLoc(), concat.getType(), operands, concat.getLayerAttr(),
                     StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  concat.getResult().replaceAllUsesWith(join.getResult());
  concat.erase();
}

/// Whether `value` is a variable's at the begin of the step, or lies in it. Writes are settled
/// behind the slices of it, and not behind what reads those.
static bool isOfVariable(Value value) {
  Operation *maker = value.getDefiningOp();
  while (isa<PartOp, ViewOp>(maker))
    maker = maker->getOperand(0).getDefiningOp();
  return isa<cnn::ReadOp>(maker);
}

void Placer::placeSlice(SliceOp slice) {
  OpBuilder builder(slice);
  Value result = PartOp::create(builder, slice.getLoc(), slice.getType(), slice.getInput(),
                                slice.getOffsetAttr(), slice.getLayerAttr(), StringAttr(),
                                IntegerAttr(), DenseI64ArrayAttr());
  if (enable && !isOfVariable(slice.getInput()) && isAligned(slice.getInput(), slice.getOffset()) &&
      readersTakePitch(slice))
    ++counts.placed;
  else
    result = copy(builder, slice, result);
  slice.getResult().replaceAllUsesWith(result);
  slice.erase();
}

FailureOr<PlacedCounts> fanfold::placeSlices(cnn::StepOp step, bool enable, const Target *target) {
  // Whether a value becomes a variable's must be known before it gets its place.
  if (failed(settleWrites(step, enable)))
    return failure();
  Placer placer(enable, target);
  for (Operation &op : llvm::make_early_inc_range(step.getBody().front()))
    if (auto concat = dyn_cast<ConcatOp>(op))
      placer.placeConcat(concat);
    else if (auto slice = dyn_cast<SliceOp>(op))
      placer.placeSlice(slice);
  return placer.counts;
}

namespace {
struct PlaceSlicesPass : fanfold::impl::PlaceSlicesBase<PlaceSlicesPass> {
  explicit PlaceSlicesPass(PlaceSlicesOptions options = {}, const Target *target = nullptr)
      : PlaceSlicesBase(options), target(target) {}

  void runOnOperation() override {
    FailureOr<PlacedCounts> counts = placeSlices(getOperation(), enable, target);
    if (failed(counts))
      return signalPassFailure();
    placed += counts->placed;
    copied += counts->copied;
  }

  const Target *target;
};
} // namespace

std::unique_ptr<Pass> fanfold::createPlaceSlices(const Target &target,
                                                 const PlaceSlicesOptions &options) {
  return std::make_unique<PlaceSlicesPass>(options, &target);
}

//===- PlaceSlices.cpp - concatenation and slices in common memory --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Memory/PlaceSlices.h"
#include "passes/InPlace.h"
#include "passes/Joins.h"
#include "passes/Kernel/Choices/SelectAlgorithms.h"
#include "passes/Kernel/Choices/TakeForm.h"
#include "passes/Kernel/Memory/PlaceBuckets.h"
#include "passes/LaunchWork.h"
#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_PLACESLICES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
/// A launch that touches a part where it lies, and the same over packed elements.
struct Counterparts {
  Operation *inPlace, *packed;
};

class Placer {
public:
  Placer(bool enable, const Target *target) : enable(enable), target(target) {}

  void placeConcat(ConcatOp concat);
  void placeSlice(SliceOp slice);
  /// Behind all of those: only then it is known in what a part lies.
  LogicalResult settleProducts(cnn::StepOp step);
  PlacedCounts counts;

private:
  bool takesPart(Operation *op, Value value, Type whole) const;
  bool readersTakePart(Value value, Type whole) const;
  bool isAligned(Value whole, int64_t first, Type part) const;
  bool mayJoin(ConcatOp concat, unsigned index, int64_t first) const;
  Joins::Place placeToCut(PartOp part) const;
  Value cut(PartOp part);
  void countCopy(CopyOp copy);
  FailureOr<bool> takesPart(StringRef fusion, ArrayRef<Counterparts> launches, CopyOp copy);
  LogicalResult settleReaders(Value value, Value whole);
  LogicalResult settleMaker(OpOperand &operand);

  bool enable;
  const Target *target;
};
} // namespace

/// Whether `op` reads or writes `value` where it lies in a tensor of type `whole`. What this pass
/// has not replaced yet will be a copy, a part or a join.
bool Placer::takesPart(Operation *op, Value value, Type whole) const {
  if (isa<ConcatOp, SliceOp, CopyOp, PartOp>(op))
    return true;
  if (!isa<LaunchOpInterface>(op))
    return false;
  if (isStacked(value.getType(), whole))
    return true; // Its rows do not lie apart.
  if (!target)
    return isa<PointwiseOp>(op);
  return target->takesPitch(op, value);
}

/// Outputs, variables and views want elements that belong to nothing else.
bool Placer::readersTakePart(Value value, Type whole) const {
  return llvm::all_of(value.getUsers(), [&](Operation *op) { return takesPart(op, value, whole); });
}

/// Whether the rows of a part of `whole`, whose first one begins at element `first`, begin where
/// the target wants them. Where `whole` is a part itself, that holds for what it lies in.
bool Placer::isAligned(Value whole, int64_t first, Type part) const {
  auto type = cast<RankedTensorType>(whole.getType());
  int64_t elementBytes = byteSize(type) / type.getNumElements();
  int64_t alignment = target ? target->rowAlignment() : 1;
  return first * elementBytes % alignment == 0 &&
         (rowsOf(type) == 1 || isStacked(part, type) ||
          channelsOf(type) * elementBytes % alignment == 0);
}

/// Whether operand `index`, which begins at element `first`, can be made in its place. It has one
/// place only: a value that is joined with others already, or twice here, has it elsewhere.
bool Placer::mayJoin(ConcatOp concat, unsigned index, int64_t first) const {
  Value value = concat.getOperand(index);
  const Type whole = concat.getType();
  Operation *maker = value.getDefiningOp();
  if (!enable || !isAligned(concat, first, value.getType()) ||
      llvm::count(concat.getInputs(), value) != 1)
    return false;
  // Of a join, the launches have been asked when it was made.
  if (!(isa<JoinOp>(maker) && !isStacked(value.getType(), whole)) &&
      !(isa<LaunchOpInterface>(maker) && takesPart(maker, value, whole)))
    return false;
  return readersTakePart(value, whole);
}

/// A copy of `value` for `op`.
static CopyOp makeCopy(OpBuilder &builder, Operation *op, Value value) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  return CopyOp::create(builder, op->getLoc(), value.getType(), value,
                        layer ? builder.getStringAttr(layer.getValue() + ".copy") : layer,
                        StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
}

void Placer::placeConcat(ConcatOp concat) {
  OpBuilder builder(concat);
  SmallVector<Value> operands;
  int64_t first = 0;
  for (auto [index, value] : llvm::enumerate(concat.getInputs())) {
    bool joins = mayJoin(concat, index, first);
    ++(joins ? counts.placed : counts.copied);
    operands.push_back(joins ? value : makeCopy(builder, concat, value));
    auto type = cast<RankedTensorType>(value.getType());
    first += isStacked(type, concat.getType()) ? type.getNumElements() : channelsOf(type);
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

/// The result of a pointwise kernel that `part` can be cut out of, and where it begins there;
/// null if something else makes it, or if threads would begin in the middle of the part.
Joins::Place Placer::placeToCut(PartOp part) const {
  Joins::Place place = {part, 0};
  while (auto outer = place.whole.getDefiningOp<PartOp>()) {
    if (isStacked(outer.getType(), outer.getInput().getType()))
      return {};
    place.offset += static_cast<int64_t>(outer.getOffset());
    place.whole = outer.getInput();
  }
  auto maker = place.whole.getDefiningOp<PointwiseOp>();
  const Type type = place.whole.getType();
  if (!enable || !maker || rowsOf(type) != maker.getRows() ||
      channelsOf(type) != maker.getChannels() ||
      !isAligned(place.whole, place.offset, part.getType()) ||
      !isAligned(place.whole, place.offset + channelsOf(part.getType()), part.getType()))
    return {};
  return place;
}

/// A part as a result of its own of the kernel that makes what it lies in; null if there is no
/// place to cut.
Value Placer::cut(PartOp part) {
  const auto [whole, first] = placeToCut(part);
  if (!whole)
    return nullptr;
  auto maker = whole.getDefiningOp<PointwiseOp>();

  // Behind the other results of its kind, or in the place of one that nobody else reads.
  const unsigned from = cast<OpResult>(whole).getResultNumber();
  const bool replaces = part.getInput() == whole && whole.hasOneUse() && part->hasOneUse();
  const unsigned index = replaces ? from : maker.getNumElementwise();
  SmallVector<Type> types(maker.getResultTypes());
  SmallVector<int64_t> firsts(maker.getNumElementwise(), 0);
  if (maker.getFirstChannels())
    firsts.assign(maker.getFirstChannels()->begin(), maker.getFirstChannels()->end());
  if (!replaces) {
    types.insert(types.begin() + index, Type());
    firsts.push_back(0);
  }
  types[index] = part.getType();
  firsts[index] = first;
  OpBuilder builder(maker);
  auto made = PointwiseOp::create(
      builder, maker.getLoc(), types, maker.getInputs(), maker.getExtentAttr(), maker.getSumsAttr(),
      builder.getDenseI64ArrayAttr(firsts), maker.getLayerAttr(), maker.getAlgorithmAttr(),
      maker.getWorkspaceBytesAttr(), maker.getInPlaceAttr());
  made.getBody().takeBody(maker.getBody());
  Operation &yield = made.getBody().front().back();
  if (!replaces)
    yield.insertOperands(index, yield.getOperand(from));
  for (unsigned i = 0; i < maker.getNumResults(); ++i)
    maker.getResult(i).replaceAllUsesWith(made.getResult(!replaces && i >= index ? i + 1 : i));
  maker.erase();
  return made.getResult(index);
}

/// Puts what `copy` makes of a part in a result of its own where that is possible.
void Placer::countCopy(CopyOp copy) {
  auto part = copy.getInput().getDefiningOp<PartOp>();
  Value instead = part ? cut(part) : Value();
  ++(instead ? counts.placed : counts.copied);
  if (!instead)
    return;
  copy.getResult().replaceAllUsesWith(instead);
  copy.erase();
  if (part->use_empty())
    part.erase();
}

void Placer::placeSlice(SliceOp slice) {
  OpBuilder builder(slice);
  Value part = PartOp::create(builder, slice.getLoc(), slice.getType(), slice.getInput(),
                              slice.getOffsetAttr(), slice.getLayerAttr(), StringAttr(),
                              IntegerAttr(), DenseI64ArrayAttr());
  const Type whole = slice.getInput().getType();
  const bool isPlaced =
      enable && !isOfVariable(slice.getInput()) &&
      isAligned(slice.getInput(), firstElement(slice.getType(), whole, slice.getOffset()),
                slice.getType()) &&
      readersTakePart(slice, whole);
  CopyOp copy = isPlaced ? CopyOp() : makeCopy(builder, slice, part);
  slice.getResult().replaceAllUsesWith(isPlaced ? part : copy.getResult());
  slice.erase();
  if (copy)
    countCopy(copy);
  else
    ++counts.placed;
}

//===----------------------------------------------------------------------===//
// Products, of which the target says whether they touch a part where it lies
//===----------------------------------------------------------------------===//

/// Whether its elements lie one behind the other in whatever it is a part of: it has one row, as
/// sums have that a convolution leaves, or is stacked.
static bool isContiguous(Value value, Value whole) {
  return cast<RankedTensorType>(value.getType()).getRank() == 1 ||
         isStacked(value.getType(), whole.getType());
}

/// The products among the readers of `value`, in their order, and each of them as it reads
/// `packed`, the same elements one behind the other.
static SmallVector<Counterparts> packReaders(Value value, Value packed) {
  SmallVector<Operation *> readers;
  for (Operation *user : value.getUsers())
    if (isProduct(user) && !llvm::is_contained(readers, user))
      readers.push_back(user);
  llvm::sort(readers, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  SmallVector<Counterparts> all;
  for (Operation *reader : readers) {
    Operation *clone = OpBuilder(reader).clone(*reader);
    clone->replaceUsesOfWith(value, packed);
    all.push_back({reader, clone});
  }
  return all;
}

/// Takes one of two forms, and erases what is only in the other: launches that touch a part
/// where it lies, or a copy and launches over packed elements. Fails with a diagnostic if the
/// target cannot run it.
FailureOr<bool> Placer::takesPart(StringRef fusion, ArrayRef<Counterparts> launches, CopyOp copy) {
  SmallVector<Operation *> apart = {copy}, inPlace;
  for (const Counterparts &launch : launches) {
    inPlace.push_back(launch.inPlace);
    apart.push_back(launch.packed);
  }
  const bool takes = takesFused(target, fusion, apart, inPlace);
  for (Operation *launch : takes ? inPlace : apart)
    if (isProduct(launch) && failed(selectAlgorithm(launch, *target)))
      return failure();
  if (!takes)
    for (const Counterparts &launch : launches)
      launch.inPlace->replaceAllUsesWith(launch.packed);
  for (Operation *unused : takes ? apart : inPlace) {
    unused->dropAllUses();
    unused->erase();
  }
  return takes;
}

/// `value` is a part of `whole`, or joined to it by joins alone. Its readers may have a copy.
LogicalResult Placer::settleReaders(Value value, Value whole) {
  if (isContiguous(value, whole) || llvm::none_of(value.getUsers(), isProduct))
    return success();
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  CopyOp copy = makeCopy(builder, value.getDefiningOp(), value);
  auto part = value.getDefiningOp<PartOp>();
  const bool isCut = part && placeToCut(part).whole;
  FailureOr<bool> takes = takesPart(isCut ? "cut" : "part", packReaders(value, copy), copy);
  if (succeeded(takes) && !*takes) {
    --counts.placed;
    countCopy(copy);
  }
  return success(succeeded(takes));
}

/// What a launch makes in its place in `join` may be made elsewhere and copied.
LogicalResult Placer::settleMaker(OpOperand &operand) {
  auto value = cast<OpResult>(operand.get());
  Operation *maker = value.getOwner();
  if (isContiguous(value, operand.getOwner()->getResult(0)) ||
      (!isProduct(maker) && llvm::none_of(value.getUsers(), isProduct)))
    return success();
  Operation *packed = OpBuilder(maker).clone(*maker);
  Value elsewhere = packed->getResult(value.getResultNumber());
  OpBuilder builder(operand.getOwner());
  CopyOp copy = makeCopy(builder, operand.getOwner(), elsewhere);
  SmallVector<Counterparts> launches = {{maker, packed}};
  llvm::append_range(launches, packReaders(value, elsewhere));
  FailureOr<bool> takes = takesPart("part", launches, copy);
  if (succeeded(takes) && !*takes) {
    operand.set(copy);
    --counts.placed;
    ++counts.copied;
  }
  return success(succeeded(takes));
}

LogicalResult Placer::settleProducts(cnn::StepOp step) {
  SmallVector<Operation *> places;
  for (Operation &op : step.getBody().front())
    if (isa<JoinOp, PartOp>(op))
      places.push_back(&op);
  for (Operation *place : places) {
    if (auto part = dyn_cast<PartOp>(place)) {
      if (failed(settleReaders(part, part.getInput())))
        return failure();
      continue;
    }
    for (OpOperand &operand : place->getOpOperands()) {
      const bool isJoined = operand.get().getDefiningOp<JoinOp>();
      if (failed(isJoined ? settleReaders(operand.get(), place->getResult(0))
                          : settleMaker(operand)))
        return failure();
    }
  }
  return success();
}

FailureOr<PlacedCounts> fanfold::placeSlices(cnn::StepOp step, bool enable, const Target *target) {
  placeBuckets(step, enable);
  // Whether a value becomes a variable's must be known before it gets its place.
  if (failed(settleWrites(step, enable)))
    return failure();
  Placer placer(enable, target);
  for (Operation &op : llvm::make_early_inc_range(step.getBody().front()))
    if (auto concat = dyn_cast<ConcatOp>(op))
      placer.placeConcat(concat);
    else if (auto slice = dyn_cast<SliceOp>(op))
      placer.placeSlice(slice);
  if (failed(placer.settleProducts(step)))
    return failure();
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

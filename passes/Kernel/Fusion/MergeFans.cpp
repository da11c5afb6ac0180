//===- MergeFans.cpp - convolutions of one input as one -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Choices/TakeForm.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace fanfold {
#define GEN_PASS_DEF_MERGEFANS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

/// Convolutions of one input, in the order of the step.
using Fan = SmallVector<Operation *>;

static bool isOrdinary(Conv2dOp conv) {
  return !conv.getBias() && !conv.getActivation() && conv.getGroups() == 1;
}

/// The type of tensors like `values` together: along the first dimension, or the channels.
static RankedTensorType typeOfAll(ValueRange values, bool stacks) {
  SmallVector<int64_t> shape(tensorType(values.front()).getShape());
  int64_t &extent = stacks ? shape.front() : shape.back();
  extent = 0;
  for (Value value : values)
    extent += stacks ? tensorType(value).getDimSize(0) : channelsOf(value.getType());
  return RankedTensorType::get(shape, tensorType(values.front()).getElementType());
}

static StringAttr nameOf(ArrayRef<Operation *> ops) {
  auto layer = ops.front()->getAttrOfType<StringAttr>("layer");
  StringRef first = layer ? layer.getValue() : ops.front()->getName().stripDialect();
  return StringAttr::get(ops.front()->getContext(),
                         first + " and " + Twine(ops.size() - 1) + " more");
}

/// The one that stands last.
static Operation *lastOf(ArrayRef<Operation *> ops) {
  return *llvm::max_element(ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
}

static SmallVector<Operation *> makersOf(ValueRange values) {
  return llvm::map_to_vector(values, [](Value value) { return value.getDefiningOp(); });
}

/// `values` as one, for a product in the place of `products`.
static ConcatOp concatenate(ArrayRef<Operation *> products, ValueRange values, bool stacks) {
  OpBuilder builder(products.front()->getContext());
  builder.setInsertionPointAfter(lastOf(makersOf(values)));
  StringAttr layer =
      builder.getStringAttr(nameOf(products).getValue() + (stacks ? ".filters" : ".gradients"));
  return ConcatOp::create(builder, products.front()->getLoc(), typeOfAll(values, stacks), values,
                          layer, StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
}

/// Slices of `whole`, behind it, like `values`.
static SmallVector<Value> slicesOf(Value whole, ValueRange values, bool stacks) {
  OpBuilder builder(whole.getContext());
  builder.setInsertionPointAfterValue(whole);
  SmallVector<Value> slices;
  int64_t offset = 0;
  for (Value value : values) {
    slices.push_back(SliceOp::create(builder, value.getLoc(), value.getType(), whole,
                                     builder.getI64IntegerAttr(offset),
                                     value.getDefiningOp()->getAttrOfType<StringAttr>("layer"),
                                     StringAttr(), IntegerAttr(), DenseI64ArrayAttr()));
    offset += stacks ? tensorType(value).getDimSize(0) : channelsOf(value.getType());
  }
  return slices;
}

/// One product in the place of several, behind the last of them: like the first, with other
/// operands and another type.
static Operation *makeProduct(ArrayRef<Operation *> products, ValueRange operands, Type type) {
  OpBuilder builder(products.front()->getContext());
  builder.setInsertionPointAfter(lastOf(products));
  Operation *one = builder.clone(*products.front());
  one->setOperands(operands);
  one->getResult(0).setType(type);
  one->setAttr("layer", nameOf(products));
  one->setLoc(builder.getFusedLoc(
      llvm::map_to_vector(products, [](Operation *product) { return product->getLoc(); })));
  return one;
}

/// What stands before `end` and needs results of `sources`, in its order.
static llvm::SetVector<Operation *> readersOf(ArrayRef<Operation *> sources, Operation *end) {
  llvm::SetVector<Operation *> readers;
  auto isSource = [&](Operation *op) {
    return llvm::is_contained(sources, op) || readers.contains(op);
  };
  for (Operation &op : llvm::make_range(end->getBlock()->begin(), end->getIterator()))
    if (llvm::any_of(op.getOperands(), [&](Value v) { return isSource(v.getDefiningOp()); }))
      readers.insert(&op);
  return readers;
}

/// Moves all that needs results of `made`, and stands before its last op, behind that.
static void sinkReaders(ArrayRef<Operation *> made) {
  Operation *last = lastOf(made);
  for (Operation *reader : readersOf(made, last)) {
    reader->moveAfter(last);
    last = reader;
  }
}

/// Whether `op`, which stands behind `others`, needs a result of theirs.
static bool needs(Operation *op, ArrayRef<Operation *> others) {
  llvm::SetVector<Operation *> readers = readersOf(others, op->getNextNode());
  return readers.contains(op);
}

//===----------------------------------------------------------------------===//
// Sums of gradients
//===----------------------------------------------------------------------===//

/// The sum of two tensors of one type, and nothing else.
static bool isSum(Operation *op) {
  auto sum = dyn_cast_or_null<PointwiseOp>(op);
  if (!sum || sum.getInputs().size() != 2 || sum->getNumResults() != 1 || sum.getSums() != 0 ||
      llvm::any_of(sum.getInputs(), [&](Value v) { return v.getType() != sum.getType(0); }))
    return false;
  Block &body = sum.getBody().front();
  auto add = dyn_cast<arith::AddFOp>(body.front());
  return add && body.back().getOperand(0) == add && add->getBlock()->getOperations().size() == 2 &&
         add.getLhs() != add.getRhs() && isa<BlockArgument>(add.getLhs()) &&
         isa<BlockArgument>(add.getRhs());
}

namespace {
/// All that is added up with a value, where nobody reads what comes in between.
struct SumTree {
  explicit SumTree(Value value);

  Operation *root = nullptr; ///< Null if nothing is added.
  SmallVector<Value> terms;
  SmallVector<Operation *> sums; ///< Readers first.
};
} // namespace

SumTree::SumTree(Value value) {
  while (value.hasOneUse() && isSum(*value.user_begin())) {
    root = *value.user_begin();
    value = root->getResult(0);
  }
  if (!root)
    return;
  SmallVector<Operation *> open = {root};
  while (!open.empty()) {
    sums.push_back(open.pop_back_val());
    for (Value operand : sums.back()->getOperands())
      if (operand.hasOneUse() && isSum(operand.getDefiningOp()))
        open.push_back(operand.getDefiningOp());
      else
        terms.push_back(operand);
  }
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct MergeFansPass : fanfold::impl::MergeFansBase<MergeFansPass> {
  explicit MergeFansPass(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override;

private:
  bool fits(Conv2dOp conv, Conv2dOp other) const;
  bool isAligned(Conv2dOp conv) const;
  /// Each leaves all as it is where the target says so.
  bool merge(ArrayRef<Operation *> products, ValueRange operands, bool stacks);
  void mergeGradients(Value input, ValueRange filters, Value allFilters);
  void mergeInputGradients(ArrayRef<Operation *> dgrads, Value gradients, Value allFilters);

  const Target *target; ///< Null: one that likes it.
};
} // namespace

/// Channels that threads and copies take where they lie in the product.
bool MergeFansPass::isAligned(Conv2dOp conv) const {
  const RankedTensorType type = tensorType(conv);
  const int64_t bytes = channelsOf(type) * (byteSize(type) / type.getNumElements());
  return bytes % (target ? target->rowAlignment() : 1) == 0;
}

/// Whether two convolutions of one input can be one.
bool MergeFansPass::fits(Conv2dOp conv, Conv2dOp other) const {
  const RankedTensorType first = tensorType(conv.getFilter()),
                         second = tensorType(other.getFilter());
  return conv.getStrideAttr() == other.getStrideAttr() && conv.getPadAttr() == other.getPadAttr() &&
         conv.getDilationAttr() == other.getDilationAttr() &&
         conv.getFilter() != other.getFilter() &&
         first.getElementType() == second.getElementType() &&
         first.getShape().drop_front() == second.getShape().drop_front() &&
         tensorType(conv).getElementType() == tensorType(other).getElementType();
}

void MergeFansPass::runOnOperation() {
  llvm::MapVector<Value, SmallVector<Fan>> fans;
  for (auto conv : getOperation().getBody().front().getOps<Conv2dOp>()) {
    if (!isOrdinary(conv) || !isAligned(conv))
      continue;
    SmallVector<Fan> &ofInput = fans[conv.getInput()];
    auto *fan = llvm::find_if(ofInput, [&](const Fan &fan) {
      return fits(cast<Conv2dOp>(fan.front()), conv) && !needs(conv, fan);
    });
    if (fan == ofInput.end())
      ofInput.push_back({conv});
    else
      fan->push_back(conv);
  }
  for (auto &[input, ofInput] : fans)
    for (const Fan &fan : ofInput) {
      if (fan.size() < 2)
        continue;
      SmallVector<Value> filters = llvm::map_to_vector(
          fan, [](Operation *conv) -> Value { return cast<Conv2dOp>(conv).getFilter(); });
      ConcatOp allFilters = concatenate(fan, filters, /*stacks=*/true);
      if (!merge(fan, {input, allFilters}, /*stacks=*/false)) {
        allFilters.erase();
        continue;
      }
      mergeGradients(input, filters, allFilters);
      ++merged;
    }
}

/// One product of `operands` in the place of several, whose results are slices of its own: along
/// the first dimension, or the channels.
bool MergeFansPass::merge(ArrayRef<Operation *> products, ValueRange operands, bool stacks) {
  SmallVector<Value> results =
      llvm::map_to_vector(products, [](Operation *op) -> Value { return op->getResult(0); });
  Operation *all = makeProduct(products, operands, typeOfAll(results, stacks));
  if (!takesFused(target, "fan", products, all)) {
    all->erase();
    return false;
  }
  SmallVector<Value> slices = slicesOf(all->getResult(0), results, stacks);
  for (auto [result, slice] : llvm::zip(results, slices))
    result.replaceAllUsesWith(slice);
  for (Operation *product : products)
    product->erase();
  sinkReaders(makersOf(slices));
  return true;
}

/// The gradients of what convolutions of `input` by `filters` made.
void MergeFansPass::mergeGradients(Value input, ValueRange filters, Value allFilters) {
  SmallVector<Operation *> dgrads, wgrads;
  SmallVector<Value> gradients;
  for (Value filter : filters) {
    SmallVector<Conv2dDgradOp> readers;
    for (Operation *user : filter.getUsers())
      if (auto dgrad = dyn_cast<Conv2dDgradOp>(user))
        readers.push_back(dgrad);
    if (readers.size() != 1)
      return;
    dgrads.push_back(readers.front());
    gradients.push_back(readers.front().getGradient());
    for (Operation *user : gradients.back().getUsers())
      if (auto wgrad = dyn_cast<Conv2dWgradOp>(user);
          wgrad && wgrad.getInput() == input && !wgrad.hasPrologue())
        wgrads.push_back(wgrad);
  }
  if (llvm::SetVector<Value>(gradients.begin(), gradients.end()).size() != gradients.size() ||
      llvm::any_of(gradients, [](Value v) { return !v.getDefiningOp(); }))
    return;
  ConcatOp all = concatenate(dgrads, gradients, /*stacks=*/false);
  mergeInputGradients(dgrads, all, allFilters);
  if (wgrads.size() == filters.size())
    merge(wgrads, {input, all}, /*stacks=*/true);
  if (all.use_empty())
    all.erase();
}

/// The sum of some data gradients is one of all channels together.
void MergeFansPass::mergeInputGradients(ArrayRef<Operation *> dgrads, Value gradients,
                                        Value allFilters) {
  SumTree tree(dgrads.front()->getResult(0));
  auto isMember = [&](Value term) { return llvm::is_contained(dgrads, term.getDefiningOp()); };
  if (!tree.root || llvm::count_if(tree.terms, isMember) != static_cast<long>(dgrads.size()) ||
      !llvm::all_of(dgrads, [](Operation *dgrad) { return dgrad->hasOneUse(); }))
    return;
  Operation *all =
      makeProduct(dgrads, {gradients, allFilters}, dgrads.front()->getResult(0).getType());
  OpBuilder builder(tree.root);
  SmallVector<Operation *> apart(dgrads), fused = {all};
  Value sum;
  auto add = [&](Value term) {
    if (sum) {
      fused.push_back(builder.clone(*tree.root));
      fused.back()->setOperands({sum, term});
      term = fused.back()->getResult(0);
    }
    sum = term;
  };
  for (Value term : tree.terms)
    if (!isMember(term))
      add(term);
  add(all->getResult(0));
  llvm::append_range(apart, tree.sums);
  const bool takes = takesFused(target, "fan", apart, fused);
  if (takes)
    tree.root->getResult(0).replaceAllUsesWith(sum);
  // Readers first.
  SmallVector<Operation *> unused = llvm::to_vector(llvm::reverse(fused));
  if (takes) {
    unused = tree.sums;
    llvm::append_range(unused, dgrads);
  }
  for (Operation *op : unused)
    op->erase();
}

std::unique_ptr<Pass> fanfold::createMergeFans(const Target &target) {
  return std::make_unique<MergeFansPass>(&target);
}

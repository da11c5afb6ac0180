//===- BucketGradients.cpp - exchange many gradients at once --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace fanfold {
#define GEN_PASS_DEF_BUCKETGRADIENTS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

/// The slice that `exchange` exchanges and nobody else reads, or null.
static SliceOp exchangedSlice(AllReduceOp exchange) {
  auto slice = exchange.getInputs().size() == 1
                   ? exchange.getInputs().front().getDefiningOp<SliceOp>()
                   : SliceOp();
  return slice && slice->hasOneUse() ? slice : SliceOp();
}

namespace {
struct Bucket {
  SmallVector<AllReduceOp> exchanges;
  int64_t bytes = 0;
};

struct BucketGradientsPass : fanfold::impl::BucketGradientsBase<BucketGradientsPass> {
  using BucketGradientsBase::BucketGradientsBase;

  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    llvm::SetVector<Value> wholes;
    for (AllReduceOp exchange : body.getOps<AllReduceOp>())
      if (SliceOp slice = exchangedSlice(exchange))
        wholes.insert(slice.getInput());
    for (Value whole : wholes)
      exchangeWhole(whole);

    llvm::MapVector<Type, Bucket> open;
    Bucket metrics;
    for (AllReduceOp exchange : llvm::to_vector(body.getOps<AllReduceOp>())) {
      auto type = cast<RankedTensorType>(exchange.getInputs().front().getType());
      // Metrics are there long before gradients of their type are, and would keep them waiting.
      Bucket &bucket = isOfMetric(exchange) ? metrics : open[type.getElementType()];
      bucket.exchanges.push_back(exchange);
      for (Value input : exchange.getInputs())
        bucket.bytes += byteSize(cast<RankedTensorType>(input.getType()));
      if (bucket.bytes >= bytes)
        close(bucket);
    }
    close(metrics);
    for (auto &[type, bucket] : open)
      close(bucket);
  }

private:
  static bool isOfMetric(AllReduceOp exchange) {
    return llvm::any_of(exchange->getUsers(), llvm::IsaPred<cnn::OutputOp>);
  }
  void exchangeWhole(Value whole);
  void close(Bucket &bucket);
};
} // namespace

/// Where all slices of one value are exchanged, exchanges the value and slices what comes of it:
/// the slices have their places in it.
void BucketGradientsPass::exchangeWhole(Value whole) {
  SmallVector<std::pair<SliceOp, AllReduceOp>> parts;
  for (Operation *user : whole.getUsers()) {
    auto slice = dyn_cast<SliceOp>(user);
    auto exchange =
        slice && slice->hasOneUse() ? dyn_cast<AllReduceOp>(*slice->user_begin()) : AllReduceOp();
    if (!exchange || exchangedSlice(exchange) != slice)
      return;
    parts.emplace_back(slice, exchange);
  }
  OpBuilder builder(getOperation().getContext());
  builder.setInsertionPointAfterValue(whole);
  auto all = AllReduceOp::create(builder, whole.getLoc(), whole.getType(), whole,
                                 parts.front().second.getLayerAttr(), StringAttr(), IntegerAttr(),
                                 DenseI64ArrayAttr());
  for (auto [slice, exchange] : parts) {
    auto result = SliceOp::create(builder, slice.getLoc(), slice.getType(), all.getResult(0),
                                  slice.getOffsetAttr(), slice.getLayerAttr(), StringAttr(),
                                  IntegerAttr(), DenseI64ArrayAttr());
    exchange.getResult(0).replaceAllUsesWith(result);
    exchange.erase();
    slice.erase();
  }
}

/// Moves what depends on `exchanges` and stands before `place` behind it.
static void sinkUsers(ArrayRef<AllReduceOp> exchanges, Operation *place) {
  llvm::DenseSet<Operation *> late(exchanges.begin(), exchanges.end());
  SmallVector<Operation *> users;
  for (Operation *op = exchanges.front()->getNextNode(); op != place; op = op->getNextNode())
    if (llvm::any_of(op->getOperands(),
                     [&](Value value) { return late.contains(value.getDefiningOp()); })) {
      late.insert(op);
      users.push_back(op);
    }
  for (Operation *op : llvm::reverse(users))
    op->moveAfter(place);
}

void BucketGradientsPass::close(Bucket &bucket) {
  if (bucket.exchanges.empty())
    return;
  ++buckets;
  // One value may be the gradient of several parameters, as of shifts whose results are added.
  llvm::SetVector<Value> inputs;
  SmallVector<Location> locations;
  for (AllReduceOp exchange : bucket.exchanges) {
    inputs.insert(exchange.getInputs().begin(), exchange.getInputs().end());
    locations.push_back(exchange.getLoc());
  }
  AllReduceOp first = bucket.exchanges.front(), last = bucket.exchanges.back();
  std::string name = first.getLayer().value_or("gradients").str();
  if (bucket.exchanges.size() > 1) {
    name += " and " + std::to_string(bucket.exchanges.size() - 1) + " more";
    sinkUsers(bucket.exchanges, last);
    OpBuilder builder(last);
    auto merged = AllReduceOp::create(builder, builder.getFusedLoc(locations),
                                      TypeRange(ValueRange(inputs.getArrayRef())),
                                      inputs.getArrayRef(), builder.getStringAttr(name),
                                      StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    for (AllReduceOp exchange : bucket.exchanges) {
      for (auto [input, old] : llvm::zip(exchange.getInputs(), exchange->getResults()))
        old.replaceAllUsesWith(merged->getResult(llvm::find(inputs, input) - inputs.begin()));
      exchange.erase();
    }
  }
  bucket = {};
}

//===- PlaceBuckets.cpp - what ranks exchange, in one range of memory -----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Memory/PlaceBuckets.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

/// Whether the launch that makes `value` can make it in its place: `user` takes it once, nobody
/// else wants it in another place, nor reads it behind `exchange`, when it is the mean.
static bool hasItsPlace(Value value, Operation *user, AllReduceOp exchange) {
  if (!isa_and_nonnull<LaunchOpInterface>(value.getDefiningOp()) ||
      isa<ConcatOp, SliceOp>(value.getDefiningOp()))
    return false;
  bool taken = false;
  for (Operation *other : value.getUsers()) {
    if (other == user && !std::exchange(taken, true))
      continue;
    if (!isa<LaunchOpInterface>(other) || isa<ConcatOp, SliceOp, AllReduceOp>(other) ||
        !other->isBeforeInBlock(exchange))
      return false;
  }
  return true;
}

/// What of `value` is to be in the bucket: the launch's result, whatever shape it is seen in.
static Value placed(Value value, AllReduceOp exchange, bool enable, OpBuilder &builder) {
  auto view = value.getDefiningOp<ViewOp>();
  if (view && enable && view->hasOneUse() && hasItsPlace(view.getInput(), view, exchange))
    return view.getInput();
  if (enable && hasItsPlace(value, exchange, exchange))
    return value;
  StringAttr layer = exchange.getLayerAttr();
  return CopyOp::create(builder, value.getLoc(), value.getType(), value,
                        builder.getStringAttr((layer ? layer.getValue() : "bucket") + ".copy"),
                        StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
}

static Operation *firstReader(Operation *op) {
  Operation *first = nullptr;
  for (Operation *user : op->getUsers())
    if (!first || user->isBeforeInBlock(first))
      first = user;
  return first;
}

static void placeBucket(AllReduceOp exchange, int64_t ticket, bool enable) {
  OpBuilder builder(exchange);
  const Location loc = exchange.getLoc();
  StringAttr layer = exchange.getLayerAttr();
  SmallVector<Value> operands;
  int64_t elements = 0;
  for (Value input : exchange.getInputs()) {
    operands.push_back(placed(input, exchange, enable, builder));
    elements += bucketElements(input.getType());
  }
  Type element = cast<RankedTensorType>(operands.front().getType()).getElementType();
  auto type = RankedTensorType::get({elements}, element);
  auto number = builder.getI64IntegerAttr(ticket);
  auto bucket = BucketOp::create(builder, loc, type, operands, layer, StringAttr(), IntegerAttr(),
                                 DenseI64ArrayAttr());
  auto begin = AllReduceBeginOp::create(builder, loc, type, bucket, number, layer, StringAttr(),
                                        IntegerAttr(), DenseI64ArrayAttr());
  if (Operation *reader = firstReader(exchange))
    builder.setInsertionPoint(reader);
  auto end = AllReduceEndOp::create(builder, loc, type, begin, number, layer, StringAttr(),
                                    IntegerAttr(), DenseI64ArrayAttr());
  int64_t offset = 0;
  for (Value result : exchange->getResults()) {
    auto part =
        PartOp::create(builder, loc, result.getType(), end, builder.getI64IntegerAttr(offset),
                       layer, StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    result.replaceAllUsesWith(part);
    offset += bucketElements(result.getType());
  }
  SmallVector<Value> inputs(exchange.getInputs());
  exchange.erase();
  for (Value input : inputs)
    if (auto view = input.getDefiningOp<ViewOp>(); view && view->use_empty())
      view.erase();
}

void fanfold::placeBuckets(cnn::StepOp step, bool enable) {
  int64_t ticket = 0;
  for (AllReduceOp exchange : llvm::to_vector(step.getBody().front().getOps<AllReduceOp>()))
    placeBucket(exchange, ticket++, enable);
}

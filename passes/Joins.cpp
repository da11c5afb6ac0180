//===- Joins.cpp - values that lie in a larger one ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Joins.h"

using namespace mlir;
using namespace fanfold;

/// Elements of `whole`'s memory that `part`, one of its operands, takes; channels, where they
/// lie side by side.
static int64_t spaceOf(Value part, Operation *whole) {
  if (isa<kernel::BucketOp>(whole))
    return kernel::bucketElements(part.getType());
  if (kernel::isStacked(part.getType(), whole->getResult(0).getType()))
    return cast<RankedTensorType>(part.getType()).getNumElements();
  return kernel::channelsOf(part.getType());
}

Joins::Joins(cnn::StepOp step) {
  for (Operation &op : step.getBody().front()) {
    if (!isa<kernel::JoinOp, kernel::BucketOp>(op))
      continue;
    int64_t offset = 0;
    for (Value input : op.getOperands()) {
      if (places.try_emplace(input, Place{op.getResult(0), offset}).second)
        joined.push_back(input);
      offset += spaceOf(input, &op);
    }
  }
}

Joins::Place Joins::placeOf(Value value) const {
  Place place{value, 0};
  for (auto it = places.find(value); it != places.end(); it = places.find(place.whole)) {
    place.whole = it->second.whole;
    place.offset += it->second.offset;
  }
  return place;
}

bool fanfold::isPitched(Value value, const Joins &joins) {
  return joins.isJoined(value) || value.getDefiningOp<kernel::PartOp>();
}

int64_t fanfold::pitchOf(Value value) {
  if (auto part = value.getDefiningOp<kernel::PartOp>();
      part && !kernel::isStacked(part.getType(), part.getInput().getType()))
    return pitchOf(part.getInput());
  for (Operation *user : value.getUsers())
    if (isa<kernel::JoinOp>(user))
      return pitchOf(user->getResult(0));
  return kernel::channelsOf(value.getType());
}

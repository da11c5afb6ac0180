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

Joins::Joins(cnn::StepOp step) {
  for (auto join : step.getBody().getOps<kernel::JoinOp>()) {
    int64_t offset = 0;
    for (Value input : join.getInputs()) {
      auto type = cast<RankedTensorType>(input.getType());
      if (places.try_emplace(input, Place{join, offset}).second)
        joined.push_back(input);
      offset += kernel::isStacked(type, join.getType()) ? type.getNumElements()
                                                        : kernel::channelsOf(type);
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
  if (auto part = value.getDefiningOp<kernel::PartOp>())
    return pitchOf(part.getInput());
  for (Operation *user : value.getUsers())
    if (isa<kernel::JoinOp>(user))
      return pitchOf(user->getResult(0));
  return kernel::channelsOf(value.getType());
}

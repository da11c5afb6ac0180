//===- Feed.cpp - batches on their way to the step ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Feed.h"

using namespace fanfold;

Status Feed::seek(int64_t epoch, int64_t nextSample) {
  FANFOLD_RETURN_IF_ERROR(drain());
  return theSource->seek(epoch, nextSample);
}

Result<BatchInfo> Feed::next(Phase phase, bool fetchAhead) {
  if (!pending)
    fetch();
  pending = false;
  Result<BatchInfo> info = theSource->wait();
  if (!info)
    return info;
  const int ready = slot;
  slot = 1 - slot;
  if (fetchAhead && !info->lastOfEpoch)
    fetch();
  FANFOLD_RETURN_IF_ERROR(session.stage(ready, phase));
  return info;
}

Status Feed::drain() {
  if (!pending)
    return {};
  pending = false;
  return theSource->wait().status();
}

void Feed::fetch() {
  BatchSlot memory;
  memory.images =
      reinterpret_cast<uint8_t *>(session.device().staging(inputs.image->staging[slot]));
  memory.labels =
      reinterpret_cast<int32_t *>(session.device().staging(inputs.label->staging[slot]));
  theSource->prefetch(memory);
  pending = true;
}

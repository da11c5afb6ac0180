//===- SelfCommunicator.cpp - a job of one rank ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/SelfCommunicator.h"

#include <cassert>
#include <cstring>

using namespace fanfold;

Status SelfCommunicator::broadcast(void *data, size_t bytes, int root) {
  assert(root == 0 && "root is no rank of the job");
  return {};
}

Status SelfCommunicator::gather(const void *mine, void *all, size_t bytes) {
  // memmove: `mine` may be its own place in `all`.
  if (bytes > 0)
    std::memmove(all, mine, bytes);
  return {};
}

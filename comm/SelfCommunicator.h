//===- SelfCommunicator.h - a job of one rank -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_SELFCOMMUNICATOR_H
#define FANFOLD_COMM_SELFCOMMUNICATOR_H

#include "runtime/Communicator.h"

namespace fanfold {

/// Alone: sums and means of one are what they were, in any memory.
class SelfCommunicator final : public Communicator {
public:
  SelfCommunicator() : Communicator(0, 1) {}

  std::string description() const override { return "alone"; }
  Status broadcast(void *data, size_t bytes, int root) override;
  Status gather(const void *mine, void *all, size_t bytes) override;
  Status sum(double *values, size_t count) override { return {}; }
  Status barrier() override { return {}; }
  void beginMean(void *data, size_t count, ElementType type, int ticket, void *stream) override {}
  void endMean(int ticket, void *stream) override {}
  Status status() override { return {}; }
};

} // namespace fanfold

#endif // FANFOLD_COMM_SELFCOMMUNICATOR_H

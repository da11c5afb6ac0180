//===- Communicator.h - what the ranks of a job say to each other ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A job is `size` ranks, each a process with one device and the same program. All ranks call the
// same collectives in the same order; a call blocks until this rank's part is done.
//
// Two kinds of memory take part. Words of the host (broadcast, gather, sum, barrier) are small
// and rare: what ranks agree on, counts of an evaluation. Tensors of the arena (beginMean,
// endMean) are what a step exchanges: any number of means may be under way, each begun in the
// same order by all ranks.
//
// A communicator is used by one thread at a time. After a failure it is good for nothing but
// its destruction.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_COMMUNICATOR_H
#define FANFOLD_RUNTIME_COMMUNICATOR_H

#include "runtime/Program.h"
#include "runtime/Status.h"

#include <cstddef>
#include <string>

namespace fanfold {

class Communicator : public StepExchange {
public:
  int rank() const { return theRank; }
  int size() const { return theSize; }

  /// This rank fails, so that others may wait for it in vain: its destructor waits for nobody.
  void abandon() { isAbandoned = true; }

  /// "alone", "4 ranks over Open MPI 4.1.4", "2 ranks over NCCL 2.28.9".
  virtual std::string description() const = 0;

  /// `data` of rank `root` becomes that of all.
  virtual Status broadcast(void *data, size_t bytes, int root) = 0;

  /// `bytes` of each rank, in the order of the ranks: `all` has room for size() * bytes.
  virtual Status gather(const void *mine, void *all, size_t bytes) = 0;

  /// Each value becomes the sum over all ranks, with the same bits on each.
  virtual Status sum(double *values, size_t count) = 0;

  /// Returns when all ranks have called it.
  virtual Status barrier() = 0;

  /// The first failure of beginMean() and endMean(): a step has no place for them.
  virtual Status status() = 0;

protected:
  Communicator(int rank, int size) : theRank(rank), theSize(size) {}

  bool isAbandoned = false;

private:
  const int theRank;
  const int theSize;
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_COMMUNICATOR_H

//===- Agreement.h - what all ranks of a job must have in common ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_AGREEMENT_H
#define FANFOLD_RUNTIME_AGREEMENT_H

#include "runtime/Communicator.h"
#include "runtime/Status.h"

#include <string>
#include <vector>

namespace fanfold {

struct Fact {
  std::string name; ///< "recipe".
  std::string text; ///< As a person reads it.
};

/// Fails on every rank, with the same words, if a rank has another text for one of `facts` than
/// rank 0; names the first such fact and rank. All ranks have the same names.
Status agree(Communicator &ranks, const std::vector<Fact> &facts);

/// The text of rank `root`, on all.
Result<std::string> textOf(Communicator &ranks, int root, std::string text);

/// Whether `value` holds on any rank.
Result<bool> anyRank(Communicator &ranks, bool value);

/// Decides with all ranks when to stop, without asking them at each step.
class StopWatch {
public:
  /// Of a job of several ranks. `ranks` may be null: then a rank alone decides.
  explicit StopWatch(Communicator *ranks) : ranks(ranks) {}

  /// To be called by all ranks before the same steps: asks the others where it is time to,
  /// about once a second. `step` of them are done.
  Status atStep(int64_t step, double secondsPerStep);

  /// The signal that all stop for; 0: none.
  int signal() const;

private:
  Communicator *ranks;
  int64_t next = 0; ///< Step at which ranks talk again.
  int agreed = 0;
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_AGREEMENT_H

//===- Footprint.h - live bytes of a list of runs ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Records which run uses which copy, and adds up what is live. liveBytes() in
// Plan.h says what counts.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_FOOTPRINT_H
#define FANFOLD_PASSES_RECOMPUTE_FOOTPRINT_H

#include "passes/recompute/Step.h"

namespace fanfold::recompute {

class Footprint {
public:
  /// Keeps a reference to `step`.
  explicit Footprint(const Step &step);

  /// Forgets all runs, and all copies but the first of each value.
  void clear();

  /// Another copy of `value`; returns its index.
  int addCopy(int value);

  /// Records a run of `launch`, and then by copy what it reads and makes.
  void beginRun(int launch);
  void use(int copy);
  /// For a pair of the launch's `inPlace`.
  void mayTakeOver(int made, int read);

  /// Bytes live during each run. O(runs and copies).
  std::vector<int64_t> liveBytes() const;

private:
  struct TakeOver {
    int run, made, read;
  };

  const Step &step;
  std::vector<char> isMade;              ///< By value.
  std::vector<int> launches;             ///< By run.
  std::vector<int> valueOf, first, last; ///< By copy; -1: not used so far.
  std::vector<TakeOver> takeOvers;
};

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_FOOTPRINT_H

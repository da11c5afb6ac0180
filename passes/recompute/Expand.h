//===- Expand.h - from a choice of what to drop to a plan -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between its use in the forward pass and its use in the backward pass a value
// only waits. That wait is its gap: the longest stretch between two uses that
// stand next to each other, after its last maker, or, if nobody uses it late, all
// that follows its last use.
//
//        made   read            gap               read
//   ------+------+-------------------------------+------> launches
//         |######|...............................|####
//
// A choice drops some values in their gaps. Whoever needs a dropped value makes
// it again, right before the first need, from operands that are made again in
// turn where they have been dropped too; after that it stays until its last use.
// A value that is not dropped, and is needed after its last use in the step,
// stays until then.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_EXPAND_H
#define FANFOLD_PASSES_RECOMPUTE_EXPAND_H

#include "passes/recompute/Footprint.h"
#include "passes/recompute/Plan.h"

#include <climits>

namespace fanfold::recompute {

/// By value: whether it is dropped in its gap.
using Choice = std::vector<char>;

/// A stretch of launches, both ends exclusive. `end` is INT_MAX where no use follows.
struct Gap {
  int begin = 0, end = 0;
};

class Expander {
public:
  /// Keeps references to both.
  Expander(const Step &step, const StepIndex &index);

  Gap gapOf(int value) const { return gaps[size_t(value)]; }

  /// Whether dropping `value` can be a choice at all: it is not pinned, its makers
  /// can run again when its gap ends, and the gap holds at least one launch.
  bool isDroppable(int value) const { return droppable[size_t(value)]; }

  /// Makes and measures the plan of `choice`, which drops only what is droppable.
  Plan expand(Choice choice);

  /// What expand() would come to, in less time.
  struct Trial {
    double seconds = 0;         ///< Extra ones.
    int64_t peak = 0;           ///< Bytes.
    std::vector<int64_t> bytes; ///< By launch: the most live during its run in its place and the
                                ///< runs again right before it.
  };
  /// Takes out of `choice` what cannot be made again when it is needed, and what
  /// nobody needs again. O(size of the plan).
  Trial tryOut(Choice &choice);

  /// Of the plan made last, by run: the launch in its place that it belongs to.
  const std::vector<int> &places() const { return place; }

private:
  void settle(Choice &choice);
  bool play(const Choice &choice);
  bool ensure(int value, int launch);
  bool runAgain(int launch);
  void emit(int launch, bool again);
  int newCopy(int value);

  const Step &step;
  const StepIndex &index;
  std::vector<Gap> gaps;
  std::vector<char> droppable;
  std::vector<std::vector<int>> partsOf; ///< By launch and operand: the parts it needs.

  // One plan being made.
  Footprint footprint;
  Plan plan;
  bool isRecording = false; ///< Whether `plan` is of interest.
  double seconds = 0;
  std::vector<int> place;        ///< By run: the launch in its place that it belongs to.
  std::vector<int> current;      ///< By value: its copy now.
  std::vector<int> parts;        ///< By value: parts of that copy.
  std::vector<int> expiresAfter; ///< By value: the launch after which that copy is gone.
  std::vector<char> wasNeeded;   ///< By value: made again because it was dropped.
  int now = 0;                   ///< The launch in its place that comes next.
  int culprit = -1;              ///< The value that could not be made again.
};

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_EXPAND_H

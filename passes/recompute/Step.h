//===- Step.h - a training step as launches and values ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the recomputation solver knows of a step: launches in the order in which
// they run, and the values they read and make. It knows nothing of MLIR.
//
// A value stands for a piece of memory that is written whole and then read. It
// is usually made by one launch; where several launches make it, each writes a
// part of its own (the slices of a concatenation that is never copied), and a
// reader needs the parts of the makers that stand before it. A value without
// maker is there when the step begins.
//
//   launches   0        1          2            3
//   values     +-- a ---+          :            :      a: made by 0, read by 1
//              :        +---- b ---+------------+      b: made by 1, read by 2, 3
//
// Units: bytes (rounded up to the arena's alignment by the caller) and seconds.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_STEP_H
#define FANFOLD_PASSES_RECOMPUTE_STEP_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fanfold::recompute {

struct Value {
  int64_t bytes = 0; ///< Not negative.
  /// Takes its memory during the whole step and is never given up: variables, and
  /// what is read when the step is over.
  bool pinned = false;
};

struct Launch {
  double seconds = 0;     ///< Of one run; finite, not negative.
  int64_t workspace = 0;  ///< Bytes that only this launch needs; not negative.
  std::vector<int> reads; ///< Indices of values, each at most once.
  std::vector<int> makes; ///< As `reads`; none is also read, unless it has an earlier maker.
  /// Whether it may run again with the same operands and then makes the same bits
  /// and nothing else: no write to a variable, no running average.
  bool rerunnable = true;
  /// Pairs of a made and a read value of equal size: the made one may take the
  /// memory of the read one, if nobody reads that afterwards. Neither is pinned, no
  /// other launch makes the made one, and each is in one pair at most.
  std::vector<std::pair<int, int>> inPlace;
  /// Values whose content is lost when this launch has run: variables it updates.
  /// Launches that read them cannot run again afterwards. It is not rerunnable.
  std::vector<int> overwrites;
};

struct Step {
  std::vector<Value> values;
  std::vector<Launch> launches;
};

/// Says in a sentence what is wrong with `step` (an index out of range, a value
/// that is read before it is made, sizes that together pass 2^62 bytes ...). Empty
/// if nothing is.
std::string check(const Step &step);

/// What follows from a step that passes check(), by value unless said otherwise.
struct StepIndex {
  explicit StepIndex(const Step &step);

  std::vector<std::vector<int>> makers;  ///< Launches that make it, ascending.
  std::vector<std::vector<int>> readers; ///< Launches that read it, ascending.
  std::vector<int> overwriter;           ///< First launch that overwrites it, or the number of
                                         ///< launches.
  /// By launch: the first launch after which it cannot run again, because one of
  /// its operands is overwritten there; the number of launches if there is none,
  /// -1 if it cannot run again at all.
  std::vector<int> deadline;

  /// How many parts of `value` a run of `launch` needs: those of earlier makers.
  int partsNeeded(int launch, int value) const;
};

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_STEP_H

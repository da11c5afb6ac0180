//===- Plan.h - a step with launches that run again -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A plan is a list of runs: every launch of the step once, in the order of the
// step, and between them launches that run again. A run that makes a value
// writes a copy of it; every run says which copies it reads and makes.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_PLAN_H
#define FANFOLD_PASSES_RECOMPUTE_PLAN_H

#include "passes/recompute/Step.h"

namespace fanfold::recompute {

struct Run {
  int launch = 0;
  bool again = false;     ///< Not the launch's run in its place in the step.
  std::vector<int> reads; ///< Copies, in the order of the launch's `reads`.
  std::vector<int> makes; ///< Copies, in the order of the launch's `makes`.
};

struct Plan {
  /// By copy: its value. The first copies, as many as the step has values, are
  /// those of the launches in their places: copy v is one of value v.
  std::vector<int> copies;
  std::vector<Run> runs;
  double extraSeconds = 0; ///< Of the runs that are `again`.
  int64_t peakBytes = 0;   ///< Largest live sum; see measure().
  int peakRun = -1;        ///< The first run that reaches it; -1 without runs.
};

/// Live bytes during each run: the copies from the first run that makes them to
/// the last that makes or reads them (values without maker from the first run on,
/// pinned values during all), the run's workspace, less what a result takes over
/// from an operand read for the last time. O(size of the plan).
std::vector<int64_t> liveBytes(const Step &step, const Plan &plan);

/// Sets `extraSeconds`, `peakBytes` and `peakRun`.
void measure(const Step &step, Plan &plan);

/// The plan without runs that are `again`.
Plan originalPlan(const Step &step);

/// Says in a sentence what is wrong with `plan`: a launch that is missing, out of
/// order, not rerunnable or too late, a copy that lacks a part its reader needs, a
/// peak that is not as stated. Empty if nothing is. Shares no code with the
/// solver, and computes live bytes in another way than liveBytes() does.
std::string validate(const Step &step, const Plan &plan);

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_PLAN_H

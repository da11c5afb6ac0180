//===- Recompute.h - memory traded for time ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Finds the plan of least extra time whose peak is within a budget, by running
// launches of the forward pass again when the backward pass needs their results.
//
// Small steps (isSmall()) are solved exactly. For the others the solver builds a
// front once: plans of falling peak and rising time, found by walking the budget
// down from the step's own peak. At each stop it
//
//   1. lets minimum cuts choose what to drop at prices per byte and launch, and
//      moves the prices by where the plan is above or below the stop's budget
//      (multiplicative weights on the Lagrangian of the live bytes);
//   2. keeps again, dearest first, whatever still fits; and drops more, by bytes
//      above the budget saved per second, where nothing fitted;
//   3. where the lower bound promises more, goes on in the same way from the plans
//      just above the budget that other stops have left;
//   4. where one drop each is not enough, plans again a step that is a plan
//      itself, so that what has been made again can be dropped again.
//
// Every plan met on the way is a candidate. The stops depend on the step alone, so
// a larger budget chooses among more candidates and never gets a slower plan.
//
// Sources: Chen et al., Training Deep Nets with Sublinear Memory Cost (2016);
// Jain et al., Checkmate (MLSys 2020), for recomputation as one optimisation over
// the whole step; Kumar et al., Efficient Rematerialization for Deep Networks
// (NeurIPS 2019); minimum cuts as in PyTorch's partitioner (He, Yu 2022), there
// at the border of forward and backward pass and without memory prices; Arora,
// Hazan, Kale, The Multiplicative Weights Update Method (2012).
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_RECOMPUTE_H
#define FANFOLD_PASSES_RECOMPUTE_RECOMPUTE_H

#include "passes/recompute/Plan.h"

#include <memory>

namespace fanfold::recompute {

enum class Outcome {
  fits,     ///< `plan` is within the budget.
  tooSmall, ///< No plan was found; `smallestBudget` would do.
  invalid,  ///< The step makes no sense.
};

struct Solution {
  Outcome outcome = Outcome::invalid;
  Plan plan; ///< If it fits: the best one. If not: the one of least peak, to itemise.
  /// A budget for which there is a plan: the least one for small steps, and the
  /// least that was found for others.
  int64_t smallestBudget = 0;
  /// No plan within the budget has fewer extra seconds; infinity: there is none.
  double lowerBoundSeconds = 0;
  bool optimal = false; ///< It is proved that the answer cannot be better.
  std::string message;  ///< Why there is no plan, in a sentence; empty if there is one.
};

/// One plan of a front, in numbers.
struct Point {
  int64_t peakBytes = 0;
  double extraSeconds = 0;
};

/// Answers questions about one step. What costs time is done at the first
/// question that needs it, and once. Not for several threads at once.
class Solver {
public:
  explicit Solver(Step step);
  ~Solver();
  Solver(Solver &&) noexcept;

  /// The best plan within `budget` bytes. Every plan has been through validate().
  Solution solve(int64_t budget);

  /// The plan of solve(budget), which must fit, without the lower bound, which takes
  /// longer than the rest once the front stands.
  Plan planWithin(int64_t budget);

  /// What solve() can choose from, by falling peak and rising extra time: each
  /// point is the fastest within its peak. Empty for an invalid step.
  std::vector<Point> curve();

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_RECOMPUTE_H

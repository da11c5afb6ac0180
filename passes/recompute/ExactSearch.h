//===- ExactSearch.h - the cheapest plan of a small step --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Dijkstra's algorithm over states: which launch comes next in its place, and
// which parts of which values are there. From a state one may give up a value,
// run the next launch, or run an earlier one again for its seconds, each within
// the budget. It looks at every order of runs again, also at those that make a
// value many times, which the heuristics do not.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_EXACTSEARCH_H
#define FANFOLD_PASSES_RECOMPUTE_EXACTSEARCH_H

#include "passes/recompute/Plan.h"

#include <optional>

namespace fanfold::recompute {

/// Whether the states of `step` are few enough: some hundred thousand. This
/// depends on the step alone, so that a step is solved exactly at every budget or
/// at none.
bool isSmall(const Step &step);

/// The plan of fewest extra seconds whose peak is at most `budget`, none if there
/// is none. The step passes check() and isSmall().
std::optional<Plan> findCheapestPlan(const Step &step, const StepIndex &index, int64_t budget);

/// The least peak of any plan.
int64_t findSmallestBudget(const Step &step, const StepIndex &index);

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_EXACTSEARCH_H

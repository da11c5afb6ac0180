//===- Recompute.cpp - memory traded for time -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Recompute.h"
#include "passes/recompute/ExactSearch.h"
#include "passes/recompute/Front.h"
#include "passes/recompute/Prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>

namespace fanfold::recompute {

struct Solver::Impl {
  explicit Impl(Step given) : step(std::move(given)), wrong(check(step)) {
    if (!wrong.empty())
      return;
    index.emplace(step);
    original = originalPlan(step);
  }

  Solution solve(int64_t budget);
  void solveSmall(Solution &solution, int64_t budget);
  void solveLarge(Solution &solution, int64_t budget);
  Plan planLarge(int64_t budget);
  Front &getFront() {
    if (!front)
      front.emplace(step, *index);
    return *front;
  }

  Step step;
  std::string wrong; ///< What check() says.
  std::optional<StepIndex> index;
  Plan original;
  std::optional<Front> front;
  std::optional<int64_t> smallest; ///< Of a small step.
};

void Solver::Impl::solveSmall(Solution &solution, int64_t budget) {
  if (!smallest)
    smallest = findSmallestBudget(step, *index);
  solution.smallestBudget = *smallest;
  solution.plan = *findCheapestPlan(step, *index, std::max(budget, *smallest));
  solution.optimal = true;
  solution.lowerBoundSeconds =
      budget < *smallest ? std::numeric_limits<double>::infinity() : solution.plan.extraSeconds;
}

/// The fastest plan of the front within `budget`, or its smallest one.
Plan Solver::Impl::planLarge(int64_t budget) {
  const auto &entries = getFront().entries();
  auto above = entries.upper_bound(budget);
  return front->planOf(above == entries.begin() ? above->second : std::prev(above)->second);
}

void Solver::Impl::solveLarge(Solution &solution, int64_t budget) {
  solution.plan = planLarge(budget);
  solution.smallestBudget = front->entries().begin()->first;
  solution.lowerBoundSeconds = lowerBoundSeconds(step, *index, budget);
  solution.optimal = solution.lowerBoundSeconds == std::numeric_limits<double>::infinity() ||
                     solution.plan.extraSeconds <= solution.lowerBoundSeconds;
}

Solution Solver::Impl::solve(int64_t budget) {
  Solution solution;
  if (!wrong.empty()) {
    solution.message = wrong;
    return solution;
  }
  if (budget >= original.peakBytes) {
    solution.plan = original;
    solution.smallestBudget = original.peakBytes;
    solution.optimal = true;
  } else if (isSmall(step)) {
    solveSmall(solution, budget);
  } else {
    solveLarge(solution, budget);
  }
  if (std::string bad = validate(step, solution.plan); !bad.empty()) {
    solution.message = "internal error: " + bad;
    return solution;
  }
  solution.outcome = solution.plan.peakBytes <= budget ? Outcome::fits : Outcome::tooSmall;
  if (solution.outcome == Outcome::tooSmall)
    solution.message =
        fmt::format("budget is {} bytes, expected {} or more{}", budget, solution.smallestBudget,
                    solution.optimal ? "" : ": no plan with less was found");
  return solution;
}

Solver::Solver(Step step) : impl(std::make_unique<Impl>(std::move(step))) {}
Solver::~Solver() = default;
Solver::Solver(Solver &&) noexcept = default;

Solution Solver::solve(int64_t budget) { return impl->solve(budget); }

Plan Solver::planWithin(int64_t budget) {
  if (budget >= impl->original.peakBytes || isSmall(impl->step))
    return impl->solve(budget).plan;
  Plan plan = impl->planLarge(budget);
  assert(validate(impl->step, plan).empty() && "the front holds plans");
  return plan;
}

std::vector<Point> Solver::curve() {
  std::vector<Point> points;
  if (!impl->wrong.empty())
    return points;
  if (isSmall(impl->step)) {
    for (int64_t budget = impl->original.peakBytes;;) {
      Solution solution = impl->solve(budget);
      if (solution.outcome != Outcome::fits)
        break;
      Point point{solution.plan.peakBytes, solution.plan.extraSeconds};
      if (!points.empty() && points.back().extraSeconds == point.extraSeconds)
        points.back() = point;
      else
        points.push_back(point);
      budget = point.peakBytes - 1;
    }
    return points;
  }
  for (const auto &[peak, entry] : impl->getFront().entries())
    points.push_back({peak, entry.seconds});
  std::reverse(points.begin(), points.end());
  return points;
}

} // namespace fanfold::recompute

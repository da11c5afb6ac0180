//===- RecomputeTest.cpp - plans fit, and are the cheapest where proved -----===//
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
#include "test/unit/recompute/Steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

using namespace fanfold::recompute;
using namespace fanfold::recompute::test;

namespace {

double totalSeconds(const Step &step) {
  return std::accumulate(step.launches.begin(), step.launches.end(), 0.0,
                         [](double sum, const Launch &l) { return sum + l.seconds; });
}

/// Tries every list of runs with at most `most` runs again, each reading the newest
/// copies, and tells for each its peak and extra seconds.
///
/// A run again of a launch writes a new copy of what it makes unless the newest
/// copy still lacks that part: then it may also join that.
class BruteForce {
public:
  BruteForce(const Step &step, int most, std::function<void(const Plan &)> see)
      : step(step), most(most), see(std::move(see)) {
    plan = originalPlan(step);
    plan.runs.clear();
    current = plan.copies;
    written.resize(plan.copies.size());
  }

  void run(int next = 0, int again = 0) {
    if (next == int(step.launches.size())) {
      Plan copy = plan;
      measure(step, copy);
      if (validate(step, copy).empty())
        see(copy);
    } else {
      attempt(next, false, next + 1, again);
    }
    for (int l = 0; l < next && again < most; ++l)
      if (step.launches[size_t(l)].rerunnable)
        attempt(l, true, next, again + 1);
  }

private:
  /// Runs `launch` in every way: each result as a new copy, in the newest copy, or
  /// as a copy that nobody reads.
  void attempt(int launch, bool isAgain, int next, int again) {
    const Launch &l = step.launches[size_t(launch)];
    Run r{launch, isAgain, {}, {}};
    for (int v : l.reads)
      r.reads.push_back(current[size_t(v)]);
    attemptMakes(r, 0, next, again);
  }

  void attemptMakes(Run &run, size_t k, int next, int again) {
    const Launch &l = step.launches[size_t(run.launch)];
    if (k == l.makes.size()) {
      plan.runs.push_back(run);
      this->run(next, again);
      plan.runs.pop_back();
      return;
    }
    auto value = size_t(l.makes[k]);
    std::vector<int> &parts = written[size_t(current[value])];
    bool isFirst = !run.again && parts.empty();
    if (std::count(parts.begin(), parts.end(), run.launch) == 0) {
      run.makes.push_back(current[value]);
      parts.push_back(run.launch);
      attemptMakes(run, k + 1, next, again);
      written[size_t(run.makes.back())].pop_back();
      run.makes.pop_back();
    }
    if (isFirst)
      return;
    for (bool isRead : {true, false}) {
      if (isRead && step.values[value].pinned)
        continue;
      int before = current[value], copy = int(plan.copies.size());
      plan.copies.push_back(int(value));
      written.push_back({run.launch});
      if (isRead)
        current[value] = copy;
      run.makes.push_back(copy);
      attemptMakes(run, k + 1, next, again);
      run.makes.pop_back();
      current[value] = before;
      plan.copies.pop_back();
      written.pop_back();
    }
  }

  const Step &step;
  int most;
  std::function<void(const Plan &)> see;
  Plan plan;
  std::vector<int> current;
  std::vector<std::vector<int>> written; ///< By copy: the launches that wrote it.
};

/// Checks a solution for what must hold of every one.
void expectSound(const Step &step, const Solution &solution, int64_t budget) {
  ASSERT_NE(solution.outcome, Outcome::invalid) << solution.message;
  EXPECT_EQ(validate(step, solution.plan), "");
  if (solution.outcome == Outcome::fits) {
    EXPECT_LE(solution.plan.peakBytes, budget);
    EXPECT_GE(solution.plan.extraSeconds, solution.lowerBoundSeconds * (1 - 1e-6));
    EXPECT_EQ(solution.message, "");
  } else {
    EXPECT_GT(solution.plan.peakBytes, budget);
    EXPECT_GT(solution.smallestBudget, budget);
    EXPECT_NE(solution.message, "");
  }
}

} // namespace

TEST(ExactSearch, IsNoWorseThanBruteForce) {
  int compared = 0, proved = 0, paid = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Step step = makeRandomStep(3, seed);
    ASSERT_EQ(check(step), "") << "seed " << seed;
    if (!isSmall(step))
      continue;
    StepIndex index(step);
    // Brute force finds, for every peak, the least seconds with few runs again.
    constexpr int most = 2;
    std::vector<Point> points;
    BruteForce(step, most, [&](const Plan &plan) {
      points.push_back({plan.peakBytes, plan.extraSeconds});
    }).run();
    int64_t peak = originalPlan(step).peakBytes;
    for (int64_t budget = peak; budget > 0; --budget) {
      double least = INFINITY;
      for (const Point &p : points)
        if (p.peakBytes <= budget)
          least = std::min(least, p.extraSeconds);
      std::optional<Plan> plan = findCheapestPlan(step, index, budget);
      ++compared;
      if (!plan) {
        EXPECT_EQ(least, INFINITY) << "seed " << seed << ", budget " << budget;
        EXPECT_GT(findSmallestBudget(step, index), budget);
        continue;
      }
      EXPECT_EQ(validate(step, *plan), "") << "seed " << seed << ", budget " << budget;
      EXPECT_LE(plan->peakBytes, budget);
      EXPECT_LE(plan->extraSeconds, least) << "seed " << seed << ", budget " << budget;
      // With as few runs again brute force has seen the plan, or one as good.
      auto again = std::count_if(plan->runs.begin(), plan->runs.end(),
                                 [](const auto &run) { return run.again; });
      if (again <= most) {
        ++proved;
        paid += least > 0;
        EXPECT_EQ(plan->extraSeconds, least) << "seed " << seed << ", budget " << budget;
      }
    }
  }
  EXPECT_GT(compared, 500);
  EXPECT_GT(proved, 300);
  EXPECT_GT(paid, 100);
}

TEST(Front, IsSoundAndNoBetterThanExact) {
  int budgets = 0, same = 0, saved = 0;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    Step step = makeRandomStep(3 + int(seed % 2), seed);
    ASSERT_EQ(check(step), "") << "seed " << seed;
    if (!isSmall(step))
      continue;
    StepIndex index(step);
    Front front(step, index);
    int64_t smallest = findSmallestBudget(step, index);
    EXPECT_GE(front.entries().begin()->first, smallest);
    double before = INFINITY;
    for (const auto &[peak, entry] : front.entries()) {
      Plan plan = front.planOf(entry);
      EXPECT_EQ(validate(step, plan), "") << "seed " << seed;
      EXPECT_EQ(plan.peakBytes, peak);
      EXPECT_NEAR(plan.extraSeconds, entry.seconds, 1e-9);
      EXPECT_LT(entry.seconds, before);
      before = entry.seconds;
    }
    for (int64_t budget = originalPlan(step).peakBytes; budget >= smallest; --budget) {
      double exact = findCheapestPlan(step, index, budget)->extraSeconds;
      EXPECT_LE(lowerBoundSeconds(step, index, budget), exact + 1e-6)
          << "seed " << seed << ", budget " << budget;
      auto above = front.entries().upper_bound(budget);
      ++budgets;
      if (above == front.entries().begin())
        continue;
      double found = std::prev(above)->second.seconds;
      EXPECT_GE(found, exact - 1e-9) << "seed " << seed << ", budget " << budget;
      same += found <= exact + 1e-9;
      saved += exact > 0;
    }
  }
  EXPECT_GT(saved, 50);
  EXPECT_GT(same, budgets * 8 / 10) << "the heuristics miss the optimum too often";
}

TEST(Solver, LeavesAStepThatFitsAsItIs) {
  Step step = makeResNet(32, {3, 4, 6, 3});
  int64_t peak = originalPlan(step).peakBytes;
  Solution solution = Solver(step).solve(peak);
  expectSound(step, solution, peak);
  EXPECT_EQ(solution.outcome, Outcome::fits);
  EXPECT_EQ(solution.plan.extraSeconds, 0);
  EXPECT_EQ(solution.plan.runs.size(), step.launches.size());
  EXPECT_TRUE(solution.optimal);
}

// Networks as they are: within a third of their own peak, close to the bound.
TEST(Solver, FitsNetworksIntoBudgets) {
  for (const Step &step : {makeResNet(64, {3, 4, 6, 3}), makeGoogLeNet(64), makeDenseNet(32)}) {
    ASSERT_EQ(check(step), "");
    int64_t peak = originalPlan(step).peakBytes;
    Solver solver(step);
    for (int percent : {75, 50, 40}) {
      Solution solution = solver.solve(peak * percent / 100);
      expectSound(step, solution, peak * percent / 100);
      EXPECT_EQ(solution.outcome, Outcome::fits) << percent << "%";
      EXPECT_GT(solution.lowerBoundSeconds, 0);
      EXPECT_LE(solution.plan.extraSeconds, solution.lowerBoundSeconds * 1.25) << percent << "%";
      EXPECT_LE(solution.plan.extraSeconds, totalSeconds(step) / 5);
    }
  }
}

// More budget is never slower, and an answer fits whatever it says would do.
TEST(Solver, IsMonotone) {
  std::vector<Step> steps = {makeResNet(64, {1, 1, 1, 1}), makeRandomStep(3, 5),
                             makeRandomStep(40, 6), makeRandomStep(90, 7)};
  for (const Step &step : steps) {
    ASSERT_EQ(check(step), "");
    int64_t peak = originalPlan(step).peakBytes;
    Solver solver(step);
    double before = INFINITY;
    for (int k = 0; k <= 60; ++k) {
      int64_t budget = int64_t(double(peak) * k / 60);
      Solution solution = solver.solve(budget);
      expectSound(step, solution, budget);
      if (solution.outcome != Outcome::fits) {
        EXPECT_EQ(before, INFINITY) << "a smaller budget was enough";
        EXPECT_EQ(solver.solve(solution.smallestBudget).outcome, Outcome::fits);
        continue;
      }
      EXPECT_LE(solution.plan.extraSeconds, before);
      before = solution.plan.extraSeconds;
    }
    EXPECT_EQ(before, 0);
    // The curve says the same as the answers.
    std::vector<Point> curve = solver.curve();
    ASSERT_FALSE(curve.empty());
    for (size_t p = 0; p < curve.size(); ++p) {
      Solution solution = solver.solve(curve[p].peakBytes);
      EXPECT_NEAR(solution.plan.extraSeconds, curve[p].extraSeconds, 1e-9);
      if (p > 0) {
        EXPECT_LT(curve[p].peakBytes, curve[p - 1].peakBytes);
        EXPECT_GT(curve[p].extraSeconds, curve[p - 1].extraSeconds);
      }
    }
  }
}

TEST(Solver, IsSoundOnRandomSteps) {
  int fits = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Step step = makeRandomStep(10 + int(seed), 1000 + seed);
    ASSERT_EQ(check(step), "") << "seed " << seed;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Solver solver(step);
    int64_t peak = originalPlan(step).peakBytes;
    for (int percent : {95, 85, 70, 50}) {
      Solution solution = solver.solve(peak * percent / 100);
      expectSound(step, solution, peak * percent / 100);
      fits += solution.outcome == Outcome::fits;
    }
  }
  EXPECT_GT(fits, 40);
}

TEST(Solver, GivesTheSameAnswerTwice) {
  Step step = makeGoogLeNet(16);
  int64_t budget = originalPlan(step).peakBytes / 2;
  Plan a = Solver(step).solve(budget).plan, b = Solver(step).solve(budget).plan;
  ASSERT_EQ(a.runs.size(), b.runs.size());
  for (size_t r = 0; r < a.runs.size(); ++r)
    EXPECT_EQ(a.runs[r].launch, b.runs[r].launch);
}

TEST(Solver, AnswersOddSteps) {
  EXPECT_EQ(Solver(Step{}).solve(0).outcome, Outcome::fits);
  // Nothing to gain: all is pinned.
  Step step;
  step.values = {{100, true}};
  step.launches.resize(20);
  step.launches[0].makes = {0};
  Solution solution = Solver(step).solve(50);
  EXPECT_EQ(solution.outcome, Outcome::tooSmall);
  EXPECT_EQ(solution.smallestBudget, 100);
  EXPECT_EQ(solution.message, "budget is 50 bytes, expected 100 or more");
  // Nothing can run again.
  step = makeResNet(8, {1, 1, 1, 1});
  for (Launch &launch : step.launches)
    launch.rerunnable = false;
  int64_t peak = originalPlan(step).peakBytes;
  solution = Solver(step).solve(peak - 1);
  EXPECT_EQ(solution.outcome, Outcome::tooSmall);
  EXPECT_EQ(solution.smallestBudget, peak);
  // Launches that take no time.
  step = makeResNet(8, {1, 1, 1, 1});
  for (Launch &launch : step.launches)
    launch.seconds = 0;
  solution = Solver(step).solve(peak / 2);
  expectSound(step, solution, peak / 2);
  EXPECT_EQ(solution.outcome, Outcome::fits);
}

TEST(Solver, RefusesStepsThatMakeNoSense) {
  Step step;
  step.launches.resize(1);
  step.launches[0].reads = {0};
  Solution solution = Solver(step).solve(1);
  EXPECT_EQ(solution.outcome, Outcome::invalid);
  EXPECT_EQ(solution.message, "launch 0 reads value 0, expected one below 0");
  EXPECT_TRUE(Solver(step).curve().empty());
}

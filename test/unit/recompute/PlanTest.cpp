//===- PlanTest.cpp - live bytes of plans, and what is refused --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Plan.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace fanfold::recompute;

namespace {

Launch launch(std::vector<int> reads, std::vector<int> makes, double seconds = 1) {
  Launch l;
  l.seconds = seconds;
  l.reads = std::move(reads);
  l.makes = std::move(makes);
  return l;
}

/// input -> a -> b -> c, then c's gradient from a and c.
///
///   launches    0       1       2       3
///   input 10    read
///   a 4         made    read            read
///   b 2                 made    read
///   c 1                         made    read
Step makeChain() {
  Step step;
  step.values = {{10, true}, {4}, {2}, {1}};
  step.launches = {launch({0}, {1}, 2), launch({1}, {2}), launch({2}, {3}), launch({1, 3}, {})};
  return step;
}

/// The chain's plan in which `a` is made again for launch 3.
Plan makeChainAgain(const Step &step) {
  Plan plan = originalPlan(step);
  plan.copies.push_back(1);
  plan.runs.insert(plan.runs.begin() + 3, {0, true, {0}, {4}});
  plan.runs[4].reads = {4, 3};
  measure(step, plan);
  return plan;
}

} // namespace

TEST(Plan, CountsLiveBytes) {
  Step step = makeChain();
  Plan plan = originalPlan(step);
  EXPECT_EQ(liveBytes(step, plan), (std::vector<int64_t>{14, 16, 17, 15}));
  EXPECT_EQ(plan.peakBytes, 17);
  EXPECT_EQ(plan.peakRun, 2);
  EXPECT_EQ(plan.extraSeconds, 0);
  EXPECT_EQ(validate(step, plan), "");

  step.launches[1].workspace = 100;
  EXPECT_EQ(liveBytes(step, plan), (std::vector<int64_t>{14, 116, 17, 15}));
}

TEST(Plan, CountsCopies) {
  Step step = makeChain();
  Plan plan = makeChainAgain(step);
  EXPECT_EQ(liveBytes(step, plan), (std::vector<int64_t>{14, 16, 13, 15, 15}));
  EXPECT_EQ(plan.peakBytes, 16);
  EXPECT_EQ(plan.extraSeconds, 2);
  EXPECT_EQ(validate(step, plan), "");
}

TEST(Plan, LetsAResultTakeOverAnOperand) {
  Step step = makeChain();
  step.values[2].bytes = 4;
  step.launches[1].inPlace = {{2, 1}};
  // Launch 3 still reads a.
  EXPECT_EQ(liveBytes(step, originalPlan(step)), (std::vector<int64_t>{14, 18, 19, 15}));
  // It does not read this copy of it.
  Plan plan = makeChainAgain(step);
  EXPECT_EQ(liveBytes(step, plan), (std::vector<int64_t>{14, 14, 15, 15, 15}));
  EXPECT_EQ(validate(step, plan), "");
}

TEST(Plan, KeepsUnmadeValuesUntilTheirLastUse) {
  Step step = makeChain();
  step.values[0].pinned = false;
  EXPECT_EQ(liveBytes(step, originalPlan(step)), (std::vector<int64_t>{14, 6, 7, 5}));
  EXPECT_EQ(liveBytes(step, makeChainAgain(step)), (std::vector<int64_t>{14, 16, 13, 15, 5}));
}

TEST(Plan, HoldsAValueOfPartsFromTheFirst) {
  Step step;
  step.values = {{1, true}, {8}, {3}};
  step.launches = {launch({0}, {1}), launch({0}, {2}), launch({2}, {1}), launch({1}, {})};
  EXPECT_EQ(liveBytes(step, originalPlan(step)), (std::vector<int64_t>{9, 12, 12, 9}));
}

TEST(Plan, ValidateRefusesWhatIsWrong) {
  Step step = makeChain();
  auto expect = [&](const char *message, auto change) {
    Plan plan = makeChainAgain(step);
    change(plan);
    EXPECT_EQ(validate(step, plan), message);
  };
  expect("plan ends before launch 3", [](Plan &p) { p.runs.pop_back(); });
  expect("run 0 is of launch 1 in its place, expected launch 0",
         [](Plan &p) { p.runs.erase(p.runs.begin()); });
  expect("run 1 is of launch 1 again, which has not run yet",
         [](Plan &p) { p.runs[1].again = true; });
  expect("run 4 reads copy 2 of value 2, expected one of value 1",
         [](Plan &p) { p.runs[4].reads[0] = 2; });
  expect("run 1 reads copy 4 of value 1, which lacks what launch 0 makes",
         [](Plan &p) { p.runs[1].reads[0] = 4; });
  expect("run 3 makes copy 1 a second time", [](Plan &p) { p.runs[3].makes[0] = 1; });
  expect("run 3 uses copy 5, expected one below 5", [](Plan &p) { p.runs[3].makes[0] = 5; });
  expect("run 3 is of launch 9, expected one below 4", [](Plan &p) { p.runs[3].launch = 9; });
  expect("run 4 reads 1 and makes 0 copies, expected 2 and 0",
         [](Plan &p) { p.runs[4].reads.pop_back(); });
  expect("plan has a peak of 16 bytes, says 15", [](Plan &p) { p.peakBytes = 15; });
  expect("plan takes 2 extra seconds, says 1", [](Plan &p) { p.extraSeconds = 1; });
  expect("plan has 3 copies, expected 4 or more", [](Plan &p) { p.copies.resize(3); });

  step.launches[0].rerunnable = false;
  expect("run 3 is of launch 0 again, which cannot run twice", [](Plan &) {});
  step.launches[0].rerunnable = true;
  step.launches[2].rerunnable = false;
  step.launches[2].overwrites = {0};
  expect("run 3 reads value 0, which is overwritten", [](Plan &) {});
}

TEST(Step, CheckRefusesWhatIsWrong) {
  auto expect = [](const char *message, auto change) {
    Step step = makeChain();
    change(step);
    EXPECT_EQ(check(step), message);
  };
  expect("", [](Step &) {});
  expect("value 1 has -4 bytes, expected 0 or more", [](Step &s) { s.values[1].bytes = -4; });
  expect("value 1 takes the sum of sizes to 2^62 bytes or more",
         [](Step &s) { s.values[1].bytes = INT64_MAX; });
  expect("launch 1 has a workspace that takes the sum of sizes to 2^62 bytes or more",
         [](Step &s) { s.launches[1].workspace = INT64_MAX; });
  expect("launch 1 has a workspace of -1 bytes, expected 0 or more",
         [](Step &s) { s.launches[1].workspace = -1; });
  expect("launch 1 takes -1 seconds, expected 0 or more",
         [](Step &s) { s.launches[1].seconds = -1; });
  expect("launch 1 takes nan seconds, expected 0 or more",
         [](Step &s) { s.launches[1].seconds = NAN; });
  expect("launch 1 takes inf seconds, expected 0 or more",
         [](Step &s) { s.launches[1].seconds = INFINITY; });
  expect("launch 1 reads value 4, expected one below 4",
         [](Step &s) { s.launches[1].reads = {4}; });
  expect("launch 1 makes value -1, expected one below 4",
         [](Step &s) { s.launches[1].makes = {-1}; });
  expect("launch 1 reads value 1 twice", [](Step &s) { s.launches[1].reads = {1, 1}; });
  expect("launch 1 reads value 2, which launch 1 makes first",
         [](Step &s) { s.launches[1].reads = {2}; });
  expect("launch 1 makes value 2 in place of value 0, expected one that it makes and one that it "
         "reads",
         [](Step &s) {
           s.launches[1].inPlace = {{2, 0}};
         });
  expect("launch 1 makes value 2 of 2 bytes in place of value 1 of 4 bytes, expected equal sizes",
         [](Step &s) {
           s.launches[1].inPlace = {{2, 1}};
         });
  expect("launch 0 makes value 1 in place of value 0, expected neither to be pinned", [](Step &s) {
    s.launches[0].inPlace = {{1, 0}};
  });
  expect("launch 0 overwrites value 0, expected it not to be rerunnable",
         [](Step &s) { s.launches[0].overwrites = {0}; });
  expect("launch 1 reads value 1, which launch 0 has overwritten", [](Step &s) {
    s.launches[0].overwrites = {1};
    s.launches[0].rerunnable = false;
  });
}

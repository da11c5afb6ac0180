//===- ScheduleTest.cpp - learning rates against their definitions --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace fanfold;

namespace {

constexpr Horizon horizon = {100, 1000}; // Ten epochs.

Recipe recipeOf(Recipe::Schedule schedule) {
  Recipe recipe;
  recipe.schedule = schedule;
  recipe.learningRate = 0.8;
  return recipe;
}

double rateAt(const Recipe &recipe, int64_t step) {
  return learningRate(recipe, 64, horizon, step);
}

TEST(ScheduleTest, Constant) {
  Recipe recipe = recipeOf(Recipe::Schedule::constant);
  for (int64_t step : {0, 500, 999})
    EXPECT_DOUBLE_EQ(rateAt(recipe, step), 0.8);
}

TEST(ScheduleTest, WarmupIsLinear) {
  for (auto schedule : {Recipe::Schedule::constant, Recipe::Schedule::step,
                        Recipe::Schedule::cosine, Recipe::Schedule::polynomial}) {
    Recipe recipe = recipeOf(schedule);
    recipe.warmupEpochs = 2;
    EXPECT_DOUBLE_EQ(rateAt(recipe, 0), 0.8 / 200);
    EXPECT_DOUBLE_EQ(rateAt(recipe, 99), 0.4);
    EXPECT_DOUBLE_EQ(rateAt(recipe, 199), 0.8);
    EXPECT_DOUBLE_EQ(rateAt(recipe, 200), 0.8); // Progress 0.
  }
}

TEST(ScheduleTest, StepDropsAtMilestones) {
  Recipe recipe = recipeOf(Recipe::Schedule::step);
  const double milestones[] = {3, 6.5};
  recipe.milestones = {milestones, 2};
  recipe.gamma = 0.1;
  EXPECT_DOUBLE_EQ(rateAt(recipe, 299), 0.8);
  EXPECT_DOUBLE_EQ(rateAt(recipe, 300), 0.08);
  EXPECT_DOUBLE_EQ(rateAt(recipe, 649), 0.08);
  EXPECT_DOUBLE_EQ(rateAt(recipe, 650), 0.008);
}

TEST(ScheduleTest, CosineIsHalfAPeriod) {
  Recipe recipe = recipeOf(Recipe::Schedule::cosine);
  recipe.finalLearningRate = 0.2;
  EXPECT_DOUBLE_EQ(rateAt(recipe, 0), 0.8);
  EXPECT_DOUBLE_EQ(rateAt(recipe, 500), 0.5);
  EXPECT_NEAR(rateAt(recipe, 250), 0.2 + 0.3 * (1 + std::sqrt(0.5)), 1e-12);
  EXPECT_DOUBLE_EQ(rateAt(recipe, 1000), 0.2);
  EXPECT_DOUBLE_EQ(rateAt(recipe, 5000), 0.2); // Beyond the end it stays there.
}

TEST(ScheduleTest, Polynomial) {
  Recipe recipe = recipeOf(Recipe::Schedule::polynomial);
  recipe.power = 2;
  EXPECT_DOUBLE_EQ(rateAt(recipe, 0), 0.8);
  EXPECT_DOUBLE_EQ(rateAt(recipe, 500), 0.2);
  EXPECT_DOUBLE_EQ(rateAt(recipe, 1000), 0.0);
}

TEST(ScheduleTest, ScalesWithTheBatch) {
  Recipe recipe = recipeOf(Recipe::Schedule::constant);
  recipe.referenceBatch = 256;
  EXPECT_DOUBLE_EQ(peakLearningRate(recipe, 64), 0.2);
  EXPECT_DOUBLE_EQ(learningRate(recipe, 1024, horizon, 5), 3.2);
}

TEST(ScheduleTest, WarmupLongerThanTraining) {
  Recipe recipe = recipeOf(Recipe::Schedule::cosine);
  recipe.warmupEpochs = 20;
  EXPECT_DOUBLE_EQ(rateAt(recipe, 999), 0.4);
}

TEST(ScheduleTest, BiasCorrections) {
  Recipe recipe;
  for (int64_t step : {0, 1, 9, 100000}) {
    uint32_t bits = scalarBits(Scalar::Kind::biasCorrection2, recipe, 0.1, step);
    float value;
    std::memcpy(&value, &bits, 4);
    EXPECT_FLOAT_EQ(value, static_cast<float>(1 - std::pow(0.999, step + 1.0)));
  }
  recipe.beta1 = 0;
  uint32_t bits = scalarBits(Scalar::Kind::biasCorrection1, recipe, 0.1, 0);
  float value;
  std::memcpy(&value, &bits, 4);
  EXPECT_EQ(value, 1.0f);
}

TEST(ScheduleTest, SeedsOfStepsDiffer) {
  Recipe recipe, other;
  other.seed = 1;
  auto seed = [](const Recipe &recipe, int64_t step) {
    return scalarBits(Scalar::Kind::seed, recipe, 0, step);
  };
  EXPECT_EQ(seed(recipe, 5), seed(recipe, 5));
  EXPECT_NE(seed(recipe, 5), seed(recipe, 6));
  EXPECT_NE(seed(recipe, 5), seed(other, 5));
}

} // namespace

//===- SettingsTest.cpp - recipes from command lines and checkpoints ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Settings.h"
#include "Logistic.h"
#include "runtime/Ranges.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <tuple>

using namespace fanfold;
using namespace fanfold::test;

namespace {

const SettingsField &fieldNamed(const std::string &name) {
  for (const SettingsField &field : settingsFields())
    if (field.name == name)
      return field;
  throw std::out_of_range(name);
}

TEST(SettingsTest, TextOfEachKind) {
  Settings settings{Recipe()};
  EXPECT_TRUE(setField(settings, fieldNamed("learning_rate"), "2.5e-3").ok());
  EXPECT_TRUE(setField(settings, fieldNamed("reference_batch"), "256").ok());
  EXPECT_TRUE(setField(settings, fieldNamed("seed"), "18446744073709551615").ok());
  EXPECT_TRUE(setField(settings, fieldNamed("flip"), "true").ok());
  EXPECT_TRUE(setField(settings, fieldNamed("schedule"), "polynomial").ok());
  EXPECT_TRUE(setField(settings, fieldNamed("milestones"), "30,60.5,80").ok());
  const Recipe &recipe = settings.recipe();
  EXPECT_EQ(recipe.learningRate, 2.5e-3);
  EXPECT_EQ(recipe.referenceBatch, 256);
  EXPECT_EQ(recipe.seed, UINT64_MAX);
  EXPECT_TRUE(recipe.flip);
  EXPECT_EQ(recipe.schedule, Recipe::Schedule::polynomial);
  ASSERT_EQ(recipe.milestones.size, 3u);
  EXPECT_EQ(recipe.milestones[1], 60.5);
}

TEST(SettingsTest, TextThatMakesNoSense) {
  const std::tuple<const char *, const char *, const char *> cases[] = {
      {"learning_rate", "nan", "found nan, expected learning_rate in [0, 1e+30]"},
      {"learning_rate", "inf", "found inf, expected learning_rate in [0, 1e+30]"},
      {"learning_rate", "1e999", "found 1e999, expected learning_rate in [0, 1e+30]"},
      {"learning_rate", "1e31", "found 1e31, expected learning_rate in [0, 1e+30]"},
      {"learning_rate", "-1", "found -1, expected learning_rate in [0, 1e+30]"},
      {"learning_rate", "", "found nothing, expected learning_rate in [0, 1e+30]"},
      {"learning_rate", "0.1x", "found 0.1x, expected learning_rate in [0, 1e+30]"},
      {"learning_rate", "0x10", "found 0x10, expected learning_rate in [0, 1e+30]"},
      {"learning_rate", " 1", "found  1, expected learning_rate in [0, 1e+30]"},
      {"momentum", "1.5", "found 1.5, expected momentum in [0, 1]"},
      {"beta1", "1", "found 1, expected beta1 in [0, 1)"},
      {"beta2", "1.0", "found 1.0, expected beta2 in [0, 1)"},
      {"beta2", "0.999999999", "found 0.999999999, expected beta2 in [0, 1)"}, // 1 in fp32.
      {"epsilon", "0", "found 0, expected epsilon in (0, 1e+30]"},
      {"epsilon", "1e-60", "found 1e-60, expected epsilon in (0, 1e+30]"}, // 0 in fp32.
      {"epochs", "0", "found 0, expected epochs in (0, 1e+09]"},
      {"seed", "-1", "found -1, expected seed in [0, 18446744073709551615], a whole number"},
      {"seed", "18446744073709551616",
       "found 18446744073709551616, expected seed in [0, 18446744073709551615], a whole number"},
      {"reference_batch", "1.5",
       "found 1.5, expected reference_batch in [0, 1000000000] samples, a whole number"},
      {"flip", "yes", "found yes, expected flip true or false"},
      {"flip", "", "found nothing, expected flip true or false"},
      {"schedule", "linear",
       "found linear, expected schedule constant, step, cosine or polynomial"},
      {"milestones", "3,2", "found 3,2, expected milestones in ascending order"},
      {"milestones", "3,,4", "found nothing, expected milestones in [0, 1e+09]"},
      {"milestones", "3,", "found nothing, expected milestones in [0, 1e+09]"},
      {"milestones", "-1", "found -1, expected milestones in [0, 1e+09]"},
      {"milestones", "1,nan", "found nan, expected milestones in [0, 1e+09]"},
      {"crop_padding", "-4", "found -4, expected crop_padding in [0, 1024] pixels, a whole number"},
      {"crop_padding", "100000",
       "found 100000, expected crop_padding in [0, 1024] pixels, a whole number"}};
  for (auto [name, text, complaint] : cases) {
    Settings settings{Recipe()};
    Status status = setField(settings, fieldNamed(name), text);
    EXPECT_FALSE(status.ok()) << name << "=" << text;
    EXPECT_EQ(status.blame(), Blame::usage);
    EXPECT_EQ(status.message(), complaint);
  }
}

TEST(SettingsTest, EndsOfRanges) {
  // Closed ends are inside, and what is next to an open one.
  const std::pair<const char *, const char *> cases[] = {{"learning_rate", "0"},
                                                         {"learning_rate", "1e30"},
                                                         {"momentum", "0"},
                                                         {"momentum", "1"},
                                                         {"beta1", "0"},
                                                         {"beta1", "0.9999999"},
                                                         {"epsilon", "1e-40"},
                                                         {"epochs", "1e-6"},
                                                         {"reference_batch", "1000000000"},
                                                         {"crop_padding", "1024"},
                                                         {"seed", "18446744073709551615"},
                                                         {"milestones", "0,0,1e9"},
                                                         {"final_learning_rate", "0"}};
  for (auto [name, text] : cases) {
    Settings settings{Recipe()};
    EXPECT_TRUE(setField(settings, fieldNamed(name), text).ok()) << name << "=" << text;
  }
}

TEST(SettingsTest, RangesAreWholeAndNamedOnce) {
  std::set<std::string> names;
  for (const NumberRange &range : ranges::table) {
    EXPECT_TRUE(names.insert(range.name).second) << range.name;
    EXPECT_EQ(ranges::find(range.name), &range);
    EXPECT_LT(range.least, range.most) << range.name;
    EXPECT_EQ(range.contains(range.least), !range.is(NumberRange::openBelow)) << range.name;
    EXPECT_EQ(range.contains(range.most), !range.is(NumberRange::openAbove)) << range.name;
    EXPECT_FALSE(range.contains(NAN)) << range.name;
    EXPECT_FALSE(range.contains(INFINITY)) << range.name;
    EXPECT_FALSE(range.contains(range.least - 1)) << range.name;
    EXPECT_EQ(range.contains(range.least + 0.5), !range.is(NumberRange::whole)) << range.name;
  }
  EXPECT_EQ(ranges::find("beta"), nullptr);
  EXPECT_EQ(ranges::find("beta12"), nullptr);
}

TEST(SettingsTest, RecipeOfTheProgramIsHeldToThem) {
  Settings settings(logistic.recipe);
  settings.recipe().beta1 = 1; // Which logistic has no use for.
  EXPECT_TRUE(checkSettings(settings, logistic).ok());
  settings.recipe().momentum = 2;
  EXPECT_EQ(checkSettings(settings, logistic).message(), "found 2, expected momentum in [0, 1]");
}

TEST(SettingsTest, JsonRoundTripsToTheBit) {
  Settings settings(logistic.recipe);
  settings.recipe().learningRate = 0.1 + 0.2;
  settings.recipe().seed = UINT64_MAX;
  settings.setMilestones({1.0 / 3, 2});
  settings.steps = 77;
  // As it goes through a checkpoint: JSON as text.
  nlohmann::json json = nlohmann::json::parse(settingsToJson(settings, logistic).dump());

  Settings read{Recipe()};
  ASSERT_TRUE(settingsFromJson(read, logistic, json).ok());
  EXPECT_EQ(read.recipe().learningRate, settings.recipe().learningRate);
  EXPECT_EQ(read.recipe().seed, UINT64_MAX);
  EXPECT_EQ(read.recipe().schedule, logistic.recipe.schedule);
  EXPECT_EQ(read.recipe().milestones[0], 1.0 / 3);
  EXPECT_EQ(read.steps, 77);
  EXPECT_EQ(settingsToJson(read, logistic), settingsToJson(settings, logistic));
}

TEST(SettingsTest, FieldsThatNoScalarHeedsAreLeftOut) {
  nlohmann::json json = settingsToJson(Settings(logistic.recipe), logistic);
  EXPECT_TRUE(json.contains("momentum"));
  EXPECT_FALSE(json.contains("beta1"));
}

TEST(SettingsTest, JsonOfStrangers) {
  for (const char *text :
       {"[]", R"({"momentum":"fast"})", R"({"seed":-3})", R"({"milestones":[[1]]})",
        R"({"schedule":3})", R"({"steps":-1})", R"({"steps":"x"})", R"({"steps":0})",
        R"({"steps":1e3})", R"({"flip":1})", R"({"epochs":0})", R"({"momentum":1e999})",
        R"({"crop_padding":0.5})"}) {
    Settings settings{Recipe()};
    EXPECT_FALSE(
        settingsFromJson(settings, logistic, nlohmann::json::parse(text, nullptr, false)).ok())
        << text;
  }
}

} // namespace

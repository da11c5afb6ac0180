//===- SettingsTest.cpp - recipes from command lines and checkpoints ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Settings.h"
#include "Logistic.h"

#include <gtest/gtest.h>

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
  const std::pair<const char *, const char *> cases[] = {{"learning_rate", "nan"},
                                                         {"learning_rate", "inf"},
                                                         {"learning_rate", "-1"},
                                                         {"learning_rate", ""},
                                                         {"learning_rate", "0.1x"},
                                                         {"momentum", "1.5"},
                                                         {"epochs", "0"},
                                                         {"seed", "-1"},
                                                         {"seed", "18446744073709551616"},
                                                         {"reference_batch", "1.5"},
                                                         {"flip", "yes"},
                                                         {"schedule", "linear"},
                                                         {"milestones", "3,2"},
                                                         {"milestones", "3,,4"},
                                                         {"milestones", "-1"},
                                                         {"crop_padding", "-4"},
                                                         {"crop_padding", "100000"},
                                                         {"milestones", "1,nan"}};
  for (auto [name, text] : cases) {
    Settings settings{Recipe()};
    Status status = setField(settings, fieldNamed(name), text);
    EXPECT_FALSE(status.ok()) << name << "=" << text;
    EXPECT_EQ(status.blame(), Blame::usage);
    EXPECT_NE(status.message().find("'" + std::string(text) + "'"), std::string::npos);
  }
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
        R"({"schedule":3})", R"({"steps":-1})", R"({"steps":"x"})", R"({"flip":1})"}) {
    Settings settings{Recipe()};
    EXPECT_FALSE(settingsFromJson(settings, logistic, nlohmann::json::parse(text)).ok()) << text;
  }
}

} // namespace

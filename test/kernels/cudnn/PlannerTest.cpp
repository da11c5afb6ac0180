//===- PlannerTest.cpp - plans without a GPU -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceText.h"

#include "codegen/kernels/cudnn/Planner.h"
#include "runtime/Element.h"

#include <gtest/gtest.h>

#include <fstream>

using namespace fanfold;
using namespace fanfold::cudnn;

namespace {

DeviceDescription device() { return *DeviceDescription::parse(test::deviceText, "device"); }

/// One for all tests: the first query of a process is slow.
Planner &planner() {
  static const std::unique_ptr<Planner> one = [] {
    Result<std::unique_ptr<Planner>> made = Planner::create(device());
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::move(*made);
  }();
  return *one;
}

const Candidates &candidates(const ConvProblem &problem, const PlanLimits &limits = {}) {
  Result<const Candidates *> found = planner().candidates(problem, limits);
  EXPECT_TRUE(found.ok()) << found.status().message();
  return **found;
}

const Candidates &candidates(const std::string &text, const PlanLimits &limits = {}) {
  Result<ConvProblem> problem = ConvProblem::parse(text);
  EXPECT_TRUE(problem.ok()) << problem.status().message();
  return candidates(*problem, limits);
}

constexpr const char *small = "in=32x56x56x64 out=56x56x64 filter=3x3 pad=1x1";

/// Every convolution of a network, in one type, has a plan for each pass that keeps
/// what it promises.
class NetworkTest : public ::testing::TestWithParam<std::tuple<const char *, ElementType>> {};

TEST_P(NetworkTest, EveryConvolutionHasPlans) {
  const auto &[network, type] = GetParam();
  std::ifstream file(FANFOLD_LAYERS);
  int found = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string name = std::string(network) + "\t";
    if (line.rfind(name, 0) != 0)
      continue;
    ++found;
    ConvProblem problem = *ConvProblem::parse(line.substr(name.size()));
    problem.xType = problem.wType = problem.yType = type;
    for (Pass pass : {Pass::forward, Pass::dgrad, Pass::wgrad}) {
      problem.pass = pass;
      SCOPED_TRACE(problem.text());
      PlanLimits limits;
      limits.deterministic = true;
      const Candidates &list = candidates(problem, limits);
      ASSERT_FALSE(list.plans.empty());
      for (const Plan &plan : list.plans) {
        EXPECT_EQ(plan.repeats, true);
        EXPECT_LE(plan.workspaceBytes, PlanLimits().maxWorkspaceBytes);
        EXPECT_FALSE(plan.serialized.empty());
        EXPECT_EQ(plan.version, cudnnGetVersion());
        if (type == ElementType::f32) {
          EXPECT_FALSE(plan.tensorCores) << plan.engine << " is not fp32";
        }
      }
    }
  }
  EXPECT_GT(found, 0);
}

std::string networkAndType(const ::testing::TestParamInfo<NetworkTest::ParamType> &info) {
  return fmt::format("{}_{}", std::get<0>(info.param), elementTypeName(std::get<1>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(
    Networks, NetworkTest,
    ::testing::Combine(::testing::Values("alexnet", "googlenet", "resnet50", "inception_resnet_v2",
                                         "mobilenet_v2"),
                       ::testing::Values(ElementType::f32, ElementType::f16, ElementType::bf16)),
    networkAndType);

TEST(Planner, FusesWhatTrainingNeeds) {
  for (const char *words :
       {"forward {} types=f16,f16,f16 epilogue=bias",
        "forward {} types=f16,f16,f16 epilogue=bias-relu",
        "forward {} types=bf16,bf16,bf16 epilogue=bias-relu",
        "forward {} types=f32,f32,f32 epilogue=bias-relu",
        "forward {} types=f16,f16,f16 epilogue=statistics",
        "forward {} types=f16,f16,f16 prologue=scale-bias-relu epilogue=statistics",
        "wgrad {} types=f16,f16,f16 prologue=scale-bias-relu",
        "forward {} types=f32,f32,f32 math=tf32"})
    EXPECT_FALSE(candidates("conv2d " + fmt::format(fmt::runtime(words), small)).plans.empty())
        << words;
}

TEST(Planner, SaysWhyThereIsNoPlan) {
  // Only engines that are compiled on the device have these.
  for (const char *words :
       {"forward {} types=f16,f16,f16 epilogue=relu", "wgrad {} types=f16,f32,f16",
        "forward {} types=bf16,bf16,bf16 epilogue=statistics"}) {
    const Candidates &list = candidates("conv2d " + fmt::format(fmt::runtime(words), small));
    EXPECT_TRUE(list.plans.empty()) << words;
    ASSERT_FALSE(list.refused.empty()) << words;
    for (const Refusal &refusal : list.refused)
      EXPECT_EQ(refusal.reason, "it is compiled on the device") << words;
  }
}

// Which is why the compiler copies them itself where nothing was measured.
TEST(Planner, EnginesKnownWithoutACardPackParts) {
  for (const char *pass : {"forward", "dgrad", "wgrad"}) {
    const std::string text =
        fmt::format("conv2d {} in=256x56x56x128 out=56x56x32 filter=3x3 pad=1x1 types=f16,f16,f16 "
                    "y-pitch=256",
                    pass);
    constexpr int64_t packedBytes = int64_t{256} * 56 * 56 * 32 * 2;
    const Candidates &list = candidates(text);
    EXPECT_FALSE(list.plans.empty()) << text;
    for (const Plan &plan : list.plans)
      EXPECT_GE(plan.workspaceBytes, packedBytes) << text << ", " << plan.engine;
  }
}

TEST(Planner, KeepsFp32) {
  const std::string text = fmt::format("conv2d forward {} types=f32,f32,f32", small);
  bool refusedTf32 = false;
  for (const Refusal &refusal : candidates(text).refused)
    refusedTf32 |= refusal.reason == "it rounds operands to tf32";
  EXPECT_TRUE(refusedTf32);
  bool takesTf32 = false;
  for (const Plan &plan : candidates(text + " math=tf32").plans)
    takesTf32 |= plan.tensorCores;
  EXPECT_TRUE(takesTf32);
}

TEST(Planner, KeepsTheWorkspace) {
  const std::string text = fmt::format("conv2d forward {} types=f32,f32,f32", small);
  const int64_t most = candidates(text).plans.front().workspaceBytes;
  ASSERT_GT(most, 0);
  PlanLimits limits;
  for (int64_t bytes : {most - 1, int64_t(0)}) {
    limits.maxWorkspaceBytes = bytes;
    const Candidates &list = candidates(text, limits);
    ASSERT_FALSE(list.plans.empty());
    for (const Plan &plan : list.plans)
      EXPECT_LE(plan.workspaceBytes, bytes);
    bool refused = false;
    for (const Refusal &refusal : list.refused)
      refused |= refusal.reason.find("it takes a workspace of") == 0;
    EXPECT_TRUE(refused);
  }
}

TEST(Planner, RanksInOrderAndRemembers) {
  const std::string text = fmt::format("conv2d dgrad {} types=f16,f16,f16", small);
  const Candidates &list = candidates(text);
  for (size_t i = 1; i < list.plans.size(); ++i)
    EXPECT_LT(list.plans[i - 1].rank, list.plans[i].rank);
  EXPECT_EQ(&list, &candidates(text));
}

TEST(Planner, BuildsEveryCandidateFromItsText) {
  const std::string text = fmt::format("conv2d wgrad {} types=f16,f16,f16", small);
  const ConvProblem problem = *ConvProblem::parse(text);
  for (const Plan &plan : candidates(text).plans) {
    const Result<Plan> built = planner().build(problem, plan.engine);
    ASSERT_TRUE(built.ok()) << built.status().message();
    EXPECT_EQ(built->engine, plan.engine);
    EXPECT_EQ(built->workspaceBytes, plan.workspaceBytes);
    EXPECT_EQ(built->serialized, plan.serialized);
  }
  for (const char *engine : {"99999", "65 tile_size=12345", "nonsense"}) {
    const Result<Plan> built = planner().build(problem, engine);
    ASSERT_FALSE(built.ok()) << engine;
    EXPECT_NE(built.status().message().find(engine), std::string::npos);
  }
}

/// Of an engine that cuDNN knows only where there is a card, a program gets the name.
TEST(Planner, TakesEnginesThatOnlyADeviceHas) {
  const ConvProblem problem =
      *ConvProblem::parse("conv2d dgrad in=8x14x14x256 out=14x14x64 filter=1x1 types=f16,f16,f16");
  const Result<Plan> plan = planner().build(problem, "63 workspace=0");
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_TRUE(plan->builtAtStart);
  EXPECT_EQ(plan->repeats, std::nullopt) << "nobody knows";
  EXPECT_FALSE(plan->finalized);
  const Result<Plan> back = parsePlan(serialize(*plan));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->engine, "63 workspace=0");
  EXPECT_TRUE(back->builtAtStart);
  EXPECT_EQ(back->repeats, std::nullopt);
}

/// Engines that a card was seen to vary with, though cuDNN does not say so, are no plans where
/// results must repeat; others are.
TEST(Planner, LeavesOutWhatWasSeenToVary) {
  PlanLimits limits;
  const std::string statistics =
      fmt::format("conv2d forward {} types=f16,f16,f16 epilogue=statistics", small);
  const Candidates &any = candidates(statistics, limits);
  ASSERT_FALSE(any.plans.empty());
  for (const Plan &plan : any.plans) {
    EXPECT_EQ(plan.repeats, false) << plan.engine;
    const Result<Plan> back = parsePlan(serialize(plan));
    ASSERT_TRUE(back.ok()) << back.status().message();
    EXPECT_EQ(back->repeats, false);
  }
  limits.deterministic = true;
  const Candidates &repeating = candidates(statistics, limits);
  EXPECT_TRUE(repeating.plans.empty());
  const auto isRefused = [](const Refusal &refusal) {
    return refusal.reason == "it does not repeat to the bit";
  };
  EXPECT_TRUE(std::any_of(repeating.refused.begin(), repeating.refused.end(), isRefused));
  const Candidates &plain =
      candidates(fmt::format("conv2d forward {} types=f16,f16,f16", small), limits);
  ASSERT_FALSE(plain.plans.empty());
  EXPECT_EQ(plain.plans.front().repeats, true);
}

/// cuDNN takes back what went through our text.
TEST(Planner, SerializedPlansLoad) {
  Descriptor properties(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, device().cudnnProperties)
      .finalize("properties");
  const auto load = [&](const std::string &json) {
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, properties)
        .set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, json)
        .finalize("a plan");
    return plan.get<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
  };
  for (const char *words : {"forward {} types=f16,f16,f16", "dgrad {} types=f32,f32,f32",
                            "forward {} types=f16,f16,f16 prologue=scale-bias-relu "
                            "epilogue=statistics"}) {
    const Plan &plan =
        candidates("conv2d " + fmt::format(fmt::runtime(words), small)).plans.front();
    const Result<Plan> back = parsePlan(serialize(plan));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->engine, plan.engine);
    EXPECT_EQ(back->workspaceBytes, plan.workspaceBytes);
    // Engines with clusters tell the workspace only where there is a driver.
    EXPECT_LE(load(back->serialized), plan.workspaceBytes);
  }
  EXPECT_THROW(load("{}"), Error);
  EXPECT_THROW(load(""), Error);
}

TEST(Planner, RefusesADeviceThatIsNone) {
  DeviceDescription nothing = device();
  nothing.cudnnProperties = "{}";
  const Result<std::unique_ptr<Planner>> made = Planner::create(nothing);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.status().message().find("describing NVIDIA H200 to cuDNN"), std::string::npos)
      << made.status().message();
}

TEST(Planner, RefusesAProblemThatIsNone) {
  const Result<const Candidates *> found = planner().candidates(ConvProblem());
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().message(), "batch is 0, expected 1 to 2147483648");
}

} // namespace

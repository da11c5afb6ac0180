//===- EngineModelTest.cpp - what the model of cuDNN's engines expects ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/EngineModel.h"
#include "codegen/Installation.h"

#include <gtest/gtest.h>

using namespace fanfold;
using cudnn::ConvProblem;
using cudnn::Plan;

namespace {

cudnn::DeviceDescription described(const char *name) {
  Result<cudnn::DeviceDescription> device =
      cudnn::DeviceDescription::read(Installation::get().devices + "/" + name + ".json");
  EXPECT_TRUE(device.ok()) << device.status().message();
  return device.ok() ? *device : cudnn::DeviceDescription();
}

const EngineModel model(described("nvidia-h200"), 91900);

const std::string halves = " types=f16,f16,f16";
const std::string filterGradient = "conv2d wgrad in=128x35x35x48 out=35x35x64 filter=3x3 pad=1x1";
const std::string dataGradient = "conv2d dgrad in=256x28x28x128 out=28x28x128 filter=3x3 pad=1x1";
const std::string statistics =
    "conv2d forward in=512x28x28x96 out=28x28x128 filter=3x3 pad=1x1 types=f16,f16,f16 "
    "epilogue=statistics";

ConvProblem problemOf(const std::string &text) {
  Result<ConvProblem> problem = ConvProblem::parse(text);
  EXPECT_TRUE(problem.ok()) << problem.status().message();
  return problem.ok() ? *problem : ConvProblem();
}

std::optional<double> timeOf(const std::string &problem, const std::string &engine) {
  return model.microseconds(problemOf(problem), engine);
}

/// Engines of filter gradients: tile and cluster.
std::string hopper(int tile, int rows, int columns, int workspace = 0) {
  return fmt::format("65 tile_size={} tilek=1 idx_mode=1 workspace={} tile_cga_m={} tile_cga_n={}",
                     tile, workspace, rows, columns);
}

/// Plans in cuDNN's order.
std::vector<Plan> plansOf(const std::vector<std::string> &engines) {
  std::vector<Plan> plans;
  for (const std::string &engine : engines) {
    plans.emplace_back().engine = engine;
    plans.back().rank = int64_t(plans.size()) - 1;
  }
  return plans;
}

std::string chosen(const std::string &problem, const std::vector<std::string> &engines) {
  return model.choose(problemOf(problem), plansOf(engines)).engine;
}

TEST(EngineModel, ExpectsWhatWasMeasured) {
  const struct {
    std::string problem, engine;
    double microseconds;
  } measured[] = {
      {filterGradient + halves, hopper(5, 1, 5), 45.2},
      {filterGradient + halves, hopper(1, 1, 5), 67.3},
      {filterGradient + halves, hopper(0, 1, 3), 111.1},
      {dataGradient + halves,
       "67 tile_size=0 tilek=1 idx_mode=0 workspace=0 tile_cga_m=1 tile_cga_n=1", 84.8},
      {dataGradient + halves,
       "67 tile_size=1 tilek=0 idx_mode=0 workspace=0 tile_cga_m=8 tile_cga_n=1", 137.8},
      {dataGradient + halves, "73 tile_size=3 tilek=1 idx_mode=1 tile_cga_m=2 tile_cga_n=1", 95.8},
      {statistics, "2 tile_size=4 workspace=1 tile_cga_m=1 tile_cga_n=2", 191.8},
      {statistics, "2 tile_size=4 workspace=1 tile_cga_m=1 tile_cga_n=1", 262.8},
  };
  for (const auto &[problem, engine, microseconds] : measured) {
    const std::optional<double> time = timeOf(problem, engine);
    ASSERT_TRUE(time) << problem << ": " << engine;
    EXPECT_NEAR(*time / microseconds, 1, 0.25) << problem << ": " << engine;
  }
}

TEST(EngineModel, CountsSlowerMemory) {
  // 1x1, so that memory counts.
  const ConvProblem problem =
      problemOf("conv2d wgrad in=256x56x56x64 out=56x56x256 filter=1x1" + halves);
  const std::string engine = hopper(5, 1, 1);
  const auto fast = EngineModel(described("nvidia-h200"), 91900).microseconds(problem, engine);
  const auto slow = EngineModel(described("nvidia-h100"), 91900).microseconds(problem, engine);
  ASSERT_TRUE(fast && slow);
  EXPECT_GT(*slow, *fast * 1.1);
  EXPECT_LT(*slow, *fast * 1.42); // The cards' copies.
}

TEST(EngineModel, KnowsOneArchitectureAndLibrary) {
  const ConvProblem problem = problemOf(filterGradient + halves);
  cudnn::DeviceDescription hopperCard = described("nvidia-h200"), other = hopperCard;
  other.architecture = "sm_100";
  const auto knows = [&](const cudnn::DeviceDescription &device, size_t version) {
    return EngineModel(device, version).microseconds(problem, hopper(5, 1, 5)).has_value();
  };
  EXPECT_TRUE(knows(hopperCard, 91900));
  EXPECT_TRUE(knows(hopperCard, 91902)); // Engines change with minor versions.
  EXPECT_FALSE(knows(hopperCard, 92000));
  EXPECT_FALSE(knows(hopperCard, 90100));
  EXPECT_FALSE(knows(other, 91900));
  const std::vector<Plan> plans = plansOf({hopper(0, 1, 3), hopper(5, 1, 5)});
  EXPECT_EQ(model.choose(problem, plans).rank, 1);
  EXPECT_EQ(EngineModel(hopperCard, 92000).choose(problem, plans).rank, 0);
}

TEST(EngineModel, KnowsProblemsThatWereMeasured) {
  const std::string engine = hopper(5, 1, 5);
  EXPECT_EQ(timeOf(filterGradient + " types=bf16,bf16,bf16", engine),
            timeOf(filterGradient + halves, engine));
  EXPECT_FALSE(timeOf(filterGradient + " types=f32,f32,f32", engine));
  EXPECT_FALSE(timeOf(filterGradient + halves + " prologue=scale-bias-relu", engine));
  EXPECT_FALSE(timeOf(filterGradient + halves + " x-pitch=96", engine));
  EXPECT_FALSE(
      timeOf("conv2d wgrad in=4x35x35x48 out=35x35x64 filter=3x3 pad=1x1" + halves, engine));
  // Engines have one kind of problem.
  EXPECT_FALSE(timeOf(dataGradient + halves, engine));
  EXPECT_FALSE(timeOf("conv2d forward in=128x35x35x48 out=35x35x64 filter=3x3 pad=1x1" + halves,
                      "2 tile_size=4 workspace=1 tile_cga_m=1 tile_cga_n=2"));
}

TEST(EngineModel, KnowsEnginesThatWereMeasured) {
  const std::string problem = filterGradient + halves;
  EXPECT_TRUE(timeOf(problem, hopper(5, 1, 5)));
  EXPECT_FALSE(timeOf(problem, hopper(2, 1, 5)));  // No such tile.
  EXPECT_FALSE(timeOf(problem, hopper(5, 3, 3)));  // No such cluster,
  EXPECT_FALSE(timeOf(problem, hopper(5, 16, 4))); // and none so large.
  EXPECT_FALSE(timeOf(problem, hopper(5, 0, 1)));
  EXPECT_FALSE(timeOf(problem, "33 split_k=61 tile_size=7 kblock=3 stages=5"));
  EXPECT_FALSE(timeOf(problem, "no engine"));
}

TEST(EngineModel, CountsWhatClustersPad) {
  // 128 channels are two tiles of 64: a cluster of four has as much again beyond the edge.
  const std::string engine = "2 tile_size=4 workspace=1 tile_cga_m=1 tile_cga_n=";
  EXPECT_GT(*timeOf(statistics, engine + "4") / *timeOf(statistics, engine + "2"), 1.5);
}

TEST(EngineModel, SplitsSumsWithTheKnobOnly) {
  // Nine tiles are a fraction of what the card holds.
  const std::string problem = filterGradient + halves;
  EXPECT_GT(*timeOf(problem, hopper(5, 1, 3, 1)) / *timeOf(problem, hopper(5, 1, 3, 0)), 3);
}

TEST(EngineModel, ChoosesWhatIsClearlyFaster) {
  const std::string problem = filterGradient + halves;
  EXPECT_EQ(chosen(problem, {hopper(0, 1, 3), hopper(1, 1, 5), hopper(5, 1, 5)}), hopper(5, 1, 5));
  // Among equals, and where little can be won, cuDNN's first stays.
  EXPECT_EQ(model.choose(problemOf(problem), plansOf({hopper(5, 1, 3), hopper(5, 1, 3)})).rank, 0);
  ASSERT_LT(*timeOf(problem, hopper(7, 1, 1)), *timeOf(problem, hopper(7, 1, 3)));
  EXPECT_EQ(chosen(problem, {hopper(7, 1, 3), hopper(7, 1, 1)}), hopper(7, 1, 3));
}

TEST(EngineModel, TakesUnknownEnginesFromTheFirstPlaceAlone) {
  const std::string older = "10 tile_size=5 split_k_buf=4 tilek=1 stages=3 reduction_mode=1 "
                            "split_k_slc=5 idx_mode=1 specfilt=0";
  EXPECT_EQ(chosen(filterGradient + halves, {older, hopper(5, 1, 5)}), hopper(5, 1, 5));
  EXPECT_EQ(chosen(filterGradient + halves, {hopper(5, 1, 5), older}), hopper(5, 1, 5));
  EXPECT_EQ(chosen(filterGradient + halves, {older}), older);
  // 16 of 64 columns of the smallest tile: what cuDNN puts first has no such padding.
  const std::string narrow = "conv2d wgrad in=512x28x28x16 out=28x28x32 filter=3x3 pad=1x1";
  EXPECT_EQ(chosen(narrow + halves, {older, hopper(5, 1, 3)}), older);
}

} // namespace

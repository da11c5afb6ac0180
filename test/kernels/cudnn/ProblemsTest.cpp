//===- ProblemsTest.cpp - texts of convolutions, products, engines and devices ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceText.h"

#include "codegen/kernels/cublaslt/MatmulProblem.h"
#include "codegen/kernels/cudnn/ConvProblem.h"
#include "codegen/kernels/cudnn/DeviceDescription.h"
#include "codegen/kernels/cudnn/Plan.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_set>

using namespace fanfold;
using namespace fanfold::cudnn;
using cublaslt::MatmulProblem;

namespace {

template <typename T>
std::string failure(const Result<T> &result) {
  return result.status().message();
}

TEST(ConvProblem, TextHasOnlyWhatIsNotDefault) {
  ConvProblem p;
  p.shape = {256, 56, 56, 64, 56, 56, 64, 3, 3, 1, 1, 1, 1};
  p.xType = p.wType = p.yType = ElementType::f16;
  EXPECT_EQ(p.text(), "conv2d forward in=256x56x56x64 out=56x56x64 filter=3x3 pad=1x1 "
                      "types=f16,f16,f16");
  p.xPitch = 64; // Packed, and so the same problem.
  EXPECT_EQ(p, *ConvProblem::parse(p.text()));
  p.xPitch = 96;
  EXPECT_NE(p.text().find(" x-pitch=96"), std::string::npos);
}

TEST(ConvProblem, TextsComeBack) {
  std::mt19937 random(1);
  const auto pick = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  constexpr ElementType types[] = {ElementType::f16, ElementType::bf16, ElementType::f32};
  int valid = 0;
  for (int i = 0; i < 20000; ++i) {
    ConvProblem p;
    p.pass = Pass(pick(0, 2));
    p.shape = {pick(1, 4),  pick(1, 12), pick(1, 12), pick(1, 8), pick(1, 12),
               pick(1, 12), pick(1, 8),  pick(1, 4),  pick(1, 4), pick(1, 2),
               pick(1, 2),  pick(0, 2),  pick(0, 2),  pick(1, 2), pick(1, 2)};
    p.shape.groups = pick(1, 2);
    p.xType = types[pick(0, 2)];
    p.wType = types[pick(0, 2)];
    p.yType = types[pick(0, 2)];
    p.math = Math(pick(0, 1));
    p.xPitch = pick(0, 1) ? p.shape.inChannels + pick(1, 9) : 0;
    p.yPitch = pick(0, 1) ? p.shape.outChannels + pick(1, 9) : 0;
    p.prologue = Prologue(pick(0, 1));
    p.epilogue = Epilogue(pick(0, 4));
    if (!p.verify())
      continue;
    ++valid;
    const Result<ConvProblem> back = ConvProblem::parse(p.text());
    ASSERT_TRUE(back.ok()) << p.text() << ": " << failure(back);
    EXPECT_EQ(back->text(), p.text());
    EXPECT_EQ(std::hash<ConvProblem>()(*back), std::hash<ConvProblem>()(p));
  }
  EXPECT_GT(valid, 100);
}

TEST(ConvProblem, PaddingBehindFollowsFromTheOutput) {
  const auto after = [](const char *sizes) {
    return ConvProblem::parse(fmt::format("conv2d forward {} types=f32,f32,f32", sizes))
        ->padAfter();
  };
  using Pair = std::array<int64_t, 2>;
  EXPECT_EQ(after("in=1x56x56x4 out=56x56x4 filter=3x3 pad=1x1"), (Pair{1, 1}));
  // The last window needs none, but as much as in front gives the same output.
  EXPECT_EQ(after("in=1x56x56x4 out=28x28x4 filter=3x3 stride=2x2 pad=1x1"), (Pair{1, 1}));
  EXPECT_EQ(after("in=1x8x8x4 out=4x4x4 filter=3x3 stride=2x2"), (Pair{1, 1}));
  EXPECT_EQ(after("in=1x9x8x4 out=4x4x4 filter=3x3 stride=2x2"), (Pair{0, 1}));
  EXPECT_EQ(after("in=1x5x5x4 out=2x2x4 filter=2x2 stride=3x3"), (Pair{0, 0}));
}

TEST(ConvProblem, SaysWhatMakesNoSense) {
  const auto message = [](const std::string &text) { return failure(ConvProblem::parse(text)); };
  const std::string good =
      "conv2d forward in=1x8x8x4 out=8x8x4 filter=3x3 pad=1x1 types=f16,f16,f16";
  EXPECT_EQ(message(good), "");
  EXPECT_EQ(message(""), "problem begins with '', expected 'conv2d'");
  EXPECT_EQ(message("conv2d up"), "pass is 'up', expected forward, dgrad or wgrad");
  EXPECT_EQ(message(good + " colour=red"),
            "problem has the word 'colour=red', which means nothing here");
  EXPECT_EQ(message(good + " pad=1"), "problem has the word 'pad=1', which means nothing here");
  EXPECT_EQ(message(good + " pad=99999999999999999999x1"),
            "problem has the word 'pad=99999999999999999999x1', which means nothing here");
  EXPECT_EQ(message("conv2d forward in=1x8x8x4"),
            "problem 'conv2d forward in=1x8x8x4' lacks one of in=, out=, filter=, types=");
  EXPECT_EQ(message(good + " groups=3"), "3 groups do not divide 4 input and 4 output channels");
  EXPECT_EQ(message(good + " groups=0"), "number of groups is 0, expected 1 to 2147483648");
  EXPECT_EQ(message(good + " stride=0x1"), "height of the stride is 0, expected 1 to 2147483648");
  EXPECT_EQ(message(good + " out=5x8x4"),
            "height of the output is 5, which no padding behind of an input of 8 gives");
  EXPECT_EQ(message(good + " out=20x8x4"), "padding of the height is 1 in front and 13 behind, "
                                           "expected less than the filter's reach of 3");
  EXPECT_EQ(message(good + " x-pitch=3"),
            "pitches are 3 and 0, expected at least the 4 and 4 channels");
  EXPECT_EQ(message(good + " types=f16,f16,i32"),
            "problem has the word 'types=f16,f16,i32', which means nothing here");
  EXPECT_EQ(message("conv2d dgrad in=1x8x8x4 out=8x8x4 filter=1x1 types=f16,f16,f16 "
                    "epilogue=bias"),
            "dgrad has an epilogue, expected none");
  EXPECT_NE(message("conv2d forward in=2000000000x2000000000x2000000000x4 "
                    "out=2000000000x2000000000x4 filter=1x1 types=f16,f16,f16"),
            "");
}

TEST(MatmulProblem, TextsComeBack) {
  for (const char *text :
       {"matmul m=1 n=2 k=3 types=f32,f32", "matmul m=1 n=2 k=3 types=f32,f32 math=tf32",
        "matmul m=4 n=5 k=6 transpose=ab types=f16,f32 epilogue=bias-relu",
        "matmul m=4 n=5 k=6 transpose=b types=f16,f16 addend=f16 epilogue=bias-relu",
        "matmul m=8 n=8 k=8 transpose=b types=bf16,bf16 a-pitch=16 b-pitch=24 c-pitch=32"}) {
    const Result<MatmulProblem> problem = MatmulProblem::parse(text);
    ASSERT_TRUE(problem.ok()) << failure(problem);
    EXPECT_EQ(problem->text(), text);
  }
}

TEST(MatmulProblem, SaysWhatMakesNoSense) {
  const auto message = [](const char *text) { return failure(MatmulProblem::parse(text)); };
  EXPECT_EQ(message("conv"), "problem begins with 'conv', expected 'matmul'");
  EXPECT_EQ(message("matmul m=1 n=1"), "k of a matrix product is 0, expected 1 to 2147483647");
  EXPECT_EQ(message("matmul m=1 n=1 k=x"), "problem has the word 'k=x', which means nothing here");
  EXPECT_EQ(message("matmul m=1 n=8 k=1 b-pitch=4"),
            "pitch of b is 4, expected at least its 8 columns");
  EXPECT_EQ(message("matmul m=1 n=8 k=1 types=f16,f16 addend=f32"),
            "problem has the word 'addend=f32', which means nothing here");
  EXPECT_EQ(message("matmul m=1 n=8 k=1 types=f16,bf16"),
            "result of a product of f16 is bf16, expected f16 or f32");
}

TEST(MatmulProblem, SlicesLowerTheAlignment) {
  EXPECT_EQ(MatmulProblem::parse("matmul m=8 n=64 k=64 types=f16,f16")->alignment(), 16);
  EXPECT_EQ(MatmulProblem::parse("matmul m=8 n=64 k=64 types=f16,f16 c-pitch=128")->alignment(),
            16);
  EXPECT_EQ(MatmulProblem::parse("matmul m=8 n=60 k=64 types=f16,f16 c-pitch=128")->alignment(), 8);
}

TEST(EngineChoice, TextsComeBack) {
  for (const char *text :
       {"0", "62 tile_size=4 tilek=0 tile_cga_m=8", "7 split_k_buf=-1", "9 knob60=3"}) {
    const Result<EngineChoice> choice = EngineChoice::parse(text);
    ASSERT_TRUE(choice.ok()) << failure(choice);
    EXPECT_EQ(choice->text(), text);
  }
  for (const char *text :
       {"", "x", "-1", "1 tile", "1 tile_size=", "1 tile_size=4x", "1 size=4", "1 knob64=1"})
    EXPECT_FALSE(EngineChoice::parse(text).ok()) << text;
}

TEST(Plan, DamagedTextsAreRefused) {
  const std::string good =
      R"({"cudnn":91900,"engine":"1","workspaceBytes":8,"repeats":true,"plan":{"a":1}})";
  Result<Plan> plan = parsePlan(good);
  ASSERT_TRUE(plan.ok()) << failure(plan);
  EXPECT_EQ(serialize(*plan), good);
  EXPECT_FALSE(plan->builtAtStart);
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(parsePlan(good.substr(0, length)).ok()) << length;
  EXPECT_FALSE(parsePlan(R"({"cudnn":"x","engine":"1","workspaceBytes":8,"repeats":true})").ok());
  EXPECT_FALSE(parsePlan(R"({"cudnn":1,"engine":"1","workspaceBytes":-8,"repeats":true})").ok());
  EXPECT_FALSE(parsePlan(R"({"cudnn":1,"engine":"1","workspaceBytes":8,"repeats":1})").ok());
  plan = parsePlan(R"({"cudnn":91900,"engine":"1","workspaceBytes":8,"repeats":null})");
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->builtAtStart);
}

TEST(DeviceDescription, ReadsTheFileOfTheProject) {
  const Result<DeviceDescription> device = DeviceDescription::read(FANFOLD_DEVICE);
  ASSERT_TRUE(device.ok()) << failure(device);
  EXPECT_EQ(device->name, "NVIDIA H200");
  EXPECT_EQ(device->architecture, "sm_90");
  EXPECT_EQ(device->multiprocessors, 132);
  EXPECT_GT(device->flopsPerSecond.at("f16"), device->flopsPerSecond.at("tf32"));
}

TEST(DeviceDescription, SaysWhatIsMissing) {
  const std::string good = test::deviceText;
  const auto message = [](const std::string &text) {
    return failure(DeviceDescription::parse(text, "card.json"));
  };
  EXPECT_EQ(message(""), "card.json is no JSON object");
  EXPECT_EQ(message("[]"), "card.json is no JSON object");
  EXPECT_EQ(message(good.substr(0, good.size() / 2)), "card.json is no JSON object");
  std::string other = good;
  other.replace(other.find("memoryBytes"), 6, "memoir");
  EXPECT_NE(message(other).find("memoryBytes"), std::string::npos) << message(other);
  other = good;
  other.replace(other.find("4.29e12"), 7, "0.0    ");
  EXPECT_NE(message(other).find("not above zero"), std::string::npos) << message(other);
  EXPECT_NE(failure(DeviceDescription::read("/nowhere.json")).find("/nowhere.json"),
            std::string::npos);
}

} // namespace

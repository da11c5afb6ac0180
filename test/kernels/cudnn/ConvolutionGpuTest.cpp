//===- ConvolutionGpuTest.cpp - convolutions on the card against their definition ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceText.h"
#include "GpuTest.h"

#include "codegen/kernels/cudnn/Convolution.h"
#include "codegen/kernels/cudnn/Planner.h"
#include "codegen/kernels/reference/Conv2d.h"

using namespace fanfold;
using namespace fanfold::cudnn;
using namespace fanfold::test;

namespace {

/// All that a convolution reads and writes, with the results expected of it.
struct Case {
  ConvProblem problem;
  std::vector<double> x, w, y, bias, scale, shift; ///< Inputs; the output is empty.
  std::vector<double> expected, sum, sumOfSquares;
};

class ConvolutionTest : public GpuTest {
protected:
  /// One for all tests, as in a program.
  static Handle &handle() {
    static Handle one;
    return one;
  }
  static Planner &planner() {
    static const std::unique_ptr<Planner> one = [] {
      Result<DeviceDescription> device = DeviceDescription::parse(deviceText, "device");
      return std::move(*Planner::create(*device));
    }();
    return *one;
  }

  Case makeCase(const std::string &text);
  /// Runs one plan and compares. `runs` are made of the same inputs and must agree to
  /// the bit.
  void check(const Case &c, Convolution &convolution, std::optional<bool> repeats,
             double factor = 1);
  void checkAheadOfTime(const std::string &text, double factor = 1);
};

/// Spreads packed pixels to a pitch; what lies between stays NaN.
std::vector<double> spread(const std::vector<double> &packed, int64_t channels, int64_t pitch) {
  std::vector<double> wide(packed.size() / channels * pitch, NAN);
  for (size_t i = 0; i < packed.size(); ++i)
    wide[i / channels * pitch + i % channels] = packed[i];
  return wide;
}

std::vector<double> gather(const std::vector<double> &wide, int64_t channels, int64_t pitch) {
  std::vector<double> packed(wide.size() / pitch * channels);
  for (size_t i = 0; i < packed.size(); ++i)
    packed[i] = wide[i / channels * pitch + i % channels];
  return packed;
}

Case ConvolutionTest::makeCase(const std::string &text) {
  Case c;
  Result<ConvProblem> parsed = ConvProblem::parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.status().message();
  c.problem = *parsed;
  const ConvProblem &p = c.problem;
  const Conv2dShape &s = p.shape;
  c.x = randomValues(p.xType, s.inputSize());
  c.w = randomValues(p.wType, s.filterSize());
  c.y = randomValues(p.yType, s.outputSize());
  c.bias = randomValues(p.yType, s.outChannels);
  c.scale = randomValues(p.xType, s.inChannels);
  c.shift = randomValues(p.xType, s.inChannels); // A padded tap is 0 and not relu(shift).
  std::vector<double> seen = c.x;
  if (p.prologue == Prologue::scaleBiasRelu)
    for (size_t i = 0; i < seen.size(); ++i) {
      const size_t channel = i % s.inChannels;
      seen[i] = std::max(0.0, seen[i] * c.scale[channel] + c.shift[channel]);
    }
  switch (p.pass) {
  case Pass::forward:
    c.expected.resize(s.outputSize());
    reference::conv2d(s, seen.data(), c.w.data(), c.expected.data());
    break;
  case Pass::dgrad:
    c.expected.resize(s.inputSize());
    reference::conv2dDataGradient(s, c.y.data(), c.w.data(), c.expected.data());
    break;
  case Pass::wgrad:
    c.expected.resize(s.filterSize());
    reference::conv2dWeightGradient(s, seen.data(), c.y.data(), c.expected.data());
    break;
  }
  c.sum.assign(s.outChannels, 0);
  c.sumOfSquares.assign(s.outChannels, 0);
  for (size_t i = 0; p.pass == Pass::forward && i < c.expected.size(); ++i) {
    const size_t channel = i % s.outChannels;
    c.sum[channel] += c.expected[i];
    c.sumOfSquares[channel] += c.expected[i] * c.expected[i];
    if (p.epilogue == Epilogue::bias || p.epilogue == Epilogue::biasRelu)
      c.expected[i] += c.bias[channel];
    if (p.epilogue == Epilogue::relu || p.epilogue == Epilogue::biasRelu)
      c.expected[i] = std::max(0.0, c.expected[i]);
  }
  return c;
}

void ConvolutionTest::check(const Case &c, Convolution &convolution, std::optional<bool> repeats,
                            double factor) {
  const ConvProblem &p = c.problem;
  const Conv2dShape &s = p.shape;
  const int64_t xPitch = p.xPitch ? p.xPitch : s.inChannels;
  const int64_t yPitch = p.yPitch ? p.yPitch : s.outChannels;
  const auto image = [](ElementType type, const std::vector<double> &values, int64_t channels,
                        int64_t pitch, bool written) {
    return written ? DeviceTensor(type, values.size() / channels * pitch)
                   : DeviceTensor(type, spread(values, channels, pitch));
  };
  std::vector<std::byte> first;
  for (int run = 0; run < 2; ++run) {
    const DeviceTensor x = image(p.xType, c.x, s.inChannels, xPitch, p.pass == Pass::dgrad);
    const DeviceTensor y = image(p.yType, c.y, s.outChannels, yPitch, p.pass == Pass::forward);
    const DeviceTensor w =
        p.pass == Pass::wgrad ? DeviceTensor(p.wType, c.w.size()) : DeviceTensor(p.wType, c.w);
    const DeviceTensor bias(p.yType, c.bias), scale(p.xType, c.scale), shift(p.xType, c.shift);
    const DeviceTensor sum(ElementType::f32, c.sum.size());
    const DeviceTensor sumOfSquares(ElementType::f32, c.sum.size());
    // Bytes behind the workspace stay as they are.
    constexpr size_t margin = 1 << 12;
    const size_t bytes = size_t(convolution.workspaceBytes());
    const DeviceTensor workspace(ElementType::u8, bytes + margin);

    convolution.run(stream,
                    {x.get(), w.get(), y.get(), bias.get(), scale.get(), shift.get(),
                     static_cast<const float *>(sum.get()),
                     static_cast<const float *>(sumOfSquares.get())},
                    workspace.get());
    EXPECT_CUDA(cudaStreamSynchronize(stream));

    const DeviceTensor &output = p.pass == Pass::forward ? y : p.pass == Pass::dgrad ? x : w;
    const ElementType type = p.pass == Pass::forward ? p.yType
                             : p.pass == Pass::dgrad ? p.xType
                                                     : p.wType;
    std::vector<double> actual = output.values();
    if (p.pass != Pass::wgrad) {
      const int64_t channels = p.pass == Pass::forward ? s.outChannels : s.inChannels;
      const int64_t pitch = p.pass == Pass::forward ? yPitch : xPitch;
      for (size_t i = 0; i < actual.size(); ++i)
        if (int64_t(i) % pitch >= channels) {
          ASSERT_TRUE(std::isnan(actual[i])) << "wrote outside of its slice, at " << i;
        }
      actual = gather(actual, channels, pitch);
    }
    const bool rounds = p.math == Math::tf32 && p.xType == ElementType::f32;
    const double limit = factor * (rounds ? 2e-3 : tolerance(type));
    EXPECT_LE(relativeError(actual, c.expected), limit);
    if (p.epilogue == Epilogue::statistics) {
      EXPECT_LE(relativeError(sum.values(), c.sum), 3 * limit);
      EXPECT_LE(relativeError(sumOfSquares.values(), c.sumOfSquares), limit);
    }
    const std::vector<std::byte> after = workspace.raw();
    for (size_t i = bytes; i < after.size(); ++i)
      ASSERT_EQ(after[i], std::byte{0xff}) << "wrote byte " << i << " of a workspace of " << bytes;
    if (run == 0)
      first = output.raw();
    else if (repeats == true)
      EXPECT_TRUE(first == output.raw()) << "two runs differ";
  }
}

/// The way of a compiled program: planned from the device's description, carried as
/// text, loaded. With and without the demand that it repeats, where anything does.
void ConvolutionTest::checkAheadOfTime(const std::string &text, double factor) {
  SCOPED_TRACE(text);
  const Case c = makeCase(text);
  for (const bool deterministic : {false, true}) {
    PlanLimits limits;
    limits.deterministic = deterministic;
    Result<const Candidates *> found = planner().candidates(c.problem, limits);
    ASSERT_TRUE(found.ok()) << found.status().message();
    if (deterministic && c.problem.epilogue == Epilogue::statistics && (*found)->plans.empty())
      continue;
    ASSERT_FALSE((*found)->plans.empty());
    const Plan &plan = (*found)->plans.front();
    EXPECT_TRUE(!deterministic || plan.repeats == true);
    Convolution convolution(handle(), c.problem.text(), serialize(plan));
    check(c, convolution, plan.repeats, factor);
  }
}

const char *const shapes[] = {
    "in=2x9x7x16 out=9x7x24 filter=3x3 pad=1x1",
    "in=2x8x8x64 out=8x8x32 filter=1x1",
    "in=1x12x10x32 out=12x10x48 filter=5x5 pad=2x2",
    "in=2x10x6x16 out=10x6x24 filter=1x7 pad=0x3",
    "in=2x6x10x24 out=6x10x16 filter=7x1 pad=3x0",
    "in=2x14x14x32 out=7x7x64 filter=3x3 stride=2x2 pad=1x1",
    "in=2x14x14x64 out=7x7x32 filter=1x1 stride=2x2",
    "in=2x23x23x3 out=12x12x16 filter=7x7 stride=2x2 pad=3x3",
    "in=2x23x23x8 out=12x12x64 filter=7x7 stride=2x2 pad=3x3",
    "in=1x35x35x3 out=7x7x24 filter=11x11 stride=4x4",
    "in=2x13x13x16 out=13x13x8 filter=3x3 pad=2x2 dilation=2x2",
    "in=2x9x9x32 out=9x9x32 filter=5x5 pad=2x2 groups=2",
    "in=2x14x14x32 out=14x14x32 filter=3x3 pad=1x1 groups=32",
    "in=2x14x14x32 out=7x7x32 filter=3x3 stride=2x2 pad=1x1 groups=32",
    "in=3x5x5x20 out=5x5x50 filter=3x3 pad=1x1",
};

TEST_F(ConvolutionTest, PassesMatchTheirDefinition) {
  for (const char *types :
       {"f32,f32,f32", "f32,f32,f32 math=tf32", "f16,f16,f16", "bf16,bf16,bf16"})
    for (const char *pass : {"forward", "dgrad", "wgrad"})
      for (const char *shape : shapes)
        checkAheadOfTime(fmt::format("conv2d {} {} types={}", pass, shape, types));
}

TEST_F(ConvolutionTest, AddsBiasAndClips) {
  for (const char *types : {"f32,f32,f32", "f16,f16,f16", "bf16,bf16,bf16"})
    for (const char *epilogue : {"bias", "bias-relu"})
      for (const char *shape :
           {"in=2x9x7x16 out=9x7x24 filter=3x3 pad=1x1", "in=2x8x8x64 out=8x8x32 filter=1x1",
            "in=2x9x9x32 out=9x9x32 filter=5x5 pad=2x2 groups=2"})
        checkAheadOfTime(
            fmt::format("conv2d forward {} types={} epilogue={}", shape, types, epilogue));
}

TEST_F(ConvolutionTest, SumsForBatchNorm) {
  for (const char *words : {"epilogue=statistics", "prologue=scale-bias-relu epilogue=statistics"})
    for (const char *shape :
         {"in=4x14x14x64 out=14x14x64 filter=3x3 pad=1x1", "in=4x14x14x64 out=14x14x256 filter=1x1",
          "in=4x14x14x128 out=7x7x128 filter=3x3 stride=2x2 pad=1x1"})
      // The prologue is computed in halves.
      checkAheadOfTime(fmt::format("conv2d forward {} types=f16,f16,f16 {}", shape, words), 2);
}

TEST_F(ConvolutionTest, AppliesBatchNormBeforeTheWeightGradient) {
  for (const char *shape :
       {"in=4x14x14x64 out=14x14x64 filter=3x3 pad=1x1", "in=4x14x14x64 out=14x14x256 filter=1x1"})
    checkAheadOfTime(
        fmt::format("conv2d wgrad {} types=f16,f16,f16 prologue=scale-bias-relu", shape), 2);
}

TEST_F(ConvolutionTest, ReadsAndWritesSlices) {
  for (const char *types : {"f32,f32,f32", "f16,f16,f16", "bf16,bf16,bf16"})
    for (const char *pass : {"forward", "dgrad", "wgrad"})
      for (const char *pitches : {"x-pitch=80", "y-pitch=96", "x-pitch=80 y-pitch=96"})
        checkAheadOfTime(fmt::format("conv2d {} in=2x9x7x16 out=9x7x32 filter=3x3 pad=1x1 "
                                     "types={} {}",
                                     pass, types, pitches));
  checkAheadOfTime("conv2d forward in=2x9x7x16 out=9x7x32 filter=3x3 pad=1x1 types=f16,f16,f16 "
                   "y-pitch=96 epilogue=bias-relu");
}

TEST_F(ConvolutionTest, EveryPlanOfTheDeviceIsRight) {
  Planner onDevice(handle());
  for (const char *text :
       {"conv2d forward in=2x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f16,f16",
        "conv2d dgrad in=2x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f16,f16",
        "conv2d wgrad in=2x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f16,f16",
        "conv2d wgrad in=2x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f32,f16",
        "conv2d forward in=2x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f16,f16 "
        "epilogue=relu",
        "conv2d forward in=2x14x14x64 out=14x14x64 filter=1x1 types=bf16,bf16,bf16 "
        "epilogue=statistics",
        // Parts of larger tensors, as DenseNet has them; some engines pack them, others do not.
        "conv2d forward in=2x14x14x128 out=14x14x32 filter=3x3 pad=1x1 types=f16,f16,f16 "
        "y-pitch=256",
        "conv2d forward in=2x14x14x128 out=14x14x32 filter=3x3 pad=1x1 types=f16,f16,f16 "
        "y-pitch=256 epilogue=statistics",
        "conv2d dgrad in=2x14x14x128 out=14x14x32 filter=3x3 pad=1x1 types=f16,f16,f16 "
        "y-pitch=288",
        "conv2d wgrad in=2x14x14x128 out=14x14x32 filter=3x3 pad=1x1 types=f16,f16,f16 "
        "y-pitch=288",
        "conv2d wgrad in=2x14x14x128 out=14x14x32 filter=3x3 pad=1x1 types=f16,f32,f16 "
        "y-pitch=288"}) {
    const Case c = makeCase(text);
    Result<const Candidates *> found = onDevice.candidates(c.problem);
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_FALSE((*found)->plans.empty()) << text;
    for (const Plan &plan : (*found)->plans) {
      SCOPED_TRACE(std::string(text) + ", engine " + plan.engine);
      Convolution convolution(handle(), c.problem, plan);
      check(c, convolution, plan.repeats);
    }
  }
}

TEST_F(ConvolutionTest, PlansOfAnotherVersionAreMadeAgain) {
  const Case c = makeCase("conv2d forward in=2x9x7x16 out=9x7x24 filter=3x3 pad=1x1 "
                          "types=f16,f16,f16");
  Plan plan = (*planner().candidates(c.problem))->plans.front();
  plan.version = 91400;
  testing::internal::CaptureStderr();
  Convolution convolution(handle(), c.problem.text(), serialize(plan));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("9.14.0"), std::string::npos) << said;
  EXPECT_NE(said.find(versionText(cudnnGetVersion())), std::string::npos) << said;
  EXPECT_LE(convolution.workspaceBytes(), plan.workspaceBytes);
  check(c, convolution, plan.repeats);

  testing::internal::CaptureStderr();
  Convolution again(handle(), c.problem.text(), serialize(plan));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

/// What repeats is replaced by what repeats: no engine that sums for batch normalisation does.
TEST_F(ConvolutionTest, PlansMadeAgainRepeatWhereTheFirstDid) {
  const Case c = makeCase("conv2d forward in=2x9x7x16 out=9x7x24 filter=3x3 pad=1x1 "
                          "types=f16,f16,f16 epilogue=statistics");
  Plan plan = (*planner().candidates(c.problem))->plans.front();
  EXPECT_EQ(plan.repeats, false);
  plan.version = 91400;
  testing::internal::CaptureStderr();
  Convolution convolution(handle(), c.problem.text(), serialize(plan));
  check(c, convolution, plan.repeats);
  plan.repeats = true;
  EXPECT_THROW(Convolution(handle(), c.problem.text(), serialize(plan)), std::runtime_error);
  testing::internal::GetCapturedStderr();
}

/// An engine that was measured and is compiled on the card has no plan in the program, and
/// is bound to a version all the same.
TEST_F(ConvolutionTest, CompiledEnginesOfAnotherVersionAreMadeAgain) {
  for (const char *text :
       {"conv2d forward in=2x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f16,f16 "
        "epilogue=relu",
        "conv2d forward in=2x14x14x64 out=14x14x64 filter=1x1 types=bf16,bf16,bf16 "
        "epilogue=statistics"}) {
    SCOPED_TRACE(text);
    const Case c = makeCase(text);
    Planner onDevice(handle());
    Result<const Candidates *> found = onDevice.candidates(c.problem);
    ASSERT_TRUE(found.ok());
    const auto compiled =
        std::find_if((*found)->plans.begin(), (*found)->plans.end(),
                     [](const Plan &candidate) { return candidate.builtAtStart; });
    ASSERT_NE(compiled, (*found)->plans.end());
    Plan plan = *compiled;
    // Measured with this version, it is compiled again at start, without a word.
    testing::internal::CaptureStderr();
    Convolution same(handle(), c.problem.text(), serialize(plan));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    check(c, same, plan.repeats);
    plan.version = 91400;
    Handle fresh; // That has said nothing yet.
    testing::internal::CaptureStderr();
    Convolution other(fresh, c.problem.text(), serialize(plan));
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("compiled with cuDNN 9.14.0 and runs with cuDNN " +
                        versionText(cudnnGetVersion())),
              std::string::npos)
        << said;
    check(c, other, plan.repeats);
  }
}

/// A plan as a machine without a card gives it for an engine that it cannot plan.
static Plan byName(Plan plan, const std::string &engine) {
  plan.engine = engine;
  plan.builtAtStart = true;
  plan.serialized.clear();
  plan.finalized.reset();
  return plan;
}

/// The best engines of 1x1 convolutions are known to cuDNN only where there is a card: a
/// program has their names, as they were measured.
TEST_F(ConvolutionTest, EnginesThatOnlyADeviceHasArePlannedAtStart) {
  Planner onDevice(handle());
  size_t found = 0;
  for (const char *pass : {"forward", "dgrad", "wgrad"}) {
    const Case c = makeCase(
        fmt::format("conv2d {} in=8x14x14x256 out=14x14x64 filter=1x1 types=f16,f16,f16", pass));
    Result<const Candidates *> list = onDevice.candidates(c.problem);
    ASSERT_TRUE(list.ok()) << list.status().message();
    for (const Plan &measured : (*list)->plans) {
      ++found;
      SCOPED_TRACE(c.problem.text() + ", engine " + measured.engine);
      const Plan ahead = byName(measured, measured.engine);
      testing::internal::CaptureStderr();
      Convolution convolution(handle(), c.problem.text(), serialize(ahead));
      EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
      check(c, convolution, measured.repeats);
    }
  }
  EXPECT_GT(found, 0u);
}

/// A name that the card's cuDNN does not take either: others, in as many bytes.
TEST_F(ConvolutionTest, UnknownEnginesAreReplaced) {
  const Case c = makeCase("conv2d dgrad in=8x14x14x256 out=14x14x64 filter=1x1 types=f16,f16,f16");
  Plan plan = byName((*planner().candidates(c.problem))->plans.front(), "63 workspace=77");
  plan.workspaceBytes = 1 << 20;
  Handle fresh; // That has said nothing yet.
  testing::internal::CaptureStderr();
  Convolution convolution(fresh, c.problem.text(), serialize(plan));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("cuDNN does not take an engine that was chosen for"), std::string::npos)
      << said;
  check(c, convolution, plan.repeats);
}

TEST_F(ConvolutionTest, DamagedPlansAreMadeAgain) {
  const Case c = makeCase("conv2d forward in=2x8x8x64 out=8x8x32 filter=1x1 types=f16,f16,f16");
  const Plan &plan = (*planner().candidates(c.problem))->plans.front();
  std::string text = serialize(plan);
  const size_t at = text.find("knobChoices");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 4, "bonk");
  testing::internal::CaptureStderr();
  Convolution convolution(handle(), c.problem.text(), text);
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
  check(c, convolution, plan.repeats);
}

TEST_F(ConvolutionTest, CanBeCaptured) {
  const Case c = makeCase("conv2d forward in=2x9x7x16 out=9x7x24 filter=3x3 pad=1x1 "
                          "types=f16,f16,f16 epilogue=bias-relu");
  Convolution convolution(handle(), c.problem.text(),
                          serialize((*planner().candidates(c.problem))->plans.front()));
  const DeviceTensor x(ElementType::f16, c.x), w(ElementType::f16, c.w);
  const DeviceTensor y(ElementType::f16, c.expected.size()), bias(ElementType::f16, c.bias);
  const DeviceTensor workspace(ElementType::u8, size_t(convolution.workspaceBytes()));
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  ASSERT_EQ(cudaSuccess, cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  convolution.run(stream, {x.get(), w.get(), y.get(), bias.get()}, workspace.get());
  ASSERT_EQ(cudaSuccess, cudaStreamEndCapture(stream, &graph));
  ASSERT_EQ(cudaSuccess, cudaGraphInstantiate(&executable, graph, 0));
  EXPECT_TRUE(std::isnan(y.values().front())) << "capturing runs nothing";
  EXPECT_CUDA(cudaGraphLaunch(executable, stream));
  EXPECT_CUDA(cudaStreamSynchronize(stream));
  EXPECT_LE(relativeError(y.values(), c.expected), tolerance(ElementType::f16));
  EXPECT_CUDA(cudaGraphExecDestroy(executable));
  EXPECT_CUDA(cudaGraphDestroy(graph));
}

TEST_F(ConvolutionTest, RefusesPointersThatAreNoTensors) {
  const Case c = makeCase("conv2d forward in=2x8x8x64 out=8x8x32 filter=1x1 types=f16,f16,f16");
  Convolution convolution(handle(), c.problem.text(),
                          serialize((*planner().candidates(c.problem))->plans.front()));
  const DeviceTensor x(ElementType::f16, c.x), w(ElementType::f16, c.w);
  const DeviceTensor y(ElementType::f16, c.expected.size());
  const void *odd = static_cast<std::byte *>(x.get()) + 2;
  EXPECT_THROW(convolution.run(stream, {odd, w.get(), y.get()}, nullptr), std::invalid_argument);
  EXPECT_THROW(convolution.run(stream, {x.get(), nullptr, y.get()}, nullptr),
               std::invalid_argument);
  EXPECT_THROW(Convolution(handle(), "conv2d sideways", "{}"), std::invalid_argument);
  EXPECT_THROW(Convolution(handle(), c.problem.text(), "{"), std::invalid_argument);
}

} // namespace

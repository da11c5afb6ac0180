//===- TunerGpuTest.cpp - tuning on the card -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuTest.h"

#include "codegen/kernels/cublaslt/MatmulTuner.h"
#include "codegen/kernels/cuda/Compare.h"
#include "codegen/kernels/cudnn/Convolution.h"
#include "codegen/kernels/cudnn/Tuner.h"

using namespace fanfold;
using namespace fanfold::cudnn;
using namespace fanfold::test;

namespace {

class TunerTest : public GpuTest {
protected:
  RepeatCheck check{cuda::countDifferences};
};

TEST_F(TunerTest, TimesEveryPlan) {
  Handle handle;
  Result<LaunchTimer> timer = LaunchTimer::create();
  ASSERT_TRUE(timer.ok()) << timer.status().message();
  Result<std::string> name = currentDeviceName();
  ASSERT_TRUE(name.ok());
  const DeviceTensor memory(ElementType::u8, size_t(1) << 30);
  ScratchMemory scratch(memory.get(), memory.bytes());
  Tuner tuner(handle, *timer, check, scratch, *name);
  const ConvProblem problem = *ConvProblem::parse(
      "conv2d forward in=32x28x28x128 out=28x28x128 filter=3x3 pad=1x1 types=f16,f16,f16");
  PlanLimits limits;
  limits.maxWorkspaceBytes = 256 << 20;
  Result<std::vector<TuningRecord>> records = tuner.measure(problem, limits);
  ASSERT_TRUE(records.ok()) << records.status().message();
  ASSERT_GT(records->size(), 5u);
  TuningDatabase database;
  double slowest = 0;
  for (const TuningRecord &record : *records) {
    // No faster than tensor cores multiply, no slower than one multiplier each.
    EXPECT_GT(record.microseconds, problem.flops() / 1000e12 * 1e6) << record.choice;
    EXPECT_LT(record.microseconds, 1e5) << record.choice;
    EXPECT_TRUE(record.repeats.has_value()) << record.choice;
    slowest = std::max(slowest, record.microseconds);
    EXPECT_TRUE(database.add(record).ok());
  }
  const TuningRecord &best =
      database.measured(*name, libraryName(cudnnGetVersion()), problem.text()).front();
  EXPECT_LT(best.microseconds, slowest);

  Planner planner(handle);
  Result<Plan> plan = planOf(best, planner);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->engine, best.choice);
  EXPECT_EQ(plan->workspaceBytes, best.workspaceBytes);
}

TEST_F(TunerTest, TimesAlgorithmsOfProducts) {
  cublaslt::Handle handle;
  Result<LaunchTimer> timer = LaunchTimer::create();
  ASSERT_TRUE(timer.ok()) << timer.status().message();
  const DeviceTensor memory(ElementType::u8, size_t(1) << 30);
  ScratchMemory scratch(memory.get(), memory.bytes());
  const cublaslt::MatmulProblem problem = *cublaslt::MatmulProblem::parse(
      "matmul m=4096 n=1024 k=2048 types=f16,f16 epilogue=bias-relu");
  Result<std::vector<TuningRecord>> records = cublaslt::measure(
      handle, *timer, check, scratch, "a card", problem, problem.advisedWorkspaceBytes());
  ASSERT_TRUE(records.ok()) << records.status().message();
  ASSERT_FALSE(records->empty());
  for (const TuningRecord &record : *records) {
    EXPECT_GT(record.microseconds, problem.flops() / 1000e12 * 1e6) << record.choice;
    EXPECT_EQ(
        cublaslt::Matmul(handle, problem.text(), record.workspaceBytes, record.choice).algorithm(),
        record.choice);
  }
  scratch = ScratchMemory(memory.get(), 1 << 20);
  EXPECT_FALSE(cublaslt::measure(handle, *timer, check, scratch, "a card", problem, 0).ok());
}

TEST_F(TunerTest, TellsWhatRepeatsFromWhatDoesNot) {
  Result<LaunchTimer> timer = LaunchTimer::create();
  ASSERT_TRUE(timer.ok());
  const DeviceTensor memory(ElementType::u8, 1 << 20);
  ScratchMemory scratch(memory.get(), memory.bytes());
  auto *const output = static_cast<uint8_t *>(scratch.take(1000));
  ASSERT_TRUE(check.reserve({{output, 777}, {output + 800, 64}}, scratch));
  const auto fill = [&](void *stream, size_t at, int value) {
    cudaMemsetAsync(output + at, value, 1, static_cast<cudaStream_t>(stream));
  };
  Result<bool> repeats = check.repeats(timer->stream(), [&](void *stream) { fill(stream, 5, 1); });
  ASSERT_TRUE(repeats.ok()) << repeats.status().message();
  EXPECT_TRUE(*repeats);
  // One byte of one run, in either output, at an end or not.
  for (const size_t at : {0, 5, 776, 800, 863}) {
    int run = 0;
    repeats = check.repeats(timer->stream(), [&](void *stream) { fill(stream, at, ++run == 7); });
    ASSERT_TRUE(repeats.ok()) << repeats.status().message();
    EXPECT_FALSE(*repeats) << at;
  }
  // What lies between the outputs is nobody's.
  int run = 0;
  repeats = check.repeats(timer->stream(), [&](void *stream) { fill(stream, 790, ++run); });
  EXPECT_TRUE(*repeats);
  repeats = check.repeats(timer->stream(), [](void *) { throw std::runtime_error("no launch"); });
  EXPECT_EQ(repeats.status().message(), "no launch");
  EXPECT_FALSE(check.reserve({{output, 1 << 20}}, scratch)) << "there is no room for a copy";
}

TEST_F(TunerTest, SaysThatMemoryIsShort) {
  Handle handle;
  Result<LaunchTimer> timer = LaunchTimer::create();
  const DeviceTensor memory(ElementType::u8, 1 << 20);
  ScratchMemory scratch(memory.get(), memory.bytes());
  Tuner tuner(handle, *timer, check, scratch, "a card");
  Result<std::vector<TuningRecord>> records = tuner.measure(
      *ConvProblem::parse(
          "conv2d forward in=32x28x28x128 out=28x28x128 filter=3x3 pad=1x1 types=f16,f16,f16"),
      {});
  ASSERT_FALSE(records.ok());
  EXPECT_NE(records.status().message().find("tuning takes"), std::string::npos);
}

TEST_F(TunerTest, ALaunchThatThrowsHasNoTime) {
  Result<LaunchTimer> timer = LaunchTimer::create();
  ASSERT_TRUE(timer.ok());
  int calls = 0;
  Result<double> time = timer->time([&](void *, int) {
    if (++calls == 3)
      throw std::runtime_error("third launch");
  });
  ASSERT_FALSE(time.ok());
  EXPECT_EQ(time.status().message(), "third launch");
  // The timer is as good as new.
  const DeviceTensor memory(ElementType::u8, 1 << 20);
  time = timer->time([&](void *stream, int) {
    cudaMemsetAsync(memory.get(), 0, memory.bytes(), static_cast<cudaStream_t>(stream));
  });
  ASSERT_TRUE(time.ok()) << time.status().message();
  EXPECT_GT(*time, 0);
}

} // namespace

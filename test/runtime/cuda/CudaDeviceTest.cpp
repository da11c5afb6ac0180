//===- CudaDeviceTest.cpp - what only a GPU shows -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Fixture.h"
#include "../Logistic.h"
#include "runtime/RunProgram.h"
#include "runtime/Safetensors.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace fanfold;
using namespace fanfold::test;
using nlohmann::json;

namespace {

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

Outcome runBeside(const std::string &program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), beside(program));
  return Process(arguments).wait();
}

/// One safetensors file with a batch of images and labels.
void writeBatch(const std::string &path) {
  std::string images, labels;
  for (int i = 0; i < logisticBatch * logisticPixels; ++i)
    images += static_cast<char>(i * 37 % 256);
  for (int32_t n = 0; n < logisticBatch; ++n) {
    int32_t label = n % logisticClasses;
    labels.append(reinterpret_cast<const char *>(&label), sizeof(label));
  }
  auto source = [](const char *name, ElementType type, std::vector<int64_t> shape,
                   const std::string &bytes) {
    return SafetensorsSource{name, type, std::move(shape), bytes.size(),
                             [&bytes](size_t begin, void *target, size_t count) {
                               std::memcpy(target, bytes.data() + begin, count);
                               return Status();
                             }};
  };
  ASSERT_TRUE(writeSafetensors(path, {},
                               {source("image", ElementType::u8, {logisticBatch, 2, 2, 1}, images),
                                source("label", ElementType::i32, {logisticBatch}, labels)})
                  .ok());
}

TEST(CudaDeviceTest, OneStepAsOnTheCpu) {
  TemporaryDirectory directory;
  writeBatch(directory / "in");
  const std::string inputs = "--inputs=" + (directory / "in");
  Outcome outcome = runLogistic({"step", inputs, "-o", directory / "gpu"});
  ASSERT_EQ(outcome.exitCode, 0) << outcome.errors;
  // The test itself has the same program for the CPU.
  outcome = runInChild([&] {
    const std::string output = directory / "cpu";
    const char *arguments[] = {"logistic", "step", inputs.c_str(), "-o", output.c_str()};
    return runProgram(logistic, makeCpuDevice(), nullptr, std::size(arguments),
                      const_cast<char **>(arguments));
  });
  ASSERT_EQ(outcome.exitCode, 0) << outcome.errors;
  Result<SafetensorsFile> cpu = SafetensorsFile::open(directory / "cpu"),
                          gpu = SafetensorsFile::open(directory / "gpu");
  ASSERT_TRUE(cpu.ok() && gpu.ok());
  ASSERT_EQ(cpu->tensors().size(), gpu->tensors().size());
  for (const SafetensorsFile::Tensor &tensor : cpu->tensors()) {
    std::vector<float> expected(tensor.bytes / sizeof(float)), found = expected;
    ASSERT_TRUE(cpu->read(tensor, 0, expected.data(), tensor.bytes).ok());
    ASSERT_TRUE(gpu->read(*gpu->find(tensor.name), 0, found.data(), tensor.bytes).ok());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(found[i], expected[i], 1e-5f) << tensor.name << " " << i;
  }
}

TEST(CudaDeviceTest, ThousandStepsWithTheQueueFull) {
  // Graph replays, double buffers and scalars that change: the bits of two runs agree,
  // one of which stops for a checkpoint after every third step.
  TemporaryDirectory directory;
  const std::string data = "--data=memory:train=8000,test=80";
  for (const auto &[name, every] : {std::pair("often", "3"), std::pair("once", "1000")}) {
    Outcome outcome =
        runLogistic({"train", data, "--epochs=1", "--checkpoint=" + (directory / name),
                     std::string("--checkpoint-every=") + every});
    ASSERT_EQ(outcome.exitCode, 0) << outcome.errors;
  }
  const std::string state = fileBytes(directory / "once/step-1000.safetensors");
  EXPECT_NE(state, "");
  EXPECT_EQ(fileBytes(directory / "often/step-1000.safetensors"), state);
}

TEST(CudaDeviceTest, ProfileIsOfTheGpuAlone) {
  json bench =
      json::parse(runLogistic({"bench", "--steps=50", "--profile", "--format=json"}).output);
  double sum = 0;
  for (const json &launch : bench["profile"]["launches"]) {
    EXPECT_GT(launch["ms"], 0.0);
    EXPECT_LT(launch["ms"], 0.1) << "the host's time is in it";
    sum += launch["ms"].get<double>();
  }
  EXPECT_GT(sum, 0);
  EXPECT_LT(sum, 0.4);
}

TEST(CudaDeviceTest, NothingButTheArenaIsAllocatedForTensors) {
  json bench = json::parse(runLogistic({"bench", "--steps=5", "--format=json"}).output);
  EXPECT_EQ(bench["device_peak_bytes"], bench["arena_bytes"]);
  EXPECT_LT(bench["device_overhead_bytes"], 256u << 20);
}

TEST(CudaDeviceTest, KernelThatFailsInTheFirstStepIsNamed) {
  Outcome outcome = runLogistic({"bench"}, [] { setenv("LOGISTIC_FAILING_RUN", "0", 1); });
  EXPECT_EQ(outcome.exitCode, 70);
  EXPECT_TRUE(contains(outcome.errors, "launch 2, dense_gradient of fc (logistic.mlir:5:8): an "
                                       "illegal memory access was encountered"))
      << outcome.errors;
}

TEST(CudaDeviceTest, KernelThatFailsLaterIsNamedOnRequest) {
  auto fail = [] { setenv("LOGISTIC_FAILING_RUN", "5", 1); };
  const std::vector<std::string> train = {"train", "--data=memory:train=64"};
  Outcome later = runLogistic(train, fail);
  EXPECT_EQ(later.exitCode, 70);
  EXPECT_TRUE(contains(later.errors, "step 6: ")) << later.errors;
  EXPECT_TRUE(contains(later.errors, "CUDA_LAUNCH_BLOCKING=1")) << later.errors;
  Outcome blocking = runLogistic(train, [&] {
    fail();
    setenv("CUDA_LAUNCH_BLOCKING", "1", 1);
  });
  EXPECT_EQ(blocking.exitCode, 70);
  EXPECT_TRUE(contains(blocking.errors, "step 6: launch 2, dense_gradient of fc"))
      << blocking.errors;
}

TEST(CudaDeviceTest, ProgramsForOtherMachines) {
  Outcome older = runBeside("logistic_for_sm_70", {"bench"});
  EXPECT_EQ(older.exitCode, 1);
  EXPECT_TRUE(contains(older.errors, "the program is compiled for sm_70; compile the model with "
                                     "--target=cuda:sm_"))
      << older.errors;
  Outcome huge = runBeside("logistic_of_1_tib", {"bench"});
  EXPECT_EQ(huge.exitCode, 1);
  EXPECT_TRUE(contains(huge.errors, "the arena needs 1.00 TiB of device memory, ")) << huge.errors;
}

} // namespace

//===- CommandsTest.cpp - command lines and what they print ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fixture.h"
#include "Logistic.h"
#include "runtime/Safetensors.h"
#include "runtime/Session.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <tuple>

using namespace fanfold;
using namespace fanfold::test;
using nlohmann::json;

namespace {

constexpr const char *data = "--data=memory:train=64,test=20";

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

TEST(CommandsTest, HelpAndNothing) {
  Outcome nothing = runLogistic({});
  EXPECT_EQ(nothing.exitCode, 0);
  for (const char *command : {"train", "eval", "bench", "tune", "info", "step"}) {
    EXPECT_TRUE(contains(nothing.output, command));
    Outcome help = runLogistic({command, "--help"});
    EXPECT_EQ(help.exitCode, 0);
    EXPECT_TRUE(contains(help.output, "Usage:"));
    EXPECT_EQ(help.errors, "");
  }
  Outcome version = runLogistic({"--version"});
  EXPECT_EQ(version.exitCode, 0);
  EXPECT_EQ(version.output, std::string(logistic.compiler) + "\n");
}

TEST(CommandsTest, UsageMistakes) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"paint"}, "paint"},
      {{"train"}, "--data is required"},
      {{"train", data, "--resume"}, "--resume requires --checkpoint"},
      {{"train", data, "--steps=0"}, "--steps: found 0, expected steps in [1, 1000000000000]"},
      {{"train", data, "--steps=99999999999999999999"}, "expected steps in [1, 1000000000000]"},
      {{"train", data, "--steps=1e3"}, "found 1e3, expected steps in"},
      {{"train", data, "--steps=0x10"}, "found 0x10, expected steps in"},
      {{"train", data, "--steps="}, "--steps"},
      {{"train", data, "--epochs=0"}, "--epochs: found 0, expected epochs in (0, 1e+09]"},
      {{"train", data, "--keep=0"}, "found 0, expected keep in [1, 1000000] checkpoints"},
      {{"train", data, "--keep=4294967297"}, "expected keep in [1, 1000000] checkpoints"},
      {{"train", data, "--eval-every=-1"},
       "found -1, expected eval_every in [0, 1000000000] epochs"},
      {{"train", data, "--log-every=0"}, "found 0, expected log_every in [1, 1000000000000] steps"},
      {{"train", data, "--checkpoint-every=0"}, "found 0, expected checkpoint_every in [1, "},
      {{"train", data, "--data-threads=0"}, "found 0, expected data_threads in [1, 4096]"},
      {{"train", data, "--threads=-1"}, "found -1, expected threads in [1, 4], a whole number"},
      {{"train", data, "--threads=5"},
       "--threads: found 5, expected threads in [1, 4], a whole number: the program is compiled "
       "for 4 (fanfold compile --threads=N)"},
      {{"eval", data, "--checkpoint=x", "--threads=5"}, "found 5, expected threads in [1, 4]"},
      {{"bench", "--threads=5"}, "found 5, expected threads in [1, 4]"},
      {{"bench", "--steps=0"}, "found 0, expected steps in [1, "},
      {{"bench", "--warmup=-1"}, "found -1, expected warmup in [0, "},
      {{"step", "--inputs=x", "-o", "y", "--threads=5"}, "found 5, expected threads in [1, 4]"},
      {{"step", "--inputs=x", "-o", "y", "--step=-1"}, "found -1, expected step in [0, "},
      {{"train", data, "--steps=5", "--epochs=2"}, "excludes"},
      {{"train", data, "--learning-rate=fast"},
       "--learning-rate: found fast, expected learning_rate in"},
      {{"train", data, "--learning-rate=nan"}, "found nan, expected learning_rate in"},
      {{"train", data, "--schedule=linear"}, "constant, step, cosine or polynomial"},
      {{"train", data, "--beta1=0.9"}, "--beta1"}, // An option of other optimizers.
      {{"train", data, "extra"}, "extra"},
      {{"eval", data}, "--checkpoint is required"},
      {{"bench", "--format=xml"}, "xml"},
      {{"step", "--inputs=x"}, "--output is required"},
      {{"tune"}, "--output is required"},
      {{"info", "bench"}, "bench"}};
  for (const auto &[arguments, complaint] : cases) {
    Outcome outcome = runLogistic(arguments);
    EXPECT_EQ(outcome.exitCode, 2) << complaint;
    EXPECT_TRUE(contains(outcome.errors, complaint)) << outcome.errors;
    EXPECT_EQ(outcome.output, "");
  }
}

TEST(CommandsTest, WhatTheMachineLacksIsNoBug) {
  Program program = logistic;
  program.prepare = [] { return "layer fc needs a workspace of 2 bytes, the plan has 1"; };
  Result<std::unique_ptr<Session>> session = Session::open(program, makeCpuDevice(), 1);
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.status().blame(), Blame::user);
  EXPECT_EQ(session.status().message(),
            "preparing kernels: layer fc needs a workspace of 2 bytes, the plan has 1");
}

TEST(CommandsTest, ThreadsAreNoMoreThanCompiledFor) {
  Program program = logistic;
  program.threads = 1;
  Result<std::unique_ptr<Session>> session = Session::open(program, makeCpuDevice(), 0);
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_EQ((*session)->device().threads(), 1);
}

TEST(CommandsTest, NothingToTune) {
  TemporaryDirectory directory;
  Outcome outcome = runLogistic({"tune", "-o", directory / "db"});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "there is nothing to tune: on the target "))
      << outcome.errors;
  EXPECT_TRUE(listDirectory(directory.path).empty());
}

TEST(CommandsTest, OutputThatCannotBeWritten) {
  Process process({"/bin/sh", "-c", logisticPath + " info > /dev/full"});
  Outcome outcome = process.wait();
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "writing output")) << outcome.errors;
}

TEST(CommandsTest, TrainingOutlivesItsReader) {
  TemporaryDirectory directory;
  const std::string train = logisticPath + " train " + data + " --checkpoint=";
  // It ends with what it could not write, and not as if all had been read.
  for (const auto &[name, command, complaint] :
       {std::tuple("pipe",
                   "{ " + train + (directory / "pipe") + "; echo $? > " + (directory / "status") +
                       "; } | true",
                   "broken pipe"),
        std::tuple("full",
                   train + (directory / "full") + " > /dev/full; echo $? > " +
                       (directory / "status"),
                   "no space left on device")}) {
    Outcome outcome = Process({"/bin/sh", "-c", command}).wait();
    EXPECT_EQ(fileBytes(directory / "status"), "1\n");
    EXPECT_EQ(outcome.errors, std::string("logistic: error: writing output: ") + complaint + "\n");
    EXPECT_NE(fileBytes(directory / name + "/step-24.safetensors"), "");
  }
}

TEST(CommandsTest, CommandsWithNothingToSaveEndByTheSignal) {
  for (const std::vector<std::string> &arguments :
       {std::vector<std::string>{"bench", "--steps=1000000000"},
        {"eval", "--data=memory:test=2000,delay=100000", "--checkpoint=FILE"}}) {
    TemporaryDirectory directory;
    std::vector<std::string> all = {logisticPath};
    all.insert(all.end(), arguments.begin(), arguments.end());
    if (all.back() == "--checkpoint=FILE") {
      ASSERT_EQ(
          runLogistic({"train", data, "--steps=1", "--checkpoint=" + directory.path}).exitCode, 0);
      all.back() = "--checkpoint=" + directory.path;
    }
    Process process(all);
    usleep(300'000);
    process.kill(SIGTERM);
    EXPECT_EQ(process.wait().signal, SIGTERM) << arguments[0]; // A shell says 143.
  }
}

TEST(CommandsTest, Info) {
  Outcome text = runLogistic({"info"});
  EXPECT_EQ(text.exitCode, 0);
  EXPECT_TRUE(contains(text.output, "parameters  15\n")) << text.output;

  json info = json::parse(runLogistic({"info", "--format=json"}).output);
  EXPECT_EQ(info["model"], "logistic");
  EXPECT_EQ(info["params"], logisticPixels * logisticClasses + logisticClasses);
  EXPECT_EQ(info["arena_bytes"], logistic.arenaBytes);
  EXPECT_EQ(info["lower_bound_bytes"], logistic.lowerBoundBytes);
  EXPECT_EQ(info["variables"].size(), logistic.variables.size);
  EXPECT_EQ(info["recipe"]["learning_rate"], logistic.recipe.learningRate);
}

TEST(CommandsTest, Bench) {
  json bench =
      json::parse(runLogistic({"bench", "--steps=5", "--threads=1", "--format=json"}).output);
  EXPECT_GT(bench["images_per_s"], 0);
  EXPECT_NEAR(bench["images_per_s"].get<double>() * bench["step_ms"].get<double>() / 1e3,
              logisticBatch, 1e-6);
  EXPECT_LE(bench["step_ms_min"], bench["step_ms"]);
  EXPECT_EQ(bench["arena_bytes"], logistic.arenaBytes);
  EXPECT_EQ(bench["device_peak_bytes"], logistic.arenaBytes);
  EXPECT_EQ(bench["threads"], 1);
  EXPECT_FALSE(bench.contains("profile"));
}

TEST(CommandsTest, BenchProfile) {
  json profile = json::parse(
      runLogistic({"bench", "--steps=5", "--profile", "--format=json"}).output)["profile"];
  ASSERT_EQ(profile["launches"].size(), logistic.train.launches.size);
  ASSERT_EQ(profile["kernels"].size(), 4u);
  double last = INFINITY;
  for (const json &launch : profile["launches"]) {
    EXPECT_LE(launch["ms"], last);
    last = launch["ms"];
    const Launch &expected = logistic.train.launches[launch["index"].get<size_t>()];
    EXPECT_EQ(launch["layer"], expected.layer);
    EXPECT_EQ(launch["location"], expected.location);
    EXPECT_NEAR(launch["gflop_per_s"].get<double>() * launch["ms"].get<double>() * 1e6,
                expected.flops, 1e-6 * expected.flops);
  }
  EXPECT_TRUE(contains(runLogistic({"bench", "--profile"}).output, "logistic.mlir:5:8"));
}

TEST(CommandsTest, EvalCountsEverySampleOnce) {
  TemporaryDirectory directory;
  const std::string where = "--checkpoint=" + directory.path;
  EXPECT_TRUE(contains(runLogistic({"eval", data, where}).errors, "holds no checkpoint"));
  ASSERT_EQ(runLogistic({"train", data, where}).exitCode, 0);
  json whole = json::parse(runLogistic({"eval", data, where, "--format=json"}).output);
  EXPECT_EQ(whole["samples"], 20);
  EXPECT_EQ(whole["metrics"]["top1"], 1.0);
  // 20 samples are 16 and 4: their means weigh by number, and padding by nothing.
  json head = json::parse(
      runLogistic({"eval", "--data=memory:train=64,test=16", where, "--format=json"}).output);
  json train =
      json::parse(runLogistic({"eval", data, where, "--split=train", "--format=json"}).output);
  EXPECT_EQ(train["samples"], 64);
  EXPECT_NEAR(whole["loss"].get<double>(), head["loss"].get<double>(), 0.2);
  EXPECT_GT(whole["loss"].get<double>() * 20, head["loss"].get<double>() * 16);
  EXPECT_EQ(runLogistic({"eval", data, where, "--split=none"}).exitCode, 1);
}

TEST(CommandsTest, EvalOfWhatIsNoNumber) {
  TemporaryDirectory directory;
  const std::string path = directory / "w.safetensors";
  std::vector<float> weight(logisticPixels * logisticClasses), bias(logisticClasses);
  weight[5] = NAN;
  auto tensor = [](const char *name, std::vector<int64_t> shape, const std::vector<float> &values) {
    return SafetensorsSource{
        name, ElementType::f32, std::move(shape), values.size() * sizeof(float),
        [&values](size_t begin, void *target, size_t count) {
          std::memcpy(target, reinterpret_cast<const char *>(values.data()) + begin, count);
          return Status();
        }};
  };
  const std::vector<float> mean(logisticPixels);
  ASSERT_TRUE(writeSafetensors(path, {},
                               {tensor("fc.weight", {logisticPixels, logisticClasses}, weight),
                                tensor("fc.bias", {logisticClasses}, bias),
                                tensor("norm.mean", {logisticPixels}, mean)})
                  .ok());
  Outcome outcome = runLogistic({"eval", data, "--checkpoint=" + path, "--format=json"});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_EQ(outcome.errors, "logistic: error: loss is nan over 20 images: fc.weight has nan at "
                            "element 5\n");
  EXPECT_TRUE(json::parse(outcome.output)["loss"].is_null()) << outcome.output;
  // Or by the data.
  weight[5] = 0;
  ASSERT_TRUE(writeSafetensors(path, {},
                               {tensor("fc.weight", {logisticPixels, logisticClasses}, weight),
                                tensor("fc.bias", {logisticClasses}, bias),
                                tensor("norm.mean", {logisticPixels}, mean)})
                  .ok());
  EXPECT_EQ(runLogistic({"eval", data, "--checkpoint=" + path}).exitCode, 0);
  outcome = runLogistic({"eval", std::string(data) + ",testpoison=3", "--checkpoint=" + path});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_EQ(outcome.errors, "logistic: error: loss is nan over 20 images\n");
}

TEST(CommandsTest, PathsThatAreNoText) {
  TemporaryDirectory directory;
  const std::string where = "--checkpoint=" + (directory / "\xff");
  ASSERT_EQ(runLogistic({"train", data, where, "--steps=1"}).exitCode, 0);
  Outcome outcome = runLogistic({"eval", data, where, "--format=json"});
  EXPECT_EQ(outcome.exitCode, 0) << outcome.errors;
  EXPECT_EQ(json::parse(outcome.output)["samples"], 20);
}

TEST(CommandsTest, MoreClassesThanLogits) {
  TemporaryDirectory directory;
  const std::string where = "--checkpoint=" + (directory / "run");
  const std::string more = "memory:train=64,test=20,classes=5";
  Outcome train = runLogistic({"train", "--data=" + more, where});
  ASSERT_EQ(runLogistic({"train", data, "--checkpoint=" + (directory / "good")}).exitCode, 0);
  Outcome eval = runLogistic({"eval", "--data=" + more, "--checkpoint=" + (directory / "good")});
  for (const Outcome &outcome : {train, eval}) {
    EXPECT_EQ(outcome.exitCode, 1);
    EXPECT_EQ(outcome.errors, "logistic: error: " + more +
                                  " has 5 classes, expected at most 3, the logits of layer loss "
                                  "(logistic.mlir:6:8)\n");
    EXPECT_EQ(outcome.output, "");
  }
  EXPECT_TRUE(listDirectory(directory / "run").empty());
  // Fewer are as good.
  Outcome fewer = Process({logisticPath + "_of_4", "train", data}).wait();
  EXPECT_EQ(fewer.exitCode, 0) << fewer.errors;
  EXPECT_TRUE(contains(fewer.output, "64 train, 20 test images of 3 classes, for 4 logits\n"))
      << fewer.output;
  EXPECT_FALSE(contains(runLogistic({"train", data}).output, "classes"));
}

/// Runs of `step` on one batch.
class StepTest : public testing::Test {
protected:
  TemporaryDirectory directory;
  std::string images, labels;

  void SetUp() override {
    for (int i = 0; i < logisticBatch * logisticPixels; ++i)
      images += static_cast<char>(i * 37 % 256);
    for (int32_t n = 0; n < logisticBatch; ++n) {
      int32_t label = n % logisticClasses;
      labels.append(reinterpret_cast<const char *>(&label), 4);
    }
  }
  static SafetensorsSource tensor(const char *name, ElementType type, std::vector<int64_t> shape,
                                  const std::string &bytes) {
    return {name, type, std::move(shape), bytes.size(),
            [&bytes](size_t begin, void *target, size_t count) {
              std::memcpy(target, bytes.data() + begin, count);
              return Status();
            }};
  }
  std::string inputs() {
    std::string path = directory / "in.safetensors";
    EXPECT_TRUE(
        writeSafetensors(path, {},
                         {tensor("image", ElementType::u8, {logisticBatch, 2, 2, 1}, images),
                          tensor("label", ElementType::i32, {logisticBatch}, labels)})
            .ok());
    return "--inputs=" + path;
  }
  static std::vector<float> values(const std::string &path, const char *name) {
    Result<SafetensorsFile> file = SafetensorsFile::open(path);
    EXPECT_TRUE(file.ok()) << file.status().message();
    const SafetensorsFile::Tensor *tensor = file->find(name);
    EXPECT_TRUE(tensor) << name;
    std::vector<float> result(tensor->bytes / sizeof(float));
    EXPECT_TRUE(file->read(*tensor, 0, result.data(), tensor->bytes).ok());
    return result;
  }
};

TEST_F(StepTest, UpdateFollowsTheGradient) {
  const std::string eval = directory / "eval", out = directory / "out";
  // The eval step leaves the first values as they are.
  ASSERT_EQ(runLogistic({"step", inputs(), "--eval", "-o", eval}).exitCode, 0);
  Outcome outcome = runLogistic({"step", inputs(), "--weights=" + eval, "-o", out,
                                 "--learning-rate=0.25", "--weight-decay=0.01"});
  ASSERT_EQ(outcome.exitCode, 0) << outcome.errors;
  std::vector<float> before = values(eval, "fc.weight"), after = values(out, "fc.weight"),
                     gradient = values(out, "grad/fc.weight");
  ASSERT_EQ(before.size(), size_t(logisticPixels * logisticClasses));
  double moved = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_NEAR(after[i], before[i] - 0.25f * (gradient[i] + 0.01f * before[i]), 1e-6f);
    moved += std::fabs(after[i] - before[i]);
  }
  EXPECT_GT(moved, 0);
  EXPECT_GT(values(out, "loss").at(0), 0);
  EXPECT_EQ(values(out, "top1").size(), 1u);
}

TEST_F(StepTest, StepsChainThroughTheirFiles) {
  const std::string first = directory / "1", second = directory / "2", again = directory / "3";
  ASSERT_EQ(runLogistic({"step", inputs(), "-o", first}).exitCode, 0);
  ASSERT_EQ(
      runLogistic({"step", inputs(), "--weights=" + first, "--step=1", "-o", second}).exitCode, 0);
  // Momentum came along: the second step is not the first one's.
  EXPECT_NE(values(first, "fc.weight/momentum"), values(second, "fc.weight/momentum"));
  ASSERT_EQ(runLogistic({"step", inputs(), "--weights=" + first, "--step=1", "-o", again}).exitCode,
            0);
  EXPECT_EQ(fileBytes(second), fileBytes(again));
}

TEST_F(StepTest, InputsThatDoNotFit) {
  const std::string out = directory / "out";
  const std::string seven = labels.substr(4);
  std::string path = directory / "in.safetensors";
  ASSERT_TRUE(writeSafetensors(path, {},
                               {tensor("image", ElementType::u8, {logisticBatch, 2, 2, 1}, images),
                                tensor("label", ElementType::i32, {logisticBatch - 1}, seven)})
                  .ok());
  Outcome outcome = runLogistic({"step", "--inputs=" + path, "-o", out});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "input label is I32 7, expected I32 8")) << outcome.errors;

  ASSERT_TRUE(writeSafetensors(path, {},
                               {tensor("image", ElementType::u8, {logisticBatch, 2, 2, 1}, images)})
                  .ok());
  outcome = runLogistic({"step", "--inputs=" + path, "-o", out});
  EXPECT_TRUE(contains(outcome.errors, "input label is missing, expected I32 8")) << outcome.errors;
  outcome = runLogistic({"step", inputs(), "--weights=" + path, "-o", out});
  EXPECT_EQ(outcome.exitCode, 1);
  outcome = runLogistic({"step", inputs(), "-o", directory / "none/out"});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "no such file or directory")) << outcome.errors;
  EXPECT_EQ(fileBytes(out), "");
}

TEST_F(StepTest, LabelsOfNoClass) {
  const int32_t three = 3;
  labels.replace(4 * 5, 4, reinterpret_cast<const char *>(&three), 4);
  Outcome outcome = runLogistic({"step", inputs(), "-o", directory / "out"});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "input label: element 5 is label 3, expected at most 2"))
      << outcome.errors;
}

TEST_F(StepTest, WeightsThatDoNotFit) {
  const std::string some(60, '\0');
  const std::string path = directory / "w.safetensors";
  const std::string bias = some.substr(0, 12), weight = some.substr(0, 48);
  auto complaint = [&](const std::vector<SafetensorsSource> &tensors) {
    EXPECT_TRUE(writeSafetensors(path, {}, tensors).ok());
    Outcome outcome = runLogistic({"step", inputs(), "--weights=" + path, "-o", directory / "out"});
    EXPECT_EQ(outcome.exitCode, 1);
    return outcome.errors;
  };
  EXPECT_TRUE(contains(complaint({tensor("fc.weight", ElementType::f32, {4, 3}, weight)}),
                       "tensor fc.bias is missing, expected F32 3"));
  EXPECT_TRUE(contains(complaint({tensor("fc.weight", ElementType::f32, {3, 4}, weight),
                                  tensor("fc.bias", ElementType::f32, {3}, bias)}),
                       "tensor fc.weight is F32 3x4, expected F32 4x3"));
  EXPECT_TRUE(contains(complaint({tensor("fc.weight", ElementType::f32, {4, 3}, weight),
                                  tensor("fc.bias", ElementType::f32, {3}, bias),
                                  tensor("fc.wieght", ElementType::u8, {60}, some)}),
                       "tensor fc.wieght (U8 60) is no variable of model logistic"));
}

} // namespace

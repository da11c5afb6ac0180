//===- TuneProblemsTest.cpp - tuning without a card -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The times are made up: which problems are measured, what is kept and what is said does
// not depend on who measures.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/tuning/TuneProblems.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace fanfold;
namespace fs = std::filesystem;

namespace {

const Tunable tunables[] = {
    {"conv2d forward a", "conv2d", "block1.conv", "m.mlir:3:8", "slow", 64, 2, false},
    {"conv2d dgrad a", "conv2d_dgrad", "block1.conv", "m.mlir:3:8", "fast", 0, 1, false},
    {"matmul b", "matmul", "fc", "m.mlir:9:8", "", 0, 1, false},
};

Program programOf(Span<Tunable> tunables) {
  Program program{};
  program.model = "tiny";
  program.batch = 4;
  program.tunables = tunables;
  return program;
}

/// Two choices for each problem, in the order slow, fast.
class MadeUpTimer final : public ProblemTimer {
public:
  explicit MadeUpTimer(std::vector<std::string> &measured) : measured(measured) {}

  std::string deviceName() const override { return "a card"; }
  std::string libraryName(const Tunable &tunable) const override {
    return tunable.kernel == std::string("matmul") ? "blas 1" : "dnn 1";
  }
  Result<std::vector<TuningRecord>> measure(const Tunable &tunable) override {
    measured.emplace_back(tunable.problem);
    if (raiseAt == measured.size())
      raise(SIGTERM);
    if (tunable.problem == failing)
      return Status::error("no room");
    if (tunable.problem == withoutRecords)
      return std::vector<TuningRecord>();
    const std::string library = libraryName(tunable);
    return std::vector<TuningRecord>{{"a card", library, tunable.problem, "slow", 8, 20},
                                     {"a card", library, tunable.problem, "fast", 0, 10}};
  }

  std::string failing, withoutRecords;
  size_t raiseAt = 0;

private:
  std::vector<std::string> &measured;
};

class TuneProblemsTest : public ::testing::Test {
protected:
  TuneProblemsTest() { fs::create_directories(directory); }
  ~TuneProblemsTest() override { fs::remove_all(directory); }

  Status tune(const TuneRequest &request) {
    measured.clear();
    opened = false;
    return tuneProblems(request, [&]() -> Result<std::unique_ptr<ProblemTimer>> {
      opened = true;
      auto timer = std::make_unique<MadeUpTimer>(measured);
      timer->failing = failing;
      timer->withoutRecords = withoutRecords;
      timer->raiseAt = raiseAt;
      return std::unique_ptr<ProblemTimer>(std::move(timer));
    });
  }
  TuneRequest request(const std::string &layers = "", bool again = false) {
    return {program, *device, path, layers, again};
  }
  /// What stdout shows of a tuning that succeeds.
  std::string outputOf(const TuneRequest &request) {
    testing::internal::CaptureStdout();
    const Status status = tune(request);
    std::string output = testing::internal::GetCapturedStdout();
    EXPECT_TRUE(status.ok()) << status.message();
    return output;
  }
  std::string bytes() const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const fs::path directory =
      fs::temp_directory_path() / ("fanfold-tune-" + std::to_string(getpid()));
  const std::string path = directory / "db";
  const Program program = programOf({tunables, std::size(tunables)});
  const std::unique_ptr<Device> device = makeCpuDevice();
  std::vector<std::string> measured;
  bool opened = false;
  std::string failing, withoutRecords;
  size_t raiseAt = 0;
};

TEST_F(TuneProblemsTest, MeasuresEachOnceAndSaysWhatItIsWorth) {
  const std::string output = outputOf(request());
  EXPECT_EQ(measured, (std::vector<std::string>{"conv2d forward a", "conv2d dgrad a", "matmul b"}));
  EXPECT_NE(output.find("tiny, batch 4, on a card: 3 problems to measure\n"), std::string::npos)
      << output;
  EXPECT_NE(output.find("[1/3] block1.conv "), std::string::npos) << output;
  EXPECT_NE(output.find("10.0 us, best of  2; now 20.0 us  fast\n"), std::string::npos) << output;
  // Two launches of 20 us that could take 10, one of 10; of fc the choice is not known.
  EXPECT_NE(output.find("what takes 0.050 ms of a training step would take 0.030 ms"),
            std::string::npos)
      << output;
  const Result<TuningDatabase> database = TuningDatabase::read(path);
  ASSERT_TRUE(database.ok());
  EXPECT_EQ(database->size(), 6u);
  EXPECT_EQ(database->measured("a card", "blas 1", "matmul b").front().choice, "fast");
}

TEST_F(TuneProblemsTest, AlternativesHaveNoPartInTheStep) {
  const Tunable both[] = {
      tunables[0],
      {"conv2d forward a prologue", "conv2d", "block1.conv", "m.mlir:3:8", "", 0, 0, true}};
  const Program other = programOf({both, std::size(both)});
  const std::string output = outputOf({other, *device, path, "", false});
  EXPECT_NE(output.find("2 problems to measure (1 for other choices)\n"), std::string::npos)
      << output;
  EXPECT_NE(output.find("10.0 us, best of  2; an alternative  fast\n"), std::string::npos)
      << output;
  EXPECT_NE(output.find("what takes 0.040 ms of a training step would take 0.020 ms"),
            std::string::npos)
      << output;
}

TEST_F(TuneProblemsTest, AddsToTheFileAndGoesOn) {
  std::ofstream(path) << "another card\tdnn 1\tconv2d forward a\tfast\t0\t5.00\n";
  outputOf(request("^fc$"));
  EXPECT_EQ(measured, std::vector<std::string>{"matmul b"});
  const std::string output = outputOf(request());
  EXPECT_EQ(measured, (std::vector<std::string>{"conv2d forward a", "conv2d dgrad a"}));
  EXPECT_NE(output.find("2 problems to measure, 1 known from " + path + "\n"), std::string::npos)
      << output;
  EXPECT_EQ(TuningDatabase::read(path)->size(), 7u);
  const std::string before = bytes();
  outputOf(request());
  EXPECT_TRUE(measured.empty());
  outputOf(request("", /*again=*/true));
  EXPECT_EQ(measured.size(), 3u);
  EXPECT_EQ(bytes(), before);
}

TEST_F(TuneProblemsTest, WhatFailsIsPassedOver) {
  failing = "conv2d forward a";
  withoutRecords = "conv2d dgrad a";
  testing::internal::CaptureStderr();
  const Status status = tune(request());
  const std::string errors = testing::internal::GetCapturedStderr();
  EXPECT_EQ(status.message(), "2 of 3 problems could not be measured");
  EXPECT_EQ(errors,
            "[1/3] conv2d of block1.conv (m.mlir:3:8): no room\n"
            "[2/3] conv2d_dgrad of block1.conv (m.mlir:3:8): none of its candidates runs\n");
  EXPECT_EQ(TuningDatabase::read(path)->size(), 2u);
}

TEST_F(TuneProblemsTest, ASignalEndsItAfterTheProblemAtHand) {
  // In a process of its own: the signal is remembered as long as the process lives.
  EXPECT_EXIT(
      {
        raiseAt = 1;
        exit(tune(request()).ok() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_EQ(TuningDatabase::read(path)->size(), 2u);
  outputOf(request());
  EXPECT_EQ(measured, (std::vector<std::string>{"conv2d dgrad a", "matmul b"}));
}

TEST_F(TuneProblemsTest, MistakesAreSaidBeforeTheDeviceIsOpened) {
  EXPECT_EQ(tune(request("fd")).message(),
            "no layer of tiny with a convolution or a matrix product has a name with a match of "
            "'fd'");
  Status status = tune(request("("));
  EXPECT_EQ(status.blame(), Blame::usage);
  EXPECT_NE(status.message().find("--layers='(' is no regular expression"), std::string::npos);
  const Program without = programOf({});
  EXPECT_EQ(tune({without, *device, path, "", false}).message(),
            "there is nothing to tune: tiny has no convolutions and no matrix products");
  EXPECT_EQ(tune({program, *device, directory / "nowhere" / "db", "", false}).message(),
            "creating " + (directory / "nowhere" / "db.tmp").string() +
                ": no such file or directory");
  EXPECT_FALSE(tune({program, *device, directory, "", false}).ok()) << "a directory is no file";
  std::ofstream(path) << "half a rec";
  EXPECT_EQ(tune(request()).message(),
            path + ":1: line has 1 fields, expected 7 separated by tabs");
  EXPECT_EQ(bytes(), "half a rec") << "what is there is not lost";
  EXPECT_FALSE(opened);
}

TEST_F(TuneProblemsTest, AWriteThatFailsLosesNothing) {
  outputOf(request("^fc$"));
  const std::string before = bytes();
  // A directory in the place of the temporary file, after the check at the start.
  raiseAt = 0;
  const Status status = tuneProblems(request(), [&]() -> Result<std::unique_ptr<ProblemTimer>> {
    fs::create_directory(path + ".tmp");
    return std::unique_ptr<ProblemTimer>(std::make_unique<MadeUpTimer>(measured));
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(bytes(), before);
}

} // namespace

//===- TuneProgramGpuTest.cpp - the command tune on the card --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuTest.h"

#include "codegen/kernels/cublaslt/MatmulTuner.h"
#include "codegen/kernels/cudnn/Tuner.h"
#include "codegen/kernels/tuning/TuneProgram.h"
#include "codegen/kernels/tuning/TuningDatabase.h"
#include "runtime/cuda/CudaDevice.h"

#include <filesystem>
#include <unistd.h>

using namespace fanfold;
using namespace fanfold::test;
namespace fs = std::filesystem;

namespace {

/// With kinds that only engines compiled on the card have among them.
const Tunable tunables[] = {
    {"conv2d forward in=8x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f16,f16", "conv2d",
     "conv1", "tiny.mlir:3:12", "", 0, 1, false},
    {"conv2d dgrad in=8x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f16,f16", "conv2d_dgrad",
     "conv1.dgrad", "tiny.mlir:3:12", "", 0, 1, false},
    {"conv2d wgrad in=8x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f32,f16", "conv2d_wgrad",
     "conv1.wgrad", "tiny.mlir:3:12", "", 1 << 20, 1, false},
    {"matmul m=64 n=16 k=256 types=f16,f16 epilogue=bias", "matmul", "fc", "tiny.mlir:5:9", "", 0,
     1, false},
    {"conv2d wgrad in=8x14x14x64 out=14x14x64 filter=3x3 pad=1x1 types=f16,f16,f16 "
     "prologue=scale-bias-relu",
     "conv2d_wgrad", "conv1.wgrad", "tiny.mlir:3:12", "", 0, 0, true},
};

void noStep(StepContext &) {}

Program makeProgram() {
  Program program{};
  program.model = "tiny";
  program.target = "cuda:sm_90";
  program.batch = 8;
  program.arenaBytes = size_t(64) << 20;
  program.train.run = noStep;
  program.eval.run = noStep;
  program.tunables = {tunables, std::size(tunables)};
  return program;
}

class TuneProgramTest : public GpuTest {
protected:
  TuneProgramTest() { fs::create_directories(directory); }
  ~TuneProgramTest() override { fs::remove_all(directory); }

  /// What stdout shows of one run of the command, which opens a device as a program does.
  std::string tune() {
    const std::unique_ptr<Device> device = makeCudaDevice();
    testing::internal::CaptureStdout();
    const Status status = tuneCudaProgram({program, *device, path, "", false});
    std::string output = testing::internal::GetCapturedStdout();
    EXPECT_TRUE(status.ok()) << status.message();
    return output;
  }

  const fs::path directory =
      fs::temp_directory_path() / ("fanfold-tune-program-" + std::to_string(getpid()));
  const std::string path = directory / "db";
  const Program program = makeProgram();
};

TEST_F(TuneProgramTest, CoversEveryProblemAndMeasuresNoneTwice) {
  const std::string first = tune();
  EXPECT_NE(first.find("5 problems to measure (1 for other choices)\n"), std::string::npos)
      << first;
  const Result<TuningDatabase> database = TuningDatabase::read(path);
  ASSERT_TRUE(database.ok()) << database.status().message();
  const Result<std::string> name = currentDeviceName();
  ASSERT_TRUE(name.ok());
  for (const Tunable &tunable : tunables) {
    const std::string library = std::string(tunable.kernel) == "matmul"
                                    ? cublaslt::libraryName()
                                    : cudnn::libraryName(cudnnGetVersion());
    EXPECT_FALSE(database->measured(*name, library, tunable.problem).empty()) << tunable.problem;
  }
  const std::string second = tune();
  EXPECT_NE(second.find("0 problems to measure, 5 known from " + path), std::string::npos)
      << second;
  EXPECT_EQ(TuningDatabase::read(path)->text(), database->text());
}

} // namespace

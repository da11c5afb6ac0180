//===- CudaChecksTest.cpp - what is said of a machine that cannot ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs on every machine: what was found on a GPU is an argument of the checks.
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/CudaChecks.h"
#include "../Fixture.h"
#include "runtime/cuda/CudaStatus.h"

#include <cstdlib>

using namespace fanfold;
using namespace fanfold::test;

namespace {

const GpuProperties hopper = {"NVIDIA H200", 9, 0};

void expectError(const Status &status, const std::string &message) {
  EXPECT_EQ(status.exitCode(), 1);
  EXPECT_EQ(status.message(), message);
}

TEST(CudaChecksTest, Driver) {
  EXPECT_TRUE(checkDriver(cudaSuccess, 1, 13000, 13000).ok());
  // Any driver of the same major version, and every later one.
  EXPECT_TRUE(checkDriver(cudaSuccess, 8, 13000, 13020).ok());
  EXPECT_TRUE(checkDriver(cudaSuccess, 8, 14010, 13000).ok());
  expectError(checkDriver(cudaErrorInsufficientDriver, 0, 0, 13000),
              "found no NVIDIA driver, expected one for CUDA 13.0 or newer");
  expectError(checkDriver(cudaErrorInsufficientDriver, 0, 12080, 13010),
              "the NVIDIA driver is for CUDA 12.8, expected one for CUDA 13.0 or newer");
  const char *none = "found no NVIDIA GPU (CUDA_VISIBLE_DEVICES can hide them), expected one";
  expectError(checkDriver(cudaErrorNoDevice, 0, 13000, 13000), none);
  expectError(checkDriver(cudaSuccess, 0, 13000, 13000), none);
  expectError(checkDriver(cudaErrorSystemDriverMismatch, 0, 13000, 13000),
              std::string("looking for a GPU: ") +
                  cudaGetErrorString(cudaErrorSystemDriverMismatch) +
                  " (cudaErrorSystemDriverMismatch)");
}

TEST(CudaChecksTest, Architecture) {
  EXPECT_TRUE(checkArchitecture("cuda:sm_90", hopper).ok());
  EXPECT_TRUE(checkArchitecture("cuda:sm_90a", hopper).ok());
  EXPECT_TRUE(checkArchitecture("cuda:sm_80", {"NVIDIA A10", 8, 6}).ok());
  EXPECT_TRUE(checkArchitecture("cuda:sm_103", {"NVIDIA B300", 10, 3}).ok());
  expectError(checkArchitecture("cuda:sm_80", hopper),
              "the GPU is NVIDIA H200 of architecture sm_90, the program is compiled for sm_80; "
              "compile the model with --target=cuda:sm_90");
  EXPECT_EQ(checkArchitecture("cuda:sm_86", {"NVIDIA A100", 8, 0}).exitCode(), 1);
  EXPECT_EQ(checkArchitecture("cuda:sm_100", hopper).exitCode(), 1);
  for (const char *target : {"cpu", "cuda:", "cuda:sm_", "cuda:sm_x"})
    EXPECT_EQ(checkArchitecture(target, hopper).exitCode(), 70) << target;
}

TEST(CudaChecksTest, Memory) {
  EXPECT_TRUE(checkMemory(5 << 20, 5 << 20, 8 << 20, hopper).ok());
  expectError(checkMemory(3 << 20, 2 << 20, 8 << 20, hopper),
              "the arena needs 3.00 MiB of device memory, NVIDIA H200 has 2.00 MiB free of "
              "8.00 MiB; compile the model with --memory-budget=2M, which computes values again "
              "until the arena fits or says the smallest budget that would do");
  expectError(checkMemory(3 << 20, 1 << 10, 8 << 20, hopper),
              "the arena needs 3.00 MiB of device memory, NVIDIA H200 has 1.00 KiB free of "
              "8.00 MiB; wait until there is more");
}

TEST(CudaChecksTest, BlamesTheMachineOrUs) {
  EXPECT_TRUE(fromCuda(cudaSuccess, "x").ok());
  EXPECT_EQ(fromCuda(cudaErrorECCUncorrectable, "x").exitCode(), 1);
  Status bug = fromCuda(cudaErrorIllegalAddress, "launch 3");
  EXPECT_EQ(bug.exitCode(), 70);
  EXPECT_EQ(bug.message(),
            "launch 3: an illegal memory access was encountered (cudaErrorIllegalAddress)");
}

/// Whether there is no driver or all GPUs are hidden.
TEST(CudaChecksTest, ProgramWithoutGpu) {
  const auto hide = [] { setenv("CUDA_VISIBLE_DEVICES", "", 1); };
  for (const char *command : {"bench", "train"}) {
    std::vector<std::string> arguments = {command};
    if (arguments[0] == "train")
      arguments.push_back("--data=memory:train=64");
    Outcome outcome = runLogistic(arguments, hide);
    EXPECT_EQ(outcome.exitCode, 1) << outcome.output;
    EXPECT_EQ(outcome.errors.rfind("logistic: error: found no NVIDIA ", 0), 0u) << outcome.errors;
    EXPECT_EQ(outcome.output, "");
  }
  // What needs none works.
  EXPECT_EQ(runLogistic({"info"}, hide).exitCode, 0);
}

} // namespace

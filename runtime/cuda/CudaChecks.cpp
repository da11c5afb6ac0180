//===- CudaChecks.cpp - if a machine can run a program --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/CudaChecks.h"
#include "runtime/Text.h"
#include "runtime/cuda/CudaStatus.h"

#include <charconv>

using namespace fanfold;

/// 13010 to "13.1".
static std::string cudaVersion(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

Status fanfold::checkDriver(cudaError_t code, int gpus, int driverVersion, int runtimeVersion) {
  const std::string expected = cudaVersion(runtimeVersion / 1000 * 1000);
  if (driverVersion == 0)
    return Status::error("found no NVIDIA driver, expected one for CUDA {} or newer", expected);
  if (driverVersion / 1000 < runtimeVersion / 1000 || code == cudaErrorInsufficientDriver)
    return Status::error("the NVIDIA driver is for CUDA {}, expected one for CUDA {} or newer",
                         cudaVersion(driverVersion), expected);
  if (code == cudaErrorNoDevice || (code == cudaSuccess && gpus == 0))
    return Status::error("found no NVIDIA GPU (CUDA_VISIBLE_DEVICES can hide them), expected one");
  return fromCuda(code, "looking for a GPU");
}

Status fanfold::checkArchitecture(const std::string &target, const GpuProperties &gpu) {
  // sm_90 is 9.0, sm_103 is 10.3; a letter may follow.
  const std::string prefix = "cuda:sm_";
  int number = 0;
  if (target.rfind(prefix, 0) != 0 ||
      std::from_chars(target.data() + prefix.size(), target.data() + target.size(), number).ec !=
          std::errc())
    return Status::internal("the program's target is {}, expected cuda:sm_NUMBER", target);
  if (gpu.major == number / 10 && gpu.minor >= number % 10)
    return {};
  return Status::error("the GPU is {} of architecture sm_{}{}, the program is compiled for sm_{}; "
                       "compile the model with --target=cuda:sm_{}{}",
                       gpu.name, gpu.major, gpu.minor, number, gpu.major, gpu.minor);
}

Status fanfold::checkMemory(size_t needed, size_t free, size_t total, const GpuProperties &gpu) {
  if (needed <= free)
    return {};
  auto bytes = [](size_t count) { return formatBytes(static_cast<double>(count)); };
  // Which budget is the smallest takes the compiler seconds to find, and it says so when
  // this one is too small.
  constexpr size_t mebibyte = size_t{1} << 20;
  const std::string remedy =
      free < mebibyte
          ? "wait until there is more"
          : fmt::format("compile the model with --memory-budget={}M, which computes values again "
                        "until the arena fits or says the smallest budget that would do",
                        free / mebibyte);
  return Status::error("the arena needs {} of device memory, {} has {} free of {}; {}",
                       bytes(needed), gpu.name, bytes(free), bytes(total), remedy);
}

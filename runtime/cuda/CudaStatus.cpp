//===- CudaStatus.cpp - what CUDA says, as a sentence ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/CudaStatus.h"

using namespace fanfold;

/// If the machine, and not Fanfold, is to blame.
static bool isTheMachine(cudaError_t code) {
  switch (code) {
  case cudaErrorMemoryAllocation:
  case cudaErrorInsufficientDriver:
  case cudaErrorNoDevice:
  case cudaErrorDevicesUnavailable:
  case cudaErrorSystemNotReady:
  case cudaErrorSystemDriverMismatch:
  case cudaErrorCompatNotSupportedOnDevice:
  case cudaErrorStubLibrary:
  case cudaErrorMpsConnectionFailed:
  case cudaErrorLaunchTimeout:
  case cudaErrorOperatingSystem:
  case cudaErrorECCUncorrectable:
  case cudaErrorNvlinkUncorrectable:
  case cudaErrorContained:
    return true;
  default:
    return false;
  }
}

Status fanfold::fromCuda(cudaError_t code, const std::string &what) {
  if (code == cudaSuccess)
    return {};
  std::string text =
      fmt::format("{}: {} ({})", what, cudaGetErrorString(code), cudaGetErrorName(code));
  return isTheMachine(code) ? Status::error("{}", text) : Status::internal("{}", text);
}

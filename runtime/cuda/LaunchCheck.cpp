//===- LaunchCheck.cpp - the launch that fails ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/LaunchCheck.h"
#include "runtime/Text.h"
#include "runtime/cuda/CudaStatus.h"

using namespace fanfold;

void LaunchCheck::beforeLaunch(StepContext &context, size_t index) {
  // Reading the last error also forgets it: what somebody left behind before the step
  // is not the fault of its first launch.
  cudaError_t code = cudaGetLastError();
  if (wait && code == cudaSuccess)
    code = cudaStreamSynchronize(static_cast<cudaStream_t>(context.stream));
  if (index > 0 && code != cudaSuccess && failure.ok())
    failure = fromCuda(code, describeLaunch(step, index - 1));
  if (next && failure.ok())
    next->beforeLaunch(context, index);
}

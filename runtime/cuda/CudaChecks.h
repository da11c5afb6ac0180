//===- CudaChecks.h - if a machine can run a program ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What has to hold before a program can run on a GPU, as functions of what was found:
// no call of CUDA in them, so that every answer is tested without a GPU.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_CUDA_CUDACHECKS_H
#define FANFOLD_RUNTIME_CUDA_CUDACHECKS_H

#include "runtime/Status.h"

#include <driver_types.h>

#include <cstddef>
#include <string>

namespace fanfold {

/// What the driver says of a GPU.
struct GpuProperties {
  std::string name; ///< "NVIDIA H200".
  int major = 0;    ///< Compute capability.
  int minor = 0;
};

/// `code` is what counting the GPUs gave; versions are CUDA's: 13010 is 13.1, and a
/// driver of version 0 is none. A driver runs the programs of every runtime of its own
/// major version.
Status checkDriver(cudaError_t code, int gpus, int driverVersion, int runtimeVersion);

/// `target` is the program's, "cuda:sm_90". Machine code runs on GPUs of its major
/// architecture, from its minor one up.
Status checkArchitecture(const std::string &target, const GpuProperties &gpu);

/// `needed`, `free` and `total` are bytes of the GPU's memory.
Status checkMemory(size_t needed, size_t free, size_t total, const GpuProperties &gpu);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_CUDA_CUDACHECKS_H

//===- RepeatCheck.cpp - asks a launch whether it gives the same bits -----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/tuning/RepeatCheck.h"

#include <cuda_runtime_api.h>

#include <exception>

using namespace fanfold;

bool RepeatCheck::reserve(std::vector<Output> newOutputs, ScratchMemory &scratch) {
  outputs = std::move(newOutputs);
  copies.clear();
  differences = static_cast<uint64_t *>(scratch.take(sizeof(uint64_t)));
  for (const Output &output : outputs)
    copies.push_back({scratch.take(output.bytes), output.bytes});
  for (const Output &copy : copies)
    if (!copy.memory)
      return false;
  return differences;
}

static Status statusOf(cudaError_t code) {
  return code == cudaSuccess ? Status()
                             : Status::error("comparing runs: {}", cudaGetErrorString(code));
}

Result<bool> RepeatCheck::repeats(void *stream,
                                  const std::function<void(void *stream)> &launch) const {
  const auto queue = static_cast<cudaStream_t>(stream);
  FANFOLD_RETURN_IF_ERROR(statusOf(cudaMemsetAsync(differences, 0, sizeof(uint64_t), queue)));
  for (int run = 0; run < runs; ++run) {
    for (const Output &output : outputs)
      FANFOLD_RETURN_IF_ERROR(statusOf(cudaMemsetAsync(output.memory, 0xff, output.bytes, queue)));
    try {
      launch(stream);
    } catch (const std::exception &error) {
      return Status::error("{}", error.what());
    }
    for (size_t i = 0; i < outputs.size(); ++i)
      if (run == 0)
        FANFOLD_RETURN_IF_ERROR(
            statusOf(cudaMemcpyAsync(copies[i].memory, outputs[i].memory, outputs[i].bytes,
                                     cudaMemcpyDeviceToDevice, queue)));
      else
        count(stream, outputs[i].memory, copies[i].memory, outputs[i].bytes, differences);
  }
  uint64_t found = 0;
  FANFOLD_RETURN_IF_ERROR(
      statusOf(cudaMemcpyAsync(&found, differences, sizeof(found), cudaMemcpyDeviceToHost, queue)));
  FANFOLD_RETURN_IF_ERROR(statusOf(cudaStreamSynchronize(queue)));
  return found == 0;
}

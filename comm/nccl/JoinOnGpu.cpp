//===- JoinOnGpu.cpp - how a program becomes a rank with a GPU ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/Join.h"
#include "comm/LocalJob.h"
#include "comm/Ranks.h"
#include "comm/nccl/NcclCommunicator.h"

#include <algorithm>

using namespace fanfold;

/// Fails if this machine has fewer than `wanted` GPUs. Why there are none, the device says when it
/// opens.
static Status checkGpus(int wanted) {
  int gpus = 0;
  if (cudaGetDeviceCount(&gpus) != cudaSuccess || gpus == 0 || gpus >= wanted)
    return {};
  return Status::error("found {} GPU{}, expected at least {}: each rank of a machine takes one",
                       gpus, gpus == 1 ? "" : "s", wanted);
}

Result<Joined> fanfold::joinOnGpu(const Program &program, Device &device,
                                  const JoinOptions &options) {
  Result<Ranks> ranks = findRanks();
  if (!ranks)
    return std::move(ranks).status();
  FANFOLD_RETURN_IF_ERROR(checkGpus(std::max(options.gpus, ranks->localRank + 1)));
  if (options.gpus > 1 && ranks->meeting == Ranks::Meeting::alone) {
    Result<int> ended = runLocalJob(options);
    if (!ended)
      return std::move(ended).status();
    return Joined{nullptr, *ended};
  }
  if (options.gpus > 0 && options.gpus != ranks->size)
    return Status::error("found --gpus={} in a job of {} rank{}: its launcher has decided already",
                         options.gpus, ranks->size, ranks->size == 1 ? "" : "s");
  Result<Joined> joined = joinOnCpu(program, device, options);
  if (!joined || !joined->ranks)
    return joined;
  Result<std::unique_ptr<Communicator>> opened =
      NcclCommunicator::open(std::move(joined->ranks), ranks->localRank);
  if (!opened)
    return std::move(opened).status();
  return Joined{std::move(*opened), std::nullopt};
}

//===- Join.cpp - how a program becomes one of the ranks of a job ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/Join.h"
#include "comm/OpenRanks.h"

using namespace fanfold;

Result<Joined> fanfold::joinOnCpu(const Program &program, Device &device, const JoinOptions &) {
  Result<Ranks> ranks = findRanks();
  if (!ranks)
    return std::move(ranks).status();
  if (ranks->size == 1)
    return Joined();
  device.setLocalRank(ranks->localRank);
  Result<std::unique_ptr<Communicator>> opened = openRanks(*ranks, program.fingerprint);
  if (!opened)
    return std::move(opened).status();
  return Joined{std::move(*opened), std::nullopt};
}

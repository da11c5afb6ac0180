//===- OpenRanks.h - the communicator of a job ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_OPENRANKS_H
#define FANFOLD_COMM_OPENRANKS_H

#include "comm/Ranks.h"
#include "runtime/Communicator.h"

#include <cstdint>
#include <memory>

namespace fanfold {

/// Meets the other ranks in the way that `ranks` says, and returns when all are there. All have
/// to come with the same `fingerprint`, of what makes them one job: a rank with another program
/// or other settings is a failure on each.
Result<std::unique_ptr<Communicator>> openRanks(const Ranks &ranks, uint64_t fingerprint);

} // namespace fanfold

#endif // FANFOLD_COMM_OPENRANKS_H

//===- Join.h - how a program becomes one of the ranks of a job -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_JOIN_H
#define FANFOLD_COMM_JOIN_H

#include "runtime/Join.h"

namespace fanfold {

/// Ranks whose arenas are in the memory of the host.
Result<Joined> joinOnCpu(const Program &program, Device &device, const JoinOptions &options);

/// Ranks with one GPU each (comm/nccl). Part of programs for GPUs alone.
Result<Joined> joinOnGpu(const Program &program, Device &device, const JoinOptions &options);

} // namespace fanfold

#endif // FANFOLD_COMM_JOIN_H

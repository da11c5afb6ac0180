//===- LocalJob.h - a job whose ranks one process starts ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each rank is a process, so that one that fails takes nothing with it: this one, which has no
// GPU, says which it was, ends the others, and can begin again from the last checkpoint.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_LOCALJOB_H
#define FANFOLD_COMM_LOCALJOB_H

#include "runtime/Join.h"

namespace fanfold {

/// Starts `options.gpus` ranks on this machine, each with the command line of this process, and
/// waits for their end. They meet over TCP at a port of the loopback interface. SIGINT, SIGTERM
/// and SIGHUP are passed on. When a rank fails, the others have ten seconds to end by themselves.
/// The exit status of the first rank that failed, else 0.
Result<int> runLocalJob(const JoinOptions &options);

} // namespace fanfold

#endif // FANFOLD_COMM_LOCALJOB_H

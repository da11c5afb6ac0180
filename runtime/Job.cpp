//===- Job.cpp - commands that several ranks run together -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Commands.h"

using namespace fanfold;

Status fanfold::runInJob(Invocation &invocation, JoinOptions options,
                         const std::function<Status(Communicator *)> &body) {
  if (!invocation.join)
    return body(nullptr);
  options.argv = invocation.argv;
  Result<Joined> joined = invocation.join(invocation.program, *invocation.device, options);
  if (!joined)
    return std::move(joined).status();
  if (joined->exitCode) {
    invocation.exitCode = *joined->exitCode;
    return {};
  }
  Status status = body(joined->ranks.get());
  // All stop together for a signal; who fails, fails alone.
  if (joined->ranks && !status.ok() && status.blame() != Blame::signal)
    joined->ranks->abandon();
  return status;
}

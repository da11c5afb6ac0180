//===- Join.h - how a program becomes one of the ranks of a job -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A contract: comm/ implements it.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_JOIN_H
#define FANFOLD_RUNTIME_JOIN_H

#include "runtime/Communicator.h"
#include "runtime/Device.h"

#include <memory>
#include <optional>

namespace fanfold {

struct JoinOptions {
  int gpus = 0;          ///< Ranks to start on this machine; 0: what the environment says.
  int restarts = 0;      ///< How often those begin again from the last checkpoint when one fails.
  bool saves = false;    ///< Whether there will be one.
  char **argv = nullptr; ///< Of this process, for those that it starts.
};

struct Joined {
  std::unique_ptr<Communicator> ranks; ///< Null: this process alone.
  /// This process was no rank: it started them, and they have ended with this status.
  std::optional<int> exitCode;
};

/// Makes this process what the options or else the environment say, before its
/// device is opened, and gives the device its number. Returns when all ranks are there, or, if it
/// starts them, when they have ended.
using JoinRanks = Result<Joined> (*)(const Program &program, Device &device,
                                     const JoinOptions &options);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_JOIN_H

//===- Commands.h - the commands of a compiled program --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What each does once its options are known; `train` is in Train.h. CommandLine.cpp is where
// the options are.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_COMMANDS_H
#define FANFOLD_RUNTIME_COMMANDS_H

#include "runtime/DataSource.h"
#include "runtime/Device.h"
#include "runtime/Join.h"
#include "runtime/Program.h"
#include "runtime/Status.h"
#include "runtime/Train.h"
#include "runtime/Tune.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fanfold {

/// What a command works on.
struct Invocation {
  const Program &program;
  std::unique_ptr<Device> device;
  OpenDataSource openData;
  TuneProgram tune; ///< Null if the program has nothing to tune.
  JoinRanks join;   ///< Null if the program is always alone.
  char **argv;
  int &exitCode; ///< Of a command that fails in nothing, and yet does not end with 0.
};

/// Runs `body` as one of the ranks of a job if this process is one, else with null; if it only
/// starts the ranks, returns when they have ended.
Status runInJob(Invocation &invocation, JoinOptions options,
                const std::function<Status(Communicator *)> &body);

struct EvalOptions {
  std::string data;
  std::string checkpoint;
  std::string split = "test";
  int threads = 0;
  int dataThreads = 1;
  bool json = false;
};
Status eval(Invocation &invocation, const EvalOptions &options);

struct BenchOptions {
  int64_t steps = 20;
  int64_t warmup = 3;
  int threads = 0;
  bool json = false;
  bool profile = false;
};
/// `ranks`: see runInJob(). Rank 0 says what it measured.
Status bench(Invocation &invocation, const BenchOptions &options, Communicator *ranks);

struct InfoOptions {
  bool json = false;
};
Status info(Invocation &invocation, const InfoOptions &options);

struct StepOptions {
  std::string inputs;
  std::string weights;
  std::string output;
  bool eval = false;
  int64_t step = 0;
  int threads = 0;
  SettingsOverrides overrides;
};
Status step(Invocation &invocation, const StepOptions &options);

struct TuneOptions {
  std::string output, layers;
  bool again = false;
};
Status tune(Invocation &invocation, const TuneOptions &options);

/// To stdout. Paths may be of bytes that are no text: those are replaced.
void printJson(const nlohmann::ordered_json &json);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_COMMANDS_H

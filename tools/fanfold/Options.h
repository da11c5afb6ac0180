//===- Options.h - compile options of the command line --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TOOLS_FANFOLD_OPTIONS_H
#define FANFOLD_TOOLS_FANFOLD_OPTIONS_H

#include "passes/Pipeline.h"
#include "passes/Target.h"
#include "runtime/Status.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace fanfold {

/// What `compile` and `inspect` have in common: a model, and how to compile it.
struct CompileOptions {
  std::string model;
  std::string device;    ///< Empty: that of this machine, or the default.
  std::string target;    ///< Empty: the best that this machine can run.
  std::string precision; ///< Empty: the recipe's.
  std::string memoryBudget;
  std::string bucketSize;
  std::string dumpPhases; ///< Directory for the text after every pass; empty: none.
  int threads = 0;        ///< Most threads of a CPU program; 0: all of this machine.
  bool deterministic = false;
  std::string tuningDatabase; ///< File; empty: none.
  std::string tuning = "use"; ///< What to do with it: "off", "use", "frozen".
  PipelineOptions pipeline;

  /// Every file that is read, or "": no output may be one of them.
  std::vector<std::string> inputs() const { return {model, tuningDatabase}; }

  /// Adds the options to a subcommand.
  void addTo(CLI::App &command);
};

/// "8G", "1.5GiB", "512M", "1000000" in bytes; K, M and G are powers of 1024.
Result<int64_t> parseSize(const std::string &text);

/// 12345678 as "11.8 MiB".
std::string formatBytes(int64_t bytes);

} // namespace fanfold

#endif // FANFOLD_TOOLS_FANFOLD_OPTIONS_H

//===- Log.h - training as JSON lines -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One object a line, appended, each by a single write. `event` says which:
//
//   start  model, target, batch, threads, steps, step (resumed from), recipe
//   step   step, epoch, loss, metrics, learning_rate, images_per_s; the loss and
//          metrics are means since the last such line
//   epoch  step, epoch, loss, metrics, images_per_s, seconds; means over the epoch
//   eval   step, epoch, samples, loss, metrics, seconds
//   checkpoint  step, path
//   end    step, seconds, images_per_s, reason ("done", "SIGTERM", or a diagnostic)
//
// Every line has `time`, seconds since 1970. Steps and epochs count from 1. A
// value that is not finite is null.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_LOG_H
#define FANFOLD_RUNTIME_LOG_H

#include "runtime/File.h"
#include "runtime/Program.h"
#include "runtime/Status.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace fanfold {

/// A log file, or none.
class Log {
public:
  /// A log that goes nowhere.
  Log() = default;

  /// Opens `path` for appending; an unfinished last line is ended first.
  static Result<Log> open(const std::string &path);

  /// Appends one line. A log that cannot be written (full disk) is no reason to
  /// lose a training: the first failure is said on stderr, and writing goes on
  /// where there is space again.
  void write(const char *event, const nlohmann::ordered_json &fields);

private:
  std::string path;
  FileDescriptor file;
  bool complained = false;
};

/// Adds `loss` and `metrics` (an object by name) to `fields`.
void addMetrics(nlohmann::ordered_json &fields, const Program &program,
                const std::vector<double> &values);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_LOG_H

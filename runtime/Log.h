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
//   start  model, target, batch, steps, step (resumed from), recipe; at the begin, and
//          where a training is resumed with another of these
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
// The log of a training that was stopped or killed and then resumed is that of one that
// was not, line for line, but for the times: `time`, `seconds` and `images_per_s` are
// those of the process that wrote the line. To that end a training that resumes removes
// the lines that it is about to write again.
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

/// Where a training goes on, and how it began.
struct LogPosition {
  int64_t step = 0;      ///< Steps done.
  bool saved = false;    ///< It goes on from a checkpoint; else it begins again.
  bool epochTold = true; ///< An epoch ended with that step, and lines before say how.
  /// Fields of the line `start` of the training that came so far, without `step`: by those
  /// that it has, it is told from other trainings in the same file.
  nlohmann::json start;
};

/// A log file, or none.
class Log {
public:
  /// A log that goes nowhere.
  Log() = default;

  /// Opens `path` for appending; an unfinished last line is ended first.
  static Result<Log> open(const std::string &path);

  bool isOpen() const { return file.valid(); }

  /// Removes all lines from the first on that the training at `position` did not write up
  /// to there. Returns how many; none, if the training that the file ends with is another.
  Result<int64_t> cutBack(const LogPosition &position);

  /// Writes the line `start`, unless the training says so already.
  void start(const nlohmann::ordered_json &fields, int64_t step);

  /// Appends one line. A log that cannot be written (full disk) is no reason to
  /// lose a training: the first failure is said on stderr, and writing goes on
  /// where there is space again.
  void write(const char *event, const nlohmann::ordered_json &fields);

private:
  std::string path;
  FileDescriptor file;
  bool complained = false;
  nlohmann::json lastStart; ///< Fields of the last line `start` of this training.
};

/// Adds `loss` and `metrics` (an object by name) to `fields`.
void addMetrics(nlohmann::ordered_json &fields, const Program &program,
                const std::vector<double> &values);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_LOG_H

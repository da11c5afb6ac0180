//===- Progress.h - what a person at the terminal sees --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On a terminal one line is rewritten while an epoch runs; elsewhere a plain line
// appears now and then. Each finished epoch leaves one line:
//
//   epoch  1/10  loss 0.4712  top1 0.8301  |  test loss 0.3541  top1 0.8724  |  8123 images/s
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_PROGRESS_H
#define FANFOLD_RUNTIME_PROGRESS_H

#include "runtime/Checkpoint.h"
#include "runtime/Evaluate.h"
#include "runtime/Program.h"
#include "runtime/Schedule.h"
#include "runtime/Status.h"
#include "runtime/Stopwatch.h"

#include <cstdint>
#include <string>
#include <vector>

namespace fanfold {

/// "loss 0.4712  top1 0.8301".
std::string formatMetrics(const Program &program, const std::vector<double> &values);

/// Means of metrics over steps, and the speed of those steps that this process ran.
class Tally {
public:
  explicit Tally(const Program &program) : total{0, std::vector<double>(program.metrics.size)} {}

  void add(const std::vector<double> &metrics, int64_t samples, double seconds);
  void clear();
  /// Continues sums of another process, of as many metrics.
  void goOn(const MetricSums &sums);

  bool empty() const { return total.steps == 0; }
  const MetricSums &sums() const { return total; }
  std::vector<double> means() const;

  double seconds() const { return timedSeconds; }
  double imagesPerSecond() const { return timedSeconds > 0 ? timedSamples / timedSeconds : 0; }
  double secondsPerStep() const { return timedSteps > 0 ? timedSeconds / timedSteps : 0; }

private:
  MetricSums total;
  int64_t timedSteps = 0;
  int64_t timedSamples = 0;
  double timedSeconds = 0;
};

/// Writes to stdout.
class Progress {
public:
  /// With `quiet`, which is for ranks of a job but the first, says nothing.
  Progress(const Program &program, Horizon horizon, bool quiet = false);
  /// Leaves no half-written line behind.
  ~Progress() { clear(); }

  /// After each step: `step` steps are done, `epochTally` is the running epoch.
  void step(int64_t step, const Tally &epochTally, double learningRate);

  /// After an epoch and, if there was one, its evaluation.
  void epoch(int64_t step, const Tally &epochTally, const Evaluation *evaluation);

  /// A line of its own.
  void line(const std::string &text);

  /// The first failure to write. Nothing else stops for it: training goes on when
  /// nobody can read how.
  Status status() const;

private:
  void clear();
  void show(const std::string &text);

  const Program &program;
  Horizon horizon;
  bool quiet;
  bool terminal;
  Stopwatch clock;
  double nextUpdate; ///< On `clock`, in seconds.
  bool lineIsOpen = false;
  int firstError = 0; ///< An errno.
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_PROGRESS_H

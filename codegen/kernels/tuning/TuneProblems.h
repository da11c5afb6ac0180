//===- TuneProblems.h - measures what a program can choose ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The part of `OUT tune` that needs no card: which problems, in which order, what is kept
// when, what is said. TuneProgram.h has the part that does.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_TUNING_TUNEPROBLEMS_H
#define FANFOLD_CODEGEN_KERNELS_TUNING_TUNEPROBLEMS_H

#include "codegen/kernels/tuning/TuningDatabase.h"
#include "runtime/Tune.h"

#include <functional>
#include <memory>

namespace fanfold {

/// Runs the candidates of a problem on one device.
class ProblemTimer {
public:
  virtual ~ProblemTimer() = default;

  /// Of the records.
  virtual std::string deviceName() const = 0;
  virtual std::string libraryName(const Tunable &tunable) const = 0;

  /// One record for each candidate that ran, the library's own choice first. Fails if
  /// none can be tried.
  virtual Result<std::vector<TuningRecord>> measure(const Tunable &tunable) = 0;
};

/// Measures the program's tunables one after another, those that the file has records of
/// left out, and writes the file after each: whatever ends the process, what was measured
/// is kept, and the next run goes on from there. SIGTERM and SIGINT end it after the
/// problem at hand. A problem of which no candidate runs is said on stderr and passed over;
/// if there were any, the result is a failure, with the others written.
///
/// `open` is called when the file and the request are known to be good.
Status tuneProblems(const TuneRequest &request,
                    const std::function<Result<std::unique_ptr<ProblemTimer>>()> &open);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_KERNELS_TUNING_TUNEPROBLEMS_H

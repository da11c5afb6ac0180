//===- Tuner.h - times the plans of convolutions on the card -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs every plan that cuDNN proposes for a problem, those that are compiled on the
// device with them, and gives the times as records of a tuning database. For
// `OUT tune` and for benchmarks.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_TUNER_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_TUNER_H

#include "codegen/kernels/cudnn/Planner.h"
#include "codegen/kernels/tuning/LaunchTimer.h"
#include "codegen/kernels/tuning/RepeatCheck.h"
#include "codegen/kernels/tuning/ScratchMemory.h"
#include "codegen/kernels/tuning/TuningDatabase.h"

namespace fanfold::cudnn {

/// "cudnn 9.19.0": the library of a record.
std::string libraryName(size_t version);

/// The plan of a record, checked by the planner's device or, without one, taken as
/// measured. Fails if cuDNN refuses the record's engine.
Result<Plan> planOf(const TuningRecord &record, Planner &planner);

/// One thread at a time; handle, timer and scratch memory outlive it.
class Tuner {
public:
  Tuner(Handle &handle, LaunchTimer &timer, RepeatCheck &check, ScratchMemory &scratch,
        std::string deviceName)
      : handle(handle), timer(timer), check(check), scratch(scratch),
        deviceName(std::move(deviceName)), planner(handle) {}

  /// A record for each plan that ran, in cuDNN's order. Plans that fail when run are
  /// passed over, and so are those whose workspace leaves no room for the tensors in the
  /// scratch memory. Fails if the problem makes no sense or its tensors do not fit.
  Result<std::vector<TuningRecord>> measure(const ConvProblem &problem, PlanLimits limits);

private:
  Handle &handle;
  LaunchTimer &timer;
  RepeatCheck &check;
  ScratchMemory &scratch;
  std::string deviceName;
  Planner planner;
};

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_TUNER_H

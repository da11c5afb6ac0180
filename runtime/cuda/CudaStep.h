//===- CudaStep.h - a step as launches, then as a graph -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_CUDA_CUDASTEP_H
#define FANFOLD_RUNTIME_CUDA_CUDASTEP_H

#include "runtime/Program.h"
#include "runtime/Status.h"
#include "runtime/cuda/CudaHandles.h"

#include <vector>

namespace fanfold {

/// Puts runs of one step of a program into a stream; CudaDevice.h says in which form.
/// A launch is the same whichever form it comes in, and so are the bits it writes.
class CudaStep {
public:
  /// With `blocking`, every run executes launch by launch.
  CudaStep(const Step &step, bool blocking) : step(step), blocking(blocking) {}

  /// One run with `context`, whose observer may be null. A run with an observer has ended on
  /// return, and so has the first. The graph is made with the first context that has no observer.
  Status run(const StepContext &context);

  /// One run that measures; waits for its end. Seconds of each launch. `context` has no observer.
  Result<std::vector<double>> runTimed(const StepContext &context);

private:
  Status runEagerly(StepContext context, bool wait, LaunchObserver *observer);
  /// Records what the step does with `observer` as a graph; runs nothing.
  Result<CudaGraphExec> capture(StepContext context, LaunchObserver *observer);

  const Step &step;
  const bool blocking;
  bool warm = false; ///< After the first run.
  CudaGraphExec graph;
  CudaGraphExec timedGraph;
  std::vector<CudaEvent> instants; ///< Before each launch and after the last.
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_CUDA_CUDASTEP_H

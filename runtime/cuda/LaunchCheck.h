//===- LaunchCheck.h - the launch that fails ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_CUDA_LAUNCHCHECK_H
#define FANFOLD_RUNTIME_CUDA_LAUNCHCHECK_H

#include "runtime/Program.h"
#include "runtime/Status.h"

#include <cuda_runtime_api.h>

namespace fanfold {

/// Asks CUDA after every launch of a step whether it went well, and remembers the first
/// that did not. Passes everything on to another observer.
class LaunchCheck final : public LaunchObserver {
public:
  /// With `wait`, waits for the end of every launch: then a kernel that fails while it
  /// runs is told from its neighbours. Not while a stream is captured.
  LaunchCheck(const Step &step, bool wait, LaunchObserver *next)
      : step(step), wait(wait), next(next) {}

  void beforeLaunch(StepContext &context, size_t index) override;

  /// "launch 14, conv2d of conv1 (lenet.mlir:9:12): invalid configuration argument".
  const Status &status() const { return failure; }

private:
  const Step &step;
  const bool wait;
  LaunchObserver *const next;
  Status failure;
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_CUDA_LAUNCHCHECK_H

//===- NonFinite.h - the launch that made the first NaN -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// When a loss is not finite, the question is where it began. The observer here
// looks through what every launch of a step has written (Launch::outputs).
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_NONFINITE_H
#define FANFOLD_RUNTIME_NONFINITE_H

#include "runtime/Device.h"
#include "runtime/Program.h"
#include "runtime/Status.h"

#include <cstddef>
#include <optional>
#include <string>

namespace fanfold {

/// An element of a tensor that is NaN or infinite.
struct NonFiniteElement {
  size_t index;
  double value;
};

/// The first such element of a range of the arena. Integers have none.
Result<std::optional<NonFiniteElement>> findNonFinite(Device &device, const LaunchOutput &range);

/// "conv1.weight has nan at element 3": the first such element of what a checkpoint holds.
Result<std::optional<std::string>> findDamage(Device &device, const Program &program);

/// Finds the first launch of a step that writes a NaN or an infinity. Slow: it
/// reads every byte that the step writes.
class NonFiniteSearch final : public LaunchObserver {
public:
  struct Found {
    size_t launch; ///< Index in the step.
    size_t output; ///< Index in the launch's outputs.
    NonFiniteElement element;
  };

  NonFiniteSearch(Device &device, const Step &step) : device(device), step(step) {}

  void beforeLaunch(StepContext &context, size_t index) override;

  /// The first one since construction or forget().
  const std::optional<Found> &found() const { return first; }
  void forget() { first.reset(); }
  /// A failure to read the arena.
  const Status &status() const { return failure; }

  /// "launch 14, conv2d of conv1 (lenet.mlir:9:12), wrote nan at element 7"; only
  /// after something was found.
  std::string description() const;

private:
  void inspect(size_t launch);

  Device &device;
  const Step &step;
  std::optional<Found> first;
  Status failure;
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_NONFINITE_H

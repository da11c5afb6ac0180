//===- LaunchTimer.h - times launches on the GPU -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times what a launch takes inside a step: launches are captured in a CUDA graph, one
// behind the other, and the graph is replayed, so that the host's part does not count.
// What cannot be captured cannot be in a step either, and has no time.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_TUNING_LAUNCHTIMER_H
#define FANFOLD_CODEGEN_KERNELS_TUNING_LAUNCHTIMER_H

#include "runtime/Status.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace fanfold {

/// "NVIDIA H200" of the current device.
Result<std::string> currentDeviceName();

/// Owns a stream and two events. One thread at a time.
class LaunchTimer {
public:
  static Result<LaunchTimer> create();
  LaunchTimer(LaunchTimer &&other) noexcept;
  ~LaunchTimer();

  /// Median microseconds of one launch. `launch(stream, i)` enqueues launch i of
  /// `count`; buffers should rotate with i, so that the cache holds none of them. May
  /// throw, which is a failure. Launches run uncaptured once before.
  Result<double> time(const std::function<void(void *stream, int i)> &launch, int count = 8);

  void *stream() const { return queue; } ///< A cudaStream_t.

private:
  LaunchTimer() = default;
  Result<double> replay(void *graph, int count);

  void *queue = nullptr;
  void *begin = nullptr, *end = nullptr; ///< cudaEvent_t
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_KERNELS_TUNING_LAUNCHTIMER_H

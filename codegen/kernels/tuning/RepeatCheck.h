//===- RepeatCheck.h - asks a launch whether it gives the same bits -------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No library says this reliably of its kernels, so they are run: several times on the same
// operands, with what they write set to NaN before each run. That and the comparison
// also change what the cache holds from run to run. Equal runs prove nothing; unequal ones do.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_TUNING_REPEATCHECK_H
#define FANFOLD_CODEGEN_KERNELS_TUNING_REPEATCHECK_H

#include "codegen/kernels/tuning/ScratchMemory.h"

#include <functional>
#include <vector>

namespace fanfold {

class RepeatCheck {
public:
  /// Adds the number of bytes in which a and b differ to *count, all on the device.
  using CountDifferences = void (*)(void *stream, const void *a, const void *b, size_t bytes,
                                    uint64_t *count);
  struct Output {
    void *memory;
    size_t bytes;
  };
  static constexpr int runs = 10;

  explicit RepeatCheck(CountDifferences count) : count(count) {}

  /// Scratch memory that reserve() takes, at most, for outputs of so many bytes.
  static size_t bytesFor(size_t outputBytes, size_t outputs) {
    return outputBytes + (outputs + 1) * 256;
  }

  /// Takes room for a copy of each output, all of them on the device. False if there is
  /// none left.
  bool reserve(std::vector<Output> outputs, ScratchMemory &scratch);

  /// Whether all runs of `launch` left the same bits in the outputs. It enqueues the launch on
  /// a cudaStream_t, and may throw, which is a failure.
  Result<bool> repeats(void *stream, const std::function<void(void *stream)> &launch) const;

private:
  CountDifferences count;
  std::vector<Output> outputs, copies;
  uint64_t *differences = nullptr; ///< On the device.
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_KERNELS_TUNING_REPEATCHECK_H

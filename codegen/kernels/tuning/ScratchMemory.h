//===- ScratchMemory.h - device memory to tune in ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_TUNING_SCRATCHMEMORY_H
#define FANFOLD_CODEGEN_KERNELS_TUNING_SCRATCHMEMORY_H

#include "runtime/Program.h"
#include "runtime/Status.h"

namespace fanfold {

/// Device memory that a tuner cuts its tensors from. The memory is the caller's: `tune`
/// gives the program's arena, before the step uses it.
class ScratchMemory {
public:
  ScratchMemory(void *memory, size_t bytes)
      : memory(static_cast<std::byte *>(memory)), bytes(bytes) {}

  /// Fills what is taken with numbers in [-1, 1) of a floating-point type: times of zeros
  /// are not times of training.
  Status fillRandomly(ElementType type);

  /// Begins to cut from the start again.
  void reset() { used = 0; }
  /// The next `size` bytes, aligned to 256; null if there are no more.
  void *take(size_t size);
  size_t available() const { return bytes - used; }

private:
  std::byte *memory;
  size_t bytes, used = 0;
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_KERNELS_TUNING_SCRATCHMEMORY_H

//===- Parallel.h - loops over threads with a fixed partition -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a reduction computes must not depend on the number of threads, so the
// partition of a loop depends on its size and grain alone: threads only decide
// who runs which block.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_PARALLEL_H
#define FANFOLD_CODEGEN_KERNELS_CPU_PARALLEL_H

#include <algorithm>
#include <cstdint>

namespace fanfold::cpu {

/// Number of blocks of `grain` that cover `n`.
inline int64_t blockCount(int64_t n, int64_t grain) { return (n + grain - 1) / grain; }

/// Calls body(begin, end) for the blocks [0, grain), [grain, 2 * grain), ... of
/// [0, n), on all threads if there is more than one block. Choose a grain that
/// is worth a thread's wake-up: some ten thousand elements.
template <class Body>
void parallelFor(int64_t n, int64_t grain, Body body) {
  const int64_t blocks = blockCount(n, grain);
#pragma omp parallel for schedule(static) if (blocks > 1)
  for (int64_t block = 0; block < blocks; ++block)
    body(block * grain, std::min(n, (block + 1) * grain));
}

/// A grain in rows, so that a block of rows of `width` elements holds about
/// 16 Ki elements.
inline int64_t rowGrain(int64_t width) {
  return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, width));
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_PARALLEL_H

//===- Effort.h - how long to try -----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_EFFORT_H
#define FANFOLD_PASSES_PACKER_EFFORT_H

#include <chrono>
#include <cstdint>

namespace fanfold::packer {

using Deadline = std::chrono::steady_clock::time_point;

/// Number `k` >= 1 of the sequence 1 1 2 1 1 2 4 1 1 2 1 1 2 4 8 ... (Luby, Sinclair,
/// Zuckerman, 1993): restarts of these lengths are within a logarithm of the best ones.
inline uint64_t luby(uint64_t k) {
  uint64_t size = 1;
  while (size < k)
    size = 2 * size + 1;
  while (k != size) {
    size /= 2;
    if (k > size)
      k -= size;
  }
  return (size + 1) / 2;
}

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_EFFORT_H

//===- Shuffle.h - the order of an epoch ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Chunk-wise shuffle: the chunks of a split are permuted and cut into windows of
// several chunks; the samples of a window are permuted among themselves. So
// random order costs sequential reads, and memory for a window.
//
//   stored chunks    0 1 2 3 4 5 6 7
//   permuted, cut    [5 2 7 0] [1 6 4 3]
//   samples          any of 5 2 7 0 in any order, then any of 1 6 4 3
//
// The order is a function of seed and epoch alone, in integers: the same on
// every machine, and a position in it is all there is to resume from.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_SHUFFLE_H
#define FANFOLD_IO_SHUFFLE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanfold::io {

/// Chunks in a window. Part of what makes an epoch's order: with chunks of 8 MiB
/// a window has 128 MiB.
inline constexpr size_t windowChunks = 16;

/// One sample of a split.
struct SampleRef {
  uint32_t chunk = 0;  ///< Ordinal in the run.
  uint32_t entry = 0;  ///< Row of the chunk's table.
  uint64_t sample = 0; ///< Place in stored order.
};

/// The order in which one epoch visits a split.
class EpochOrder {
public:
  /// Stored order; each chunk is a window.
  static EpochOrder stored(const std::vector<uint32_t> &samplesInChunk);

  /// The shuffled order of an epoch. Windows are of nearly equal size, so that
  /// the last is not a small one.
  static EpochOrder shuffled(const std::vector<uint32_t> &samplesInChunk, uint64_t seed,
                             int64_t epoch);

  uint64_t samples() const { return begins.back(); }
  size_t windows() const { return begins.size() - 1; }

  /// Positions [windowBegin(w), windowBegin(w + 1)) are in window w.
  uint64_t windowBegin(size_t window) const { return begins[window]; }
  /// The window with a position, which must be below samples().
  size_t windowOf(uint64_t position) const;

  /// The chunks of a window.
  std::vector<uint32_t> chunksOf(size_t window) const;

  /// The samples of a window in the order in which they are visited.
  std::vector<SampleRef> samplesOf(size_t window) const;

private:
  std::vector<uint32_t> sizes;     ///< Samples of each chunk, in stored order.
  std::vector<uint64_t> firsts;    ///< First sample of each chunk.
  std::vector<uint32_t> chunks;    ///< In the order of the epoch.
  std::vector<size_t> windowChunk; ///< Window w has chunks [windowChunk[w], windowChunk[w + 1]).
  std::vector<uint64_t> begins;    ///< First position of each window, and the end.
  bool shuffle = false;
  uint64_t stream = 0; ///< Seed of this epoch.

  void cut(size_t windowCount);
};

} // namespace fanfold::io

#endif // FANFOLD_IO_SHUFFLE_H

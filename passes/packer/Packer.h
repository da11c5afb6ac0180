//===- Packer.h - where every buffer of a program lives -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Buffers have a life (half-open, in steps) and a size (bytes). The packer gives
// each an offset so that two buffers alive at the same step never share a byte,
// and keeps the height, the end of the highest buffer, low:
//
//   address
//     ^   +-------+      +---+
//     |   |   c   |      | e |      height = offset + size of the highest
//     |   +---+---+---+--+---+
//     |   | a |     d        |      d stands on b, although its neighbour a
//     |   |   +--------------+      ends earlier
//     |   +---+  b  |
//     +---+---+-----+------------> time
//
// Minimising the height is NP-hard. `pack` stops at the first placement that
// reaches a proved lower bound, so instances that are easy in practice (steps of
// training programs) cost milliseconds, and spends its limits on the others.
//
// The answer depends on the arguments alone, not on the clock, unless the time
// limit strikes. No function here throws, prints, or keeps state: all may be
// called from several threads at once.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_PACKER_H
#define FANFOLD_PASSES_PACKER_PACKER_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfold::packer {

/// A range of bytes that somebody needs for a while.
struct Buffer {
  std::string id;                ///< For messages and files; the packer does not compare it.
  int64_t lower = 0;             ///< First step at which it is alive; may be negative.
  int64_t upper = 0;             ///< First step at which it is no longer; above `lower`.
  int64_t size = 0;              ///< Bytes, not negative. 0 overlaps nothing.
  int64_t alignment = 1;         ///< The offset is a multiple of this; at least 1, any number.
  std::optional<int64_t> offset; ///< Given: it stands exactly here.
};

struct PackOptions {
  /// Given: any placement of at most this height will do, and a higher one will
  /// not. Otherwise the height is minimised.
  std::optional<int64_t> capacity;

  /// Wall-clock limit. A placement found before counts. It never strikes before
  /// the fast heuristics have run once.
  std::chrono::nanoseconds timeLimit = std::chrono::seconds(5);

  /// Limit of the exact search, in steps over all its rounds. This is
  /// the limit to set where answers must not depend on the machine's speed.
  uint64_t nodeLimit = UINT64_MAX;

  /// Of the random orders that later rounds try.
  uint64_t seed = 0;
};

enum class Outcome {
  placed,     ///< `offsets` holds a placement, within the capacity if there is one.
  infeasible, ///< It is proved that none exists.
  timedOut,   ///< None was found within the limits; there may be one.
  invalid,    ///< A buffer, or the options, make no sense.
};

struct Packing {
  Outcome outcome = Outcome::invalid;

  /// One per buffer, in the order given; empty unless placed.
  std::vector<int64_t> offsets;

  /// Largest offset + size, over buffers of positive size; 0 if there is none.
  int64_t height = 0;

  /// What no placement can stay below: see lowerBound().
  int64_t lowerBound = 0;

  /// It is proved that no placement is lower than `height`.
  bool optimal = false;

  /// Steps of the exact search; 0 if the heuristics were enough.
  uint64_t nodes = 0;

  /// Why there is no placement, in a sentence; empty if there is one.
  std::string message;
};

/// Packs `buffers`. Every answer has been through validate().
Packing pack(const std::vector<Buffer> &buffers, const PackOptions &options = {});

/// The largest sum of live bytes at any step; with alignment, sizes count
/// rounded up to the common divisor of the alignments of all buffers connected
/// in time, less what the highest buffer need not be rounded by. At least the end
/// of every buffer that stands at a given offset. The buffers must pass check().
int64_t lowerBound(const std::vector<Buffer> &buffers);

/// Says what is wrong with `buffers` taken one by one (an empty life, a negative
/// size, an impossible alignment, an offset that breaks it), or that their sizes
/// together pass 2^62 bytes. Empty if nothing is. `culprit`, if not null, becomes
/// the index of the buffer at fault.
std::string check(const std::vector<Buffer> &buffers, size_t *culprit = nullptr);

/// Says in a sentence what is wrong with a placement: two buffers that share a
/// byte at a step, a buffer that is misaligned, below zero, above the capacity or
/// not at its given offset. Empty if nothing is. Compares buffers pairwise and
/// shares no code with the packer.
std::string validate(const std::vector<Buffer> &buffers, const std::vector<int64_t> &offsets,
                     std::optional<int64_t> capacity = std::nullopt);

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_PACKER_H

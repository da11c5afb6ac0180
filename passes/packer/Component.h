//===- Component.h - buffers that are connected in time -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the heuristics and the search work on: a set of buffers such that at
// every step between the first and the last at least one crosses to the next,
// with time compressed to what matters.
//
// Time. Two lives overlap if and only if there is a step where both are alive,
// and among all steps only those count whose set of live buffers is contained in
// no other's: they lie between the last of a row of begins and the first of the
// following row of ends. These steps are the sections, numbered from 0:
//
//   a  +-----------+            a: [0, 2)
//   b     +------------+        b: [0, 2)   has the same life as a now
//   c              +------+     c: [1, 2)
//          section 0  | section 1
//
// Space. Offsets are multiples of the unit: the greatest common divisor of all
// alignments and given offsets. A size counts rounded up to the unit, for no
// other buffer can use the rest; only the highest buffer of a section can do
// without. The slop of a section is the largest rounding of its items, so if
// their rounded sizes sum up to t it needs at least t - slop bytes.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_COMPONENT_H
#define FANFOLD_PASSES_PACKER_COMPONENT_H

#include "passes/packer/Packer.h"

#include <cstddef>

namespace fanfold::packer {

/// A buffer in compressed time.
struct Item {
  int first = 0;         ///< First section at which it is alive.
  int last = 0;          ///< First section at which it is no longer.
  int64_t size = 0;      ///< Bytes, rounded up to the unit; positive.
  int64_t bytes = 0;     ///< Bytes, as given.
  int64_t alignment = 1; ///< A multiple of the unit, unless the offset is given.
  int64_t fixed = -1;    ///< The given offset, or -1.
  int64_t duration = 0;  ///< Length of its life in steps; for orders only.
  size_t buffer = 0;     ///< Its index in the caller's buffers.

  bool overlaps(const Item &other) const { return first < other.last && other.first < last; }
};

struct Component {
  std::vector<Item> items; ///< Ascending by `first`.
  int sections = 0;
  std::vector<int64_t> slop; ///< By section.
  int64_t lowerBound = 0;    ///< As lowerBound() defines it.
  bool hasFixed = false;
  /// All items may stand anywhere at multiples of the unit, so that exchanging
  /// two neighbours in a stack keeps both aligned.
  bool uniform = true;
};

/// Offsets of a component's items, in their order.
using Offsets = std::vector<int64_t>;

/// `value` rounded up to a multiple of `alignment`.
inline int64_t alignUp(int64_t value, int64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Splits `buffers`, which pass check(), into components, ascending in time.
/// Buffers of size 0 are in none. O(n log n).
std::vector<Component> splitIntoComponents(const std::vector<Buffer> &buffers);

/// The end of the highest item.
int64_t heightOf(const Component &component, const Offsets &offsets);

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_COMPONENT_H

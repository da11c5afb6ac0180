//===- Validate.cpp - checks of input and of placements -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Packer.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace fanfold::packer {

/// Offsets, sizes and alignments stay below this, so that the sum of any two
/// fits into 64 bits.
static constexpr int64_t limit = int64_t(1) << 62;

/// Says what is wrong with one buffer; empty if nothing is.
static std::string checkOne(const Buffer &b) {
  if (b.lower >= b.upper)
    return fmt::format("buffer '{}' lives from {} to {}, expected it to end after it begins", b.id,
                       b.lower, b.upper);
  if (b.size < 0)
    return fmt::format("buffer '{}' has size {}, expected 0 or more", b.id, b.size);
  if (b.alignment < 1)
    return fmt::format("buffer '{}' has alignment {}, expected 1 or more", b.id, b.alignment);
  if (!b.offset)
    return {};
  if (*b.offset < 0)
    return fmt::format("buffer '{}' has offset {}, expected 0 or more", b.id, *b.offset);
  if (*b.offset % b.alignment != 0)
    return fmt::format("buffer '{}' has offset {}, expected a multiple of its alignment {}", b.id,
                       *b.offset, b.alignment);
  return {};
}

std::string check(const std::vector<Buffer> &buffers, size_t *culprit) {
  // The highest offset that any placement here can reach: all buffers on top of
  // each other, each one rounded up, above the highest given offset.
  int64_t reach = 0;
  for (const Buffer &b : buffers) {
    if (culprit)
      *culprit = size_t(&b - buffers.data());
    if (std::string wrong = checkOne(b); !wrong.empty())
      return wrong;
    int64_t offset = b.offset.value_or(0);
    for (int64_t part : {b.size, b.alignment - 1, offset}) {
      if (part >= limit - reach)
        return fmt::format("buffer '{}' takes the sum of sizes to 2^62 bytes or more", b.id);
      reach += part;
    }
  }
  return {};
}

std::string validate(const std::vector<Buffer> &buffers, const std::vector<int64_t> &offsets,
                     std::optional<int64_t> capacity) {
  if (offsets.size() != buffers.size())
    return fmt::format("placement has {} offsets, expected {}", offsets.size(), buffers.size());
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Buffer &b = buffers[i];
    if (offsets[i] < 0)
      return fmt::format("buffer '{}' is at {}, expected 0 or more", b.id, offsets[i]);
    if (offsets[i] % b.alignment != 0)
      return fmt::format("buffer '{}' is at {}, expected a multiple of {}", b.id, offsets[i],
                         b.alignment);
    if (b.offset && offsets[i] != *b.offset)
      return fmt::format("buffer '{}' is at {}, expected its given offset {}", b.id, offsets[i],
                         *b.offset);
    if (capacity && b.size > 0 && (b.size > *capacity || offsets[i] > *capacity - b.size))
      return fmt::format("buffer '{}' of {} bytes is at {}, expected it to end by {}", b.id, b.size,
                         offsets[i], *capacity);
  }

  // All pairs that live at the same step: sorted by begin, the partners of a
  // buffer follow it until one begins after it has ended.
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::sort(order.begin(), order.end(),
            [&](size_t i, size_t j) { return buffers[i].lower < buffers[j].lower; });
  struct Box {
    int64_t lower, upper, begin, end;
  };
  std::vector<Box> boxes;
  for (size_t i : order)
    boxes.push_back({buffers[i].lower, buffers[i].upper, offsets[i], offsets[i] + buffers[i].size});
  for (size_t i = 0; i < boxes.size(); ++i) {
    for (size_t j = i + 1; j < boxes.size() && boxes[j].lower < boxes[i].upper; ++j) {
      // An empty range of bytes lies strictly inside no other.
      if (std::max(boxes[i].begin, boxes[j].begin) < std::min(boxes[i].end, boxes[j].end)) {
        const Buffer &a = buffers[order[i]], &b = buffers[order[j]];
        return fmt::format("buffers '{}' (steps {} to {}, bytes {} to {}) and '{}' (steps {} to "
                           "{}, bytes {} to {}) overlap",
                           a.id, a.lower, a.upper, boxes[i].begin, boxes[i].end, b.id, b.lower,
                           b.upper, boxes[j].begin, boxes[j].end);
      }
    }
  }
  return {};
}

} // namespace fanfold::packer

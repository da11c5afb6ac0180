//===- Component.cpp - buffers that are connected in time -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Component.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace fanfold::packer {

/// Sets sizes in units, slop and the lower bound; the items' lives are known.
static void measure(Component &c) {
  int64_t unit = 0;
  for (const Item &item : c.items)
    unit = std::gcd(unit, item.fixed >= 0 ? item.fixed : item.alignment);
  if (unit == 0) // Everything stands at a given offset 0.
    unit = 1;

  std::vector<int64_t> change(c.sections + 1, 0);
  // The roundings in a section: items are ascending by first section, and those
  // that have ended leave the heap when they come to its top.
  std::priority_queue<std::pair<int64_t, int>> roundings;
  auto next = c.items.begin();
  for (Item &item : c.items) {
    item.size = alignUp(item.bytes, unit);
    c.hasFixed |= item.fixed >= 0;
    c.uniform &= item.fixed < 0 && item.alignment == unit;
    change[item.first] += item.size;
    change[item.last] -= item.size;
    c.lowerBound = std::max(c.lowerBound, item.bytes + std::max<int64_t>(item.fixed, 0));
  }
  int64_t live = 0;
  for (int s = 0; s < c.sections; ++s) {
    live += change[s];
    for (; next != c.items.end() && next->first == s; ++next)
      roundings.emplace(next->size - next->bytes, next->last);
    while (roundings.top().second <= s)
      roundings.pop();
    c.slop.push_back(roundings.top().first);
    c.lowerBound = std::max(c.lowerBound, live - c.slop.back());
  }
}

std::vector<Component> splitIntoComponents(const std::vector<Buffer> &buffers) {
  std::vector<size_t> begins, ends;
  for (size_t i = 0; i < buffers.size(); ++i)
    if (buffers[i].size > 0)
      begins.push_back(i);
  ends = begins;
  std::stable_sort(begins.begin(), begins.end(),
                   [&](size_t i, size_t j) { return buffers[i].lower < buffers[j].lower; });
  std::stable_sort(ends.begin(), ends.end(),
                   [&](size_t i, size_t j) { return buffers[i].upper < buffers[j].upper; });

  std::vector<Component> result;
  std::vector<std::pair<size_t, size_t>> where(buffers.size()); // Component, item.
  size_t live = 0;
  bool endedSinceBegin = false;
  auto end = ends.begin();
  for (size_t i : begins) {
    for (; end != ends.end() && buffers[*end].upper <= buffers[i].lower; ++end) {
      auto [component, item] = where[*end];
      result[component].items[item].last = result[component].sections;
      endedSinceBegin = true;
      --live;
    }
    if (live == 0) {
      result.emplace_back().sections = 1;
    } else if (endedSinceBegin) {
      ++result.back().sections;
    }
    endedSinceBegin = false;
    ++live;

    const Buffer &b = buffers[i];
    Item item;
    item.first = result.back().sections - 1;
    item.bytes = b.size;
    item.alignment = b.alignment;
    item.fixed = b.offset.value_or(-1);
    // Unsigned, because the difference of two 64-bit steps may need 64 bits.
    item.duration =
        int64_t(std::min<uint64_t>(uint64_t(b.upper) - uint64_t(b.lower), uint64_t(INT64_MAX)));
    item.buffer = i;
    where[i] = {result.size() - 1, result.back().items.size()};
    result.back().items.push_back(item);
  }
  for (; end != ends.end(); ++end) {
    auto [component, item] = where[*end];
    result[component].items[item].last = result[component].sections;
  }
  for (Component &component : result)
    measure(component);
  return result;
}

int64_t heightOf(const Component &component, const Offsets &offsets) {
  int64_t height = 0;
  for (size_t i = 0; i < offsets.size(); ++i)
    height = std::max(height, offsets[i] + component.items[i].bytes);
  return height;
}

int64_t lowerBound(const std::vector<Buffer> &buffers) {
  int64_t bound = 0;
  for (const Component &component : splitIntoComponents(buffers))
    bound = std::max(bound, component.lowerBound);
  return bound;
}

} // namespace fanfold::packer

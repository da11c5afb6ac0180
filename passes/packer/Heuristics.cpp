//===- Heuristics.cpp - fast placements, one order each -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Heuristics.h"
#include "passes/packer/LifeIndex.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

namespace fanfold::packer {

namespace {

/// The heights reached so far, over sections.
class Skyline {
public:
  struct Segment {
    int first, last;
    int64_t height;
  };

  explicit Skyline(int sections) : sections(sections) { insert(0, 0); }

  /// The earliest of the lowest segments.
  Segment lowest() const {
    auto [height, first] = *byHeight.begin();
    auto next = std::next(heights.find(first));
    return {first, next == heights.end() ? sections : next->first, height};
  }

  /// Raises the whole lowest segment to its lower neighbour; there is one unless
  /// the segment is the only one.
  void raiseLowest() {
    Segment segment = lowest();
    auto it = heights.find(segment.first);
    int64_t to = INT64_MAX;
    if (it != heights.begin())
      to = std::prev(it)->second;
    if (std::next(it) != heights.end())
      to = std::min(to, std::next(it)->second);
    set(segment, segment.first, segment.last, to);
  }

  /// Gives [first, last), a part of `segment`, the height `to`.
  void set(const Segment &segment, int first, int last, int64_t to) {
    erase(segment.first);
    if (segment.first < first)
      insert(segment.first, segment.height);
    insert(first, to);
    if (last < segment.last)
      insert(last, segment.height);
    merge(last);
    merge(first);
  }

private:
  void insert(int first, int64_t height) {
    heights[first] = height;
    byHeight.insert({height, first});
  }

  void erase(int first) {
    auto it = heights.find(first);
    byHeight.erase({it->second, first});
    heights.erase(it);
  }

  /// Joins the segment that begins at `first`, if one does, to an equal one
  /// before it.
  void merge(int first) {
    auto it = heights.find(first);
    if (it != heights.end() && it != heights.begin() && std::prev(it)->second == it->second)
      erase(first);
  }

  int sections;
  std::map<int, int64_t> heights; ///< By first section.
  std::set<std::pair<int64_t, int>> byHeight;
};

} // namespace

Offsets placeOnSkyline(const Component &component, const Order &order) {
  LifeIndex waiting(component.items, order);
  Skyline skyline(component.sections);
  Offsets offsets(component.items.size(), 0);
  for (size_t placed = 0; placed < offsets.size();) {
    Skyline::Segment segment = skyline.lowest();
    int i = waiting.takeWithin(segment.first, segment.last);
    if (i < 0) {
      skyline.raiseLowest();
      continue;
    }
    const Item &item = component.items[i];
    offsets[i] = alignUp(segment.height, item.alignment);
    skyline.set(segment, item.first, item.last, offsets[i] + item.size);
    ++placed;
  }
  return offsets;
}

Offsets placeFirstFit(const Component &component, const Order &order) {
  struct Placed {
    int64_t begin, end;
    int first, last;
  };
  std::vector<Placed> placed; // Ascending by begin.
  placed.reserve(order.size());
  Offsets offsets(component.items.size(), 0);
  auto put = [&](int i, int64_t offset) {
    const Item &item = component.items[i];
    offsets[i] = offset;
    auto at = std::upper_bound(placed.begin(), placed.end(), offset,
                               [](int64_t o, const Placed &p) { return o < p.begin; });
    placed.insert(at, {offset, offset + item.size, item.first, item.last});
  };
  for (int i : order) {
    if (const Item &item = component.items[i]; item.fixed >= 0) {
      offsets[i] = item.fixed;
      placed.push_back({item.fixed, item.fixed + item.size, item.first, item.last});
    }
  }
  std::sort(placed.begin(), placed.end(),
            [](const Placed &a, const Placed &b) { return a.begin < b.begin; });
  for (int i : order) {
    const Item &item = component.items[i];
    if (item.fixed >= 0)
      continue;
    int64_t offset = 0;
    for (const Placed &p : placed) {
      if (p.begin >= offset + item.size)
        break;
      if (p.first < item.last && item.first < p.last && p.end > offset)
        offset = alignUp(p.end, item.alignment);
    }
    put(i, offset);
  }
  return offsets;
}

std::vector<Order> initialOrders(const Component &component) {
  const std::vector<Item> &items = component.items;
  auto sections = [&](int i) { return int64_t(items[i].last - items[i].first); };
  // Areas only order; a double is exact enough and cannot overflow.
  auto area = [&](int i) { return double(items[i].size) * double(items[i].duration); };
  auto cover = [&](int i) { return double(items[i].size) * double(sections(i)); };

  Order byBegin(items.size());
  std::iota(byBegin.begin(), byBegin.end(), 0);
  std::vector<Order> result;
  auto add = [&](auto key) {
    Order order = byBegin;
    std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return key(i) > key(j); });
    result.push_back(std::move(order));
  };
  add([&](int i) {
    return std::tuple(items[i].duration, items[i].size - items[i].bytes, items[i].size);
  });
  add([&](int i) { return std::tuple(area(i), items[i].size); });
  add([&](int i) { return std::tuple(items[i].size, items[i].duration); });
  add([&](int i) { return std::tuple(sections(i), items[i].size); });
  add([&](int i) { return std::tuple(cover(i), items[i].size); });
  result.push_back(byBegin);
  return result;
}

} // namespace fanfold::packer

//===- LevelSearch.cpp - exact packing on a coarse grid of levels ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/LevelSearch.h"

#include <algorithm>
#include <numeric>

namespace fanfold::packer {

static int64_t grainOf(const Component &component) {
  int64_t grain = 0;
  for (const Item &item : component.items)
    grain = std::gcd(grain, item.size);
  return grain;
}

/// By section: the sum of its items' sizes.
static std::vector<int64_t> liveSums(const Component &component) {
  std::vector<int64_t> sums(component.sections + 1, 0);
  for (const Item &item : component.items) {
    sums[item.first] += item.size;
    sums[item.last] -= item.size;
  }
  std::partial_sum(sums.begin(), sums.end(), sums.begin());
  sums.pop_back();
  return sums;
}

bool LevelSearch::suits(const Component &component, int64_t capacity) {
  constexpr int64_t mostLevels = 256, mostVariables = 1'000'000, mostCells = 4'000'000;
  if (!component.uniform)
    return false;
  int64_t levels = capacity / grainOf(component), cells = 0;
  if (levels > mostLevels || levels * int64_t(component.items.size()) * 2 > mostVariables)
    return false;
  for (const Item &item : component.items)
    cells += levels * (item.last - item.first);
  std::vector<int64_t> sums = liveSums(component);
  return cells <= mostCells &&
         std::all_of(sums.begin(), sums.end(), [&](int64_t sum) { return sum >= capacity; });
}

LevelSearch::LevelSearch(const Component &component, int64_t capacity)
    : items(component.items.size()), grain(grainOf(component)) {
  const std::vector<Item> &given = component.items;
  int count = int(items.size()), levels = 0;
  for (int i = 0; i < count; ++i) {
    items[i].size = int(given[i].size / grain);
    items[i].last = int((capacity - given[i].bytes) / grain);
    levels = std::max(levels, items[i].levels());
    leastNeed = std::min(leastNeed, given[i].bytes + (items[i].last + 1) * grain);
  }
  std::vector<std::vector<int>> ending(component.sections + 1), beginning(component.sections + 1),
      alive(component.sections);
  for (int i = 0; i < count; ++i) {
    ending[given[i].last].push_back(i);
    beginning[given[i].first].push_back(i);
    for (int s = given[i].first; s < given[i].last; ++s)
      alive[s].push_back(i);
    // Items are ascending by first section.
    for (int j = i + 1; j < count && given[j].first < given[i].last; ++j) {
      items[i].neighbours.push_back(j);
      items[j].neighbours.push_back(i);
      bool isEqual = given[i].first == given[j].first && given[i].last == given[j].last &&
                     given[i].size == given[j].size && given[i].bytes == given[j].bytes;
      if (isEqual && items[i].higher < 0) {
        items[i].higher = j;
        items[j].lower = i;
      }
    }
  }

  auto number = [&](int LevelItem::*first, int i, int variables) {
    items[i].*first = int(itemOf.size());
    itemOf.insert(itemOf.end(), size_t(variables), i);
  };
  for (int i = 0; i < count; ++i)
    number(&LevelItem::atLeast, i, items[i].last + 2);
  size_t atLeasts = itemOf.size();
  for (int i = 0; i < count; ++i)
    number(&LevelItem::covers, i, items[i].levels());
  addVariables(int(atLeasts), false);
  addVariables(int(itemOf.size() - atLeasts), true);
  for (int i = 0; i < count; ++i) {
    addClause({atLeast(i, 0)});
    addClause({negate(atLeast(i, items[i].last + 1))});
  }

  std::vector<int64_t> sums = liveSums(component);
  auto isFull = [&](int s) { return sums[s] == levels * grain; };
  for (int s = 0; s < component.sections; ++s) {
    if (!isFull(s))
      continue;
    for (int v = 0; v < levels; ++v)
      addCover(alive[s], v);
    if (s == 0 || !isFull(s - 1))
      continue;
    for (bool ends : {true, false})
      for (int i : ends ? ending[s] : beginning[s])
        for (int v = 0; v < items[i].levels(); ++v)
          addCover(ends ? beginning[s] : ending[s], v, negate(covers(i, v)));
  }
}

/// One of `candidates` covers `v`, or `unless` holds.
void LevelSearch::addCover(const std::vector<int> &candidates, int v, Literal unless) {
  std::vector<Literal> clause;
  if (unless >= 0)
    clause.push_back(unless);
  for (int i : candidates)
    if (v < items[i].levels())
      clause.push_back(covers(i, v));
  addClause(clause);
}

/// Any `v` will do: the lowest level is always reached, that above the last never.
Literal LevelSearch::atLeast(int i, int v) const {
  return 2 * (items[i].atLeast + std::clamp(v, 0, items[i].last + 1));
}

bool LevelSearch::imply(Literal l) {
  int variable = l / 2, i = itemOf[variable];
  bool isTrue = l % 2 == 0;
  if (int v = variable - items[i].covers; v >= 0)
    return isTrue ? implyCovered(i, v) : implyUncovered(i, v);
  int v = variable - items[i].atLeast;
  return isTrue ? implyAtLeast(i, v) : implyBelow(i, v);
}

bool LevelSearch::implyAtLeast(int i, int v) {
  const LevelItem &item = items[i];
  if (v == 0)
    return true;
  Literal l = atLeast(i, v), uncovered = negate(covers(i, v - 1)),
          above = atLeast(i, v + item.size);
  Literal covered = covers(i, v + item.size - 1);
  if (!enqueue(atLeast(i, v - 1), because(l)) || !enqueue(uncovered, because(l)))
    return false;
  if (isFalse(covered) && !enqueue(above, because(l, negate(covered))))
    return false;
  if (isFalse(above) && !enqueue(covered, because(l, negate(above))))
    return false;
  return item.higher < 0 || enqueue(atLeast(item.higher, v + item.size), because(l));
}

bool LevelSearch::implyBelow(int i, int v) {
  const LevelItem &item = items[i];
  Literal l = negate(atLeast(i, v)), covered = covers(i, v - 1), above = atLeast(i, v - item.size);
  if (v <= item.last && (!enqueue(negate(atLeast(i, v + 1)), because(l)) ||
                         !enqueue(negate(covers(i, v + item.size - 1)), because(l))))
    return false;
  if (isFalse(covered) && !enqueue(negate(above), because(l, negate(covered))))
    return false;
  if (isTrue(above) && !enqueue(covered, because(l, above)))
    return false;
  return item.lower < 0 || enqueue(negate(atLeast(item.lower, v - item.size)), because(l));
}

bool LevelSearch::implyCovered(int i, int v) {
  Literal l = covers(i, v);
  if (!enqueue(atLeast(i, v - items[i].size + 1), because(l)) ||
      !enqueue(negate(atLeast(i, v + 1)), because(l)))
    return false;
  const std::vector<int> &others = items[i].neighbours;
  return std::all_of(others.begin(), others.end(), [&](int j) {
    return v >= items[j].levels() || enqueue(negate(covers(j, v)), because(l));
  });
}

bool LevelSearch::implyUncovered(int i, int v) {
  const LevelItem &item = items[i];
  Literal l = negate(covers(i, v)), low = atLeast(i, v - item.size + 1), high = atLeast(i, v + 1);
  if (isTrue(low) && !enqueue(high, because(l, low)))
    return false;
  if (isFalse(high) && !enqueue(negate(low), because(l, negate(high))))
    return false;
  for (int step : {-1, 1}) {
    int end = std::clamp(v + step * (item.size + 1), -1, item.levels());
    int w = v + step;
    while (w != end && !isFalse(covers(i, w)))
      w += step;
    if (w == end)
      continue;
    Literal other = negate(covers(i, w));
    for (int u = v + step; u != w; u += step)
      if (!enqueue(negate(covers(i, u)), because(l, other)))
        return false;
  }
  return true;
}

/// When the clause's literals are false, its items stand within certain spans. Those
/// literals stay that mark the ends.
void LevelSearch::shorten(std::vector<Literal> &clause) {
  if (span.empty())
    for (const LevelItem &item : items)
      span.emplace_back(0, item.last);
  for (Literal l : clause) {
    int variable = l / 2, i = itemOf[variable];
    auto &[lowest, highest] = span[i];
    bool wasTrue = l % 2 == 1;
    if (int v = variable - items[i].covers; v < 0) {
      v = variable - items[i].atLeast;
      (wasTrue ? lowest : highest) = wasTrue ? std::max(lowest, v) : std::min(highest, v - 1);
    } else if (wasTrue) {
      lowest = std::max(lowest, v - items[i].size + 1);
      highest = std::min(highest, v);
    }
  }
  auto isSuperfluous = [&](Literal l) {
    int variable = l / 2, i = itemOf[variable];
    auto [lowest, highest] = span[i];
    bool wasTrue = l % 2 == 1;
    if (int v = variable - items[i].covers; v >= 0)
      return !wasTrue && (v < lowest || v >= highest + items[i].size);
    int v = variable - items[i].atLeast;
    return wasTrue ? v < lowest : v > highest + 1;
  };
  clause.erase(std::remove_if(clause.begin() + 1, clause.end(), isSuperfluous), clause.end());
  for (Literal l : clause) // Each item has kept one.
    span[itemOf[l / 2]] = {0, items[itemOf[l / 2]].last};
}

Offsets LevelSearch::offsets() const {
  Offsets offsets;
  for (int i = 0; i < int(items.size()); ++i) {
    int v = 0;
    while (isTrue(atLeast(i, v + 1)))
      ++v;
    offsets.push_back(v * grain);
  }
  return offsets;
}

} // namespace fanfold::packer

//===- SearchState.cpp - exact packing of a component: state and pruning --===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Search.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace fanfold::packer {

bool Search::isAffordable(const Component &component) {
  constexpr size_t mostItems = 4000, mostCells = 10'000'000;
  size_t cells = 0;
  for (const Item &item : component.items)
    cells += item.last - item.first;
  return component.items.size() <= mostItems && cells <= mostCells;
}

Search::Search(const Component &component, int64_t capacity)
    : component(component), items(component.items), capacity(capacity), neighbours(items.size()),
      rank(items.size()), twin(items.size(), -1), ending(component.sections),
      beginning(component.sections), leastOffset(items.size()), offset(items.size(), 0),
      placed(items.size(), 0), floors(component.sections, 0), waiting(component.sections, 0),
      waitingCount(component.sections, 0), alive(component.sections), position(items.size()),
      top(component.sections, -1), isDirty(component.sections, 0), valleyEnd(component.sections),
      count(component.sections + 1) {
  for (int i = 0; i < int(items.size()); ++i) {
    leastOffset[i] = std::max<int64_t>(items[i].fixed, 0);
    if (items[i].first > 0)
      beginning[items[i].first - 1].push_back(i);
    ending[items[i].last - 1].push_back(i);
    grain = std::gcd(grain, items[i].size);
    for (int s = items[i].first; s < items[i].last; ++s) {
      position[i].push_back(int(alive[s].size()));
      alive[s].push_back(i);
      ++waitingCount[s];
      waiting[s] += items[i].size;
    }
    // Items are ascending by first section.
    for (int j = i + 1; j < int(items.size()) && items[j].first < items[i].last; ++j) {
      neighbours[i].push_back(j);
      neighbours[j].push_back(i);
    }
  }
  constexpr int64_t mostGrains = 8192;
  if (!component.uniform || capacity / grain > mostGrains)
    grain = 0;
  Order byRank(items.size());
  std::iota(byRank.begin(), byRank.end(), 0);
  auto kind = [&](int i) {
    return std::tuple(-items[i].size, -items[i].bytes, items[i].first, items[i].last,
                      items[i].alignment, items[i].fixed);
  };
  std::stable_sort(byRank.begin(), byRank.end(), [&](int i, int j) { return kind(i) < kind(j); });
  for (size_t r = 0; r < byRank.size(); ++r) {
    rank[byRank[r]] = int(r);
    if (r > 0 && items[byRank[r]].fixed < 0 && kind(byRank[r]) == kind(byRank[r - 1]))
      twin[byRank[r]] = byRank[r - 1];
  }
}

/// Remembers the old value, so that undo() can put it back.
template <typename T>
void Search::set(T &variable, T value) {
  trail.emplace_back(&variable, variable);
  variable = value;
}

void Search::undo(size_t mark) {
  for (; trail.size() > mark; trail.pop_back())
    *trail.back().first = trail.back().second;
}

/// A dead end that a capacity of `need` might avoid.
bool Search::fail(int64_t need) {
  leastNeed = std::min(leastNeed, need);
  for (int s : dirty)
    isDirty[s] = 0;
  dirty.clear();
  return false;
}

/// Marks sections whose items have changed.
void Search::touch(int first, int last) {
  for (int s = first; s < last; ++s) {
    if (!isDirty[s]) {
      isDirty[s] = 1;
      dirty.push_back(s);
    }
  }
}

/// Prunes before the first placement.
bool Search::start() {
  for (const Item &item : items)
    if (int64_t end = std::max<int64_t>(item.fixed, 0) + item.bytes; end > capacity)
      return fail(end);
  touch(0, component.sections);
  return tightenDirty();
}

/// Places `i` at its least offset and draws the consequences; false if one of
/// them is impossible.
bool Search::place(int i) {
  const Item &item = items[i];
  int64_t end = leastOffset[i] + item.size;
  set(offset[i], leastOffset[i]);
  set<int64_t>(placed[i], 1);
  for (int s = item.first; s < item.last; ++s) {
    set(floors[s], end);
    set(waiting[s], waiting[s] - item.size);
    set<int64_t>(top[s], i);
    set(waitingCount[s], waitingCount[s] - 1);
    int &here = position[i][s - item.first];
    int other = alive[s][waitingCount[s]];
    std::swap(alive[s][here], alive[s][waitingCount[s]]);
    std::swap(here, position[other][s - items[other].first]);
  }
  touch(item.first, item.last);
  for (int j : neighbours[i])
    if (!placed[j] && !raise(j, end))
      return false;
  return tightenDirty();
}

/// Nothing more stands below `to` in `section`; INT64_MAX: nothing can at all.
bool Search::raiseFloor(int section, int64_t to) {
  if (to == INT64_MAX)
    return fail(to);
  set(floors[section], to);
  touch(section, section + 1);
  for (int64_t k = 0; k < waitingCount[section]; ++k)
    if (!raise(alive[section][k], to))
      return false;
  return tightenDirty();
}

/// `i` cannot stand below `to`.
bool Search::raise(int i, int64_t to) {
  const Item &item = items[i];
  if (leastOffset[i] >= to)
    return true;
  if (item.fixed >= 0)
    return fail(INT64_MAX);
  set(leastOffset[i], alignUp(to, item.alignment));
  if (leastOffset[i] + item.bytes > capacity)
    return fail(leastOffset[i] + item.bytes);
  touch(item.first, item.last);
  return true;
}

bool Search::tightenDirty() {
  for (size_t k = 0; k < dirty.size();) { // Both may add to `dirty`.
    int s = dirty[k++];
    isDirty[s] = 0;
    if (!tighten(s) || (s > 0 && !align(s - 1)) || !align(s))
      return false;
  }
  dirty.clear();
  return true;
}

/// Adds the heights that waiting items among `list` can reach when stacked on `floor`.
void Search::addSums(const std::vector<int> &list, int64_t floor,
                     std::vector<uint64_t> &sums) const {
  size_t words = size_t(capacity / grain) / 64 + 1;
  sums.assign(words, 0);
  sums[size_t(floor / grain) / 64] |= uint64_t(1) << (floor / grain % 64);
  for (int i : list) {
    if (placed[i])
      continue;
    size_t by = size_t(items[i].size / grain), whole = by / 64, rest = by % 64;
    for (size_t w = words; w-- > whole;) {
      uint64_t shifted = sums[w - whole] << rest;
      if (rest != 0 && w > whole)
        shifted |= sums[w - whole - 1] >> (64 - rest);
      sums[w] |= shifted;
    }
  }
}

/// Of align(), on level floors: if one item ends and several begin, or the other
/// way round, these take its place.
bool Search::pair(int s) {
  for (bool ends : {true, false}) {
    int one = -1, ones = 0;
    for (int i : ends ? ending[s] : beginning[s]) {
      if (!placed[i]) {
        one = i;
        ++ones;
      }
    }
    if (ones != 1)
      continue;
    int64_t least = INT64_MAX;
    for (int i : ends ? beginning[s] : ending[s]) {
      if (placed[i])
        continue;
      if (!raise(i, leastOffset[one]))
        return false;
      least = std::min(least, leastOffset[i]);
    }
    return raise(one, least);
  }
  return true;
}

/// Where two neighbouring sections have no slack, the lowest of the waiting items
/// that cross from one to the other stands, on either side, on a stack of items
/// that end or begin there: raises all that cross to where such stacks can meet.
bool Search::align(int s) {
  if (grain == 0 || s + 1 >= component.sections || floors[s] + waiting[s] != capacity ||
      floors[s + 1] + waiting[s + 1] != capacity)
    return true;
  int64_t crossing = waitingCount[s];
  for (int i : ending[s])
    crossing -= !placed[i];
  if (crossing == 0)
    return true;
  if (floors[s] == floors[s + 1])
    return pair(s); // The stacks can be empty.
  addSums(ending[s], floors[s], sumsBefore);
  addSums(beginning[s], floors[s + 1], sumsBehind);
  int64_t height = -1;
  for (size_t w = 0; w < sumsBefore.size() && height < 0; ++w)
    if (uint64_t both = sumsBefore[w] & sumsBehind[w])
      height = (int64_t(w) * 64 + __builtin_ctzll(both)) * grain;
  if (height < 0)
    return fail(capacity + 1);
  const std::vector<int> &here = alive[s];
  for (int64_t k = 0; k < waitingCount[s]; ++k)
    if (items[here[k]].last > s + 1 && !raise(here[k], height))
      return false;
  return true;
}

/// Raises the floor of a section to where its lowest waiting item can stand, and
/// checks that all of them fit above it: jobs with release times on one machine
/// end soonest in the order of release.
bool Search::tighten(int section) {
  const std::vector<int> &here = alive[section];
  auto last = here.begin() + waitingCount[section];
  if (here.begin() == last)
    return true;
  int64_t first = INT64_MAX, latest = 0;
  for (auto it = here.begin(); it != last; ++it) {
    first = std::min(first, leastOffset[*it]);
    latest = std::max(latest, leastOffset[*it]);
  }
  if (first > floors[section])
    set(floors[section], first);
  int64_t end = first + waiting[section];
  if (latest > first) {
    jobs.clear();
    int64_t free = first; // End of the jobs that can begin at once.
    for (auto it = here.begin(); it != last; ++it) {
      if (leastOffset[*it] == first)
        free += items[*it].size;
      else
        jobs.emplace_back(leastOffset[*it], items[*it].size);
    }
    if (latest > free) { // Otherwise there is always a job to do.
      std::sort(jobs.begin(), jobs.end());
      end = free;
      for (auto [release, size] : jobs)
        end = std::max(end, release) + size;
    }
  }
  int64_t need = end - component.slop[section];
  return need <= capacity || fail(need);
}

} // namespace fanfold::packer

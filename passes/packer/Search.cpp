//===- Search.cpp - exact packing of a component: what to branch on -------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Search.h"

#include <algorithm>
#include <cassert>
#include <climits>
#include <iterator>

namespace fanfold::packer {

Search::Verdict Search::round(const Order &order, bool flushFirst, uint64_t nodeLimit,
                              Deadline deadline) {
  urgency.resize(items.size());
  for (size_t place = 0; place < order.size(); ++place)
    urgency[order[place]] = int(place);
  nodesLeft = nodeLimit;
  this->flushFirst = flushFirst;
  this->deadline = deadline;
  stopped = false;
  undo(0);
  Part all(items.size());
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = int(i);
  if (start() && solve(all))
    return Verdict::found;
  return stopped ? Verdict::unknown : Verdict::none;
}

/// Splits waiting items into parts that do not overlap in time and solves each.
/// On failure the caller puts the state back.
bool Search::solve(const Part &part) {
  std::vector<Part> parts;
  int end = INT_MIN;
  for (int i : part) {
    if (items[i].first >= end)
      parts.emplace_back();
    parts.back().push_back(i);
    end = std::max(end, items[i].last);
  }
  // Small parts fail soonest.
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part &a, const Part &b) { return a.size() < b.size(); });
  return std::all_of(parts.begin(), parts.end(), [&](const Part &p) { return solveConnected(p); });
}

bool Search::solveConnected(const Part &part) {
  if (part.size() == 1)
    return place(part.front());
  int first = items[part.front()].first, last = 0;
  for (int i : part)
    last = std::max(last, items[i].last);

  // Each turn of the loop tries the items that can stand on one section's floor,
  // and raises that floor if none of them can.
  size_t mark = trail.size();
  std::vector<FailedParts::Key> keys;
  bool solved = false;
  while (!solved) {
    if (int i = spanningItem(part, first, last); i >= 0) {
      solved = tryPlacing(i, part);
      break;
    }
    keys.push_back(keyOf(part, first, last));
    if (failed.contains(keys.back()))
      break;
    Choice choice = choose(part);
    if (std::any_of(choice.candidates.begin(), choice.candidates.end(),
                    [&](int i) { return fitsBeneath(i); })) {
      solved = branchOnLowest(part);
      break;
    }
    solved = std::any_of(choice.candidates.begin(), choice.candidates.end(), [&](int i) {
      return !hasWaitingTwin(i) && !isOutOfOrder(i) && tryPlacing(i, part);
    });
    if (!solved && (!spend() || !raiseFloor(choice.section, nextFloor(choice))))
      break;
  }
  if (!solved) {
    undo(mark);
    if (!stopped)
      for (const FailedParts::Key &key : keys)
        failed.insert(key);
  }
  return solved;
}

/// Counts one step; false if it is one too many.
bool Search::spend() {
  stopped = stopped || nodesLeft == 0 ||
            (tried % 64 == 0 && std::chrono::steady_clock::now() >= deadline);
  if (stopped)
    return false;
  ++tried;
  --nodesLeft;
  return true;
}

/// Solves `part` with `i` at its least offset, or leaves the state as it was.
bool Search::tryPlacing(int i, const Part &part) {
  if (!spend())
    return false;
  size_t mark = trail.size();
  if (place(i)) {
    Part rest;
    rest.reserve(part.size() - 1);
    std::copy_if(part.begin(), part.end(), std::back_inserter(rest), [&](int j) { return j != i; });
    if (solve(rest))
      return true;
  }
  undo(mark);
  return false;
}

/// Tries every item as the lowest of the part. It stands at its least offset
/// then, which is below the end of every other, and nothing comes beneath it.
bool Search::branchOnLowest(const Part &part) {
  int64_t leastEnd = INT64_MAX;
  for (int i : part)
    leastEnd = std::min(leastEnd, leastOffset[i] + items[i].size);
  std::vector<int> candidates;
  for (int i : part)
    if (leastOffset[i] < leastEnd && !hasWaitingTwin(i))
      candidates.push_back(i);
  std::sort(candidates.begin(), candidates.end(), [&](int i, int j) {
    return std::pair(leastOffset[i], urgency[i]) < std::pair(leastOffset[j], urgency[j]);
  });
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](int i) { return tryPlacing(i, part); });
}

/// The item of least rank that spans the sections [first, last) of a part, if
/// all floors there are level: such an item may stand at the bottom, for whatever
/// is beneath it elsewhere can go on top of it.
int Search::spanningItem(const Part &part, int first, int last) const {
  if (!component.uniform)
    return -1;
  for (int s = first + 1; s < last; ++s)
    if (floors[s] != floors[first])
      return -1;
  int best = -1;
  for (int i : part)
    if (items[i].first == first && items[i].last == last && (best < 0 || rank[i] < rank[best]))
      best = i;
  return best;
}

/// Picks the section with the fewest alternatives, the lowest of several.
Search::Choice Search::choose(const Part &part) {
  int first = items[part.front()].first, last = 0;
  for (int i : part)
    last = std::max(last, items[i].last);

  // By section: the end of the valley that begins or goes on here, or -1.
  for (int s = first; s < last;) {
    int end = s + 1;
    while (end < last && floors[end] == floors[s])
      ++end;
    bool isValley =
        (s == first || floors[s - 1] > floors[s]) && (end == last || floors[end] > floors[s]);
    std::fill(valleyEnd.begin() + s, valleyEnd.begin() + end, isValley ? end : -1);
    s = end;
  }
  auto standsOnFloor = [&](int i) {
    const Item &item = items[i];
    return item.last <= valleyEnd[item.first] &&
           (item.fixed < 0 || item.fixed == floors[item.first]);
  };

  std::fill(count.begin() + first, count.begin() + last + 1, 0);
  for (int i : part) {
    if (standsOnFloor(i)) {
      ++count[items[i].first];
      --count[items[i].last];
    }
  }
  Choice choice;
  auto best = std::pair(INT_MAX, INT64_MAX);
  for (int s = first, candidates = 0; s < last; ++s) {
    candidates += count[s];
    if (valleyEnd[s] < 0)
      continue;
    bool hasSlack = floors[s] + waiting[s] - component.slop[s] < capacity;
    auto value = std::pair(candidates + hasSlack, floors[s]);
    if (value < best) {
      best = value;
      choice.section = s;
    }
  }
  assert(choice.section >= 0 && "the lowest floor is always in a valley");
  choice.floor = floors[choice.section];
  const std::vector<int> &here = alive[choice.section];
  std::copy_if(here.begin(), here.begin() + waitingCount[choice.section],
               std::back_inserter(choice.candidates), standsOnFloor);
  sortCandidates(choice, first);
  return choice;
}

/// The most urgent candidates first; if asked for, those before that end level
/// with a wall of their valley, or at least touch one, for the skyline is smoother
/// then.
void Search::sortCandidates(Choice &choice, int firstOfPart) const {
  int begin = choice.section, end = valleyEnd[choice.section];
  while (begin > firstOfPart && valleyEnd[begin - 1] == end)
    --begin;
  auto levelness = [&](int i) {
    if (!flushFirst)
      return 0;
    int64_t itemTop = choice.floor + items[i].size;
    int value = 0;
    if (items[i].first == begin)
      value += begin > 0 && floors[begin - 1] == itemTop ? 3 : 1;
    if (items[i].last == end)
      value += end < component.sections && floors[end] == itemTop ? 3 : 1;
    return value;
  };
  std::sort(choice.candidates.begin(), choice.candidates.end(), [&](int i, int j) {
    return std::pair(-levelness(i), urgency[i]) < std::pair(-levelness(j), urgency[j]);
  });
}

// Of the placements that differ only by exchanging two equal items, or two
// neighbours of the same life in a stack, one is enough: the one that is least
// when its offsets are read in the order of ranks. It is canonical.

/// Whether an equal item of lower rank still waits.
bool Search::hasWaitingTwin(int i) const { return twin[i] >= 0 && !placed[twin[i]]; }

/// Whether `i` would stand on an item of the same life and of higher rank.
bool Search::isOutOfOrder(int i) const {
  if (!component.uniform)
    return false;
  int64_t below = top[items[i].first];
  return below >= 0 && items[below].first == items[i].first && items[below].last == items[i].last &&
         offset[below] + items[below].size == leastOffset[i] && rank[i] < rank[below];
}

/// Whether alignment leaves a gap beneath `i` into which another item fits.
bool Search::fitsBeneath(int i) const {
  if (component.uniform)
    return false;
  return std::any_of(neighbours[i].begin(), neighbours[i].end(), [&](int j) {
    return !placed[j] && leastOffset[j] + items[j].size <= leastOffset[i];
  });
}

/// The lowest place above the floor where an item of the section can come to
/// stand: where it is held up already, or on top of an item still waiting, which
/// is higher than its least offset because fitsBeneath() is false.
int64_t Search::nextFloor(const Choice &choice) const {
  int64_t next = INT64_MAX;
  for (int64_t k = 0; k < waitingCount[choice.section]; ++k) {
    int i = alive[choice.section][k];
    bool isCandidate =
        std::find(choice.candidates.begin(), choice.candidates.end(), i) != choice.candidates.end();
    if (!isCandidate)
      next = std::min(next, leastOffset[i]);
    else if (items[i].fixed < 0)
      for (int j : neighbours[i])
        if (!placed[j])
          next = std::min(next, alignUp(leastOffset[j] + items[j].size, items[i].alignment));
  }
  return next;
}

/// What decides whether a part can be solved: its items, its floors, how high its
/// items have to be for what align() found (maybe with the help of items that are
/// placed now, or in other parts), and which items isOutOfOrder() keeps from standing where they
/// could.
FailedParts::Key Search::keyOf(const Part &part, int first, int last) const {
  FailedParts::Key key;
  for (int i : part) {
    key.add(uint64_t(i) * 2 + isOutOfOrder(i));
    key.add(uint64_t(leastOffset[i]));
  }
  for (int s = first; s < last; ++s)
    key.add(uint64_t(floors[s]));
  return key;
}

} // namespace fanfold::packer

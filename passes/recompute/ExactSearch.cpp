//===- ExactSearch.cpp - the cheapest plan of a small step ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/ExactSearch.h"

#include <algorithm>
#include <numeric>
#include <queue>
#include <unordered_map>

namespace fanfold::recompute {

namespace {

using State = uint64_t; ///< The parts that are there, below the launch that comes next.
constexpr int mostParts = 15, mostLaunches = 48;

/// One way to leave a state: run a launch, and then be without some operands.
struct Move {
  int launch = -1; ///< -1: only give up.
  State gone = 0;  ///< Parts that are no longer there, given up before or with the run.
};

class ExactSearch {
public:
  ExactSearch(const Step &step, const StepIndex &index, int64_t budget);

  std::optional<Plan> run();
  /// After run() has found nothing: the least peak of the moves that did not fit.
  int64_t leastPeakRefused() const { return refused; }

private:
  State partsMask() const { return (State(1) << parts) - 1; }
  int nextOf(State state) const { return int(state >> parts); }
  void leave(State state, double seconds);
  void tryRunning(State state, int launch, bool again, double seconds);
  void reach(State from, State to, Move move, double seconds);
  Plan trace(State state) const;

  struct Best {
    double seconds;
    State from;
    Move move;
    bool settled;
  };

  const Step &step;
  const StepIndex &index;
  int64_t budget, refused = INT64_MAX;
  int parts = 0;
  int64_t pinned = 0;
  std::vector<State> valueMask; ///< By value: its parts; 0 if pinned.
  std::vector<State> needMask;  ///< By launch: parts that it reads.
  std::vector<State> makeMask;  ///< By launch: parts that it makes.
  std::unordered_map<State, Best> best;
  std::priority_queue<std::pair<double, State>, std::vector<std::pair<double, State>>,
                      std::greater<>>
      open;
};

} // namespace

static int countParts(const Step &step) {
  // A value without maker has one part, which is there at the start.
  std::vector<int> makers(step.values.size(), 0);
  for (const Launch &launch : step.launches)
    for (int v : launch.makes)
      ++makers[size_t(v)];
  int parts = 0;
  for (size_t v = 0; v < step.values.size(); ++v)
    parts += step.values[v].pinned ? 0 : std::max(1, makers[v]);
  return parts;
}

bool isSmall(const Step &step) {
  return step.launches.size() <= size_t(mostLaunches) && countParts(step) <= mostParts;
}

ExactSearch::ExactSearch(const Step &step, const StepIndex &index, int64_t budget)
    : step(step), index(index), budget(budget), valueMask(step.values.size(), 0),
      needMask(step.launches.size(), 0), makeMask(step.launches.size(), 0) {
  for (size_t v = 0; v < step.values.size(); ++v) {
    if (step.values[v].pinned) {
      pinned += step.values[v].bytes;
      continue;
    }
    int first = parts;
    parts += std::max<int>(1, int(index.makers[v].size()));
    valueMask[v] = ((State(1) << parts) - 1) & ~((State(1) << first) - 1);
    for (size_t k = 0; k < index.makers[v].size(); ++k)
      makeMask[size_t(index.makers[v][k])] |= State(1) << (first + int(k));
    for (int reader : index.readers[v]) {
      int needed =
          std::max<int>(index.makers[v].empty() ? 1 : 0, index.partsNeeded(reader, int(v)));
      needMask[size_t(reader)] |= ((State(1) << (first + needed)) - 1) & valueMask[v];
    }
  }
}

void ExactSearch::reach(State from, State to, Move move, double seconds) {
  auto [it, isNew] = best.try_emplace(to, Best{seconds, from, move, false});
  if (!isNew) {
    if (it->second.seconds <= seconds)
      return;
    it->second = {seconds, from, move, false};
  }
  open.emplace(seconds, to);
}

void ExactSearch::tryRunning(State state, int launch, bool again, double seconds) {
  const Launch &l = step.launches[size_t(launch)];
  State there = state & partsMask();
  if ((there & needMask[size_t(launch)]) != needMask[size_t(launch)])
    return;
  int64_t live = pinned + l.workspace;
  for (size_t v = 0; v < valueMask.size(); ++v)
    if (there & valueMask[v])
      live += step.values[v].bytes;
  State joined = makeMask[size_t(launch)];
  for (int v : l.makes) {
    auto value = size_t(v);
    // A pinned value has its memory already; made again it needs another.
    if (valueMask[value] == 0 ? again : (there & valueMask[value]) == 0)
      live += step.values[value].bytes;
    else if (valueMask[value] & there & makeMask[size_t(launch)]) {
      live += step.values[value].bytes; // A copy that nobody reads.
      joined &= ~valueMask[value];
    }
  }
  // Results may take over operands that are not needed afterwards: any subset of
  // the pairs.
  size_t pairs = l.inPlace.size();
  for (size_t subset = 0; subset < size_t(1) << pairs; ++subset) {
    State gone = 0;
    int64_t saved = 0;
    bool possible = true;
    for (size_t k = 0; k < pairs && possible; ++k) {
      if (!(subset >> k & 1))
        continue;
      auto [made, read] = l.inPlace[k];
      possible = !(there & valueMask[size_t(made)] & ~makeMask[size_t(launch)]);
      gone |= valueMask[size_t(read)];
      saved += step.values[size_t(made)].bytes;
    }
    if (!possible)
      continue;
    if (live - saved > budget) {
      refused = std::min(refused, live - saved);
      continue;
    }
    State to = ((there & ~gone) | joined) | State(nextOf(state) + (again ? 0 : 1)) << parts;
    reach(state, to, {launch, gone}, seconds + (again ? l.seconds : 0));
  }
}

void ExactSearch::leave(State state, double seconds) {
  int next = nextOf(state);
  for (State mask : valueMask)
    if (state & mask)
      reach(state, state & ~mask, {-1, mask}, seconds);
  tryRunning(state, next, false, seconds);
  for (int l = 0; l < next; ++l)
    if (next <= index.deadline[size_t(l)])
      tryRunning(state, l, true, seconds);
}

std::optional<Plan> ExactSearch::run() {
  State start = 0;
  for (size_t v = 0; v < valueMask.size(); ++v)
    if (index.makers[v].empty())
      start |= valueMask[v];
  if (pinned > budget) {
    refused = pinned;
    return std::nullopt;
  }
  reach(start, start, {}, 0);
  while (!open.empty()) {
    auto [seconds, state] = open.top();
    open.pop();
    Best &entry = best.at(state);
    if (entry.settled)
      continue;
    entry.settled = true;
    if (nextOf(state) == int(step.launches.size()))
      return trace(state);
    leave(state, seconds);
  }
  return std::nullopt;
}

Plan ExactSearch::trace(State state) const {
  std::vector<std::pair<State, Move>> moves; // Backwards; with the state before.
  for (const Best *entry = &best.at(state); entry->from != state; entry = &best.at(state)) {
    moves.emplace_back(entry->from, entry->move);
    state = entry->from;
  }
  Plan plan;
  plan.copies.resize(step.values.size());
  std::iota(plan.copies.begin(), plan.copies.end(), 0);
  std::vector<int> current = plan.copies;
  for (auto it = moves.rbegin(); it != moves.rend(); ++it) {
    auto [from, move] = *it;
    if (move.launch < 0)
      continue;
    const Launch &launch = step.launches[size_t(move.launch)];
    bool again = nextOf(from) != move.launch;
    Run run{move.launch, again, {}, {}};
    for (int v : launch.reads)
      run.reads.push_back(current[size_t(v)]);
    for (int v : launch.makes) {
      auto value = size_t(v);
      bool isThere = (from & partsMask() & valueMask[value]) != 0;
      bool isFirst = index.makers[value].front() == move.launch;
      bool isScratch =
          (from & partsMask() & valueMask[value] & makeMask[size_t(move.launch)]) != 0 ||
          (again && valueMask[value] == 0);
      int copy = current[value];
      if (isScratch || (!isThere && !(isFirst && !again) && valueMask[value] != 0)) {
        copy = int(plan.copies.size());
        plan.copies.push_back(v);
        if (!isScratch)
          current[value] = copy;
      }
      run.makes.push_back(copy);
    }
    plan.runs.push_back(std::move(run));
  }
  measure(step, plan);
  return plan;
}

std::optional<Plan> findCheapestPlan(const Step &step, const StepIndex &index, int64_t budget) {
  return ExactSearch(step, index, budget).run();
}

int64_t findSmallestBudget(const Step &step, const StepIndex &index) {
  // Below the answer every search refuses a move that a larger budget allows.
  for (int64_t budget = 0;;) {
    ExactSearch search(step, index, budget);
    if (std::optional<Plan> plan = search.run())
      return plan->peakBytes;
    budget = search.leastPeakRefused();
  }
}

} // namespace fanfold::recompute

//===- Expand.cpp - from a choice of what to drop to a plan -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Expand.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace fanfold::recompute {

Expander::Expander(const Step &step, const StepIndex &index)
    : step(step), index(index), gaps(step.values.size()), droppable(step.values.size(), 0),
      partsOf(step.launches.size()), footprint(step) {
  for (size_t v = 0; v < step.values.size(); ++v) {
    const std::vector<int> &makers = index.makers[v];
    if (makers.empty() || step.values[v].pinned)
      continue;
    // Readers that stand before the last maker cannot be in a gap.
    std::vector<int> uses = {makers.back()};
    std::copy_if(index.readers[v].begin(), index.readers[v].end(), std::back_inserter(uses),
                 [&](int reader) { return reader > makers.back(); });
    gaps[v] = {uses.back(), INT_MAX};
    int longest = 1;
    for (size_t u = 0; u + 1 < uses.size(); ++u) {
      if (uses[u + 1] - uses[u] > longest) {
        longest = uses[u + 1] - uses[u];
        gaps[v] = {uses[u], uses[u + 1]};
      }
    }
    droppable[v] = std::all_of(makers.begin(), makers.end(), [&](int m) {
      return index.deadline[size_t(m)] >= 0 &&
             (gaps[v].end == INT_MAX || index.deadline[size_t(m)] >= gaps[v].end);
    });
  }
  for (size_t l = 0; l < step.launches.size(); ++l)
    for (int v : step.launches[l].reads)
      partsOf[l].push_back(index.partsNeeded(int(l), v));
}

int Expander::newCopy(int value) {
  if (isRecording)
    plan.copies.push_back(value);
  return footprint.addCopy(value);
}

void Expander::emit(int launch, bool again) {
  const Launch &l = step.launches[size_t(launch)];
  Run run{launch, again, {}, {}};
  footprint.beginRun(launch);
  seconds += again ? l.seconds : 0;
  place.push_back(now);
  for (int v : l.reads) {
    footprint.use(current[size_t(v)]);
    if (isRecording)
      run.reads.push_back(current[size_t(v)]);
  }
  for (int v : l.makes) {
    auto value = size_t(v);
    const std::vector<int> &makers = index.makers[value];
    bool isNext = parts[value] < int(makers.size()) && makers[size_t(parts[value])] == launch;
    int copy = current[value];
    if (isNext) { // Its turn, in the step or in a copy being made.
      ++parts[value];
    } else {
      copy = newCopy(v);
      if (makers.size() == 1 && !step.values[value].pinned) {
        // A by-product; it can as well take the place of the copy there is.
        current[value] = copy;
        if (now > expiresAfter[value])
          expiresAfter[value] = INT_MAX;
      } // Otherwise nobody reads it.
    }
    footprint.use(copy);
    if (isRecording)
      run.makes.push_back(copy);
    for (auto [made, read] : l.inPlace)
      if (made == v)
        footprint.mayTakeOver(copy, current[size_t(read)]);
  }
  if (isRecording)
    plan.runs.push_back(std::move(run));
}

/// Makes a run of `launch` see enough parts of `value`.
bool Expander::ensure(int v, int needed) {
  auto value = size_t(v);
  if (now > expiresAfter[value]) {
    expiresAfter[value] = INT_MAX;
    wasNeeded[value] = 1;
    current[value] = newCopy(v);
    parts[value] = 0;
  }
  while (parts[value] < needed) {
    if (!runAgain(index.makers[value][size_t(parts[value])])) {
      if (culprit < 0)
        culprit = v;
      return false;
    }
  }
  return true;
}

bool Expander::runAgain(int launch) {
  if (now > index.deadline[size_t(launch)])
    return false;
  const std::vector<int> &reads = step.launches[size_t(launch)].reads;
  for (size_t k = 0; k < reads.size(); ++k)
    if (!ensure(reads[k], partsOf[size_t(launch)][k]))
      return false;
  emit(launch, true);
  return true;
}

bool Expander::play(const Choice &choice) {
  size_t values = step.values.size();
  footprint.clear();
  seconds = 0;
  place.clear();
  current.resize(values);
  std::iota(current.begin(), current.end(), 0);
  if (isRecording) {
    plan = Plan();
    plan.copies = current;
  }
  parts.assign(values, 0);
  wasNeeded.assign(values, 0);
  expiresAfter.assign(values, INT_MAX);
  for (size_t v = 0; v < values; ++v)
    if (choice[v])
      expiresAfter[v] = gaps[v].begin;
  culprit = -1;
  for (now = 0; now < int(step.launches.size()); ++now) {
    const std::vector<int> &reads = step.launches[size_t(now)].reads;
    for (size_t k = 0; k < reads.size(); ++k)
      if (!ensure(reads[k], partsOf[size_t(now)][k]))
        return false;
    emit(now, false);
  }
  return true;
}

void Expander::settle(Choice &choice) {
  while (!play(choice))
    choice[size_t(culprit)] = 0; // Dropped, but too late to make it again.
  for (size_t v = 0; v < choice.size(); ++v)
    choice[v] = choice[v] && wasNeeded[v];
}

Plan Expander::expand(Choice choice) {
  isRecording = true;
  settle(choice);
  isRecording = false;
  measure(step, plan);
  return std::move(plan);
}

Expander::Trial Expander::tryOut(Choice &choice) {
  settle(choice);
  Trial trial;
  trial.seconds = seconds;
  trial.bytes.assign(step.launches.size(), 0);
  std::vector<int64_t> live = footprint.liveBytes();
  for (size_t r = 0; r < live.size(); ++r) {
    int64_t &most = trial.bytes[size_t(place[r])];
    most = std::max(most, live[r]);
    trial.peak = std::max(trial.peak, live[r]);
  }
  return trial;
}

} // namespace fanfold::recompute

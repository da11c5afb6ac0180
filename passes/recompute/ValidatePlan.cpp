//===- ValidatePlan.cpp - checks of a plan ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace fanfold::recompute {

namespace {

/// Plays a plan run by run, and checks each against what has been made so far.
class Player {
public:
  Player(const Step &step, const Plan &plan)
      : step(step), plan(plan), makersOf(step.values.size()) {
    for (size_t l = 0; l < step.launches.size(); ++l)
      for (int v : step.launches[l].makes)
        makersOf[size_t(v)].push_back(int(l));
  }

  std::string play();

private:
  std::string checkOrder(size_t r);
  std::string checkReads(size_t r);
  std::string checkMakes(size_t r);

  const Step &step;
  const Plan &plan;
  std::vector<std::vector<int>> makersOf; ///< By value: the launches that make it.
  std::vector<std::set<int>> partsOf;     ///< By copy: the launches that have written it.
  std::set<int> lost;                     ///< Values overwritten so far.
  int next = 0;                           ///< The launch that comes next in its place.
};

} // namespace

std::string Player::checkOrder(size_t r) {
  const Run &run = plan.runs[r];
  if (run.launch < 0 || run.launch >= int(step.launches.size()))
    return fmt::format("run {} is of launch {}, expected one below {}", r, run.launch,
                       step.launches.size());
  const Launch &launch = step.launches[size_t(run.launch)];
  if (!run.again && run.launch != next)
    return fmt::format("run {} is of launch {} in its place, expected launch {}", r, run.launch,
                       next);
  if (run.again && run.launch >= next)
    return fmt::format("run {} is of launch {} again, which has not run yet", r, run.launch);
  if (run.again && !launch.rerunnable)
    return fmt::format("run {} is of launch {} again, which cannot run twice", r, run.launch);
  if (run.reads.size() != launch.reads.size() || run.makes.size() != launch.makes.size())
    return fmt::format("run {} reads {} and makes {} copies, expected {} and {}", r,
                       run.reads.size(), run.makes.size(), launch.reads.size(),
                       launch.makes.size());
  for (const std::vector<int> *list : {&run.reads, &run.makes})
    for (int copy : *list)
      if (copy < 0 || copy >= int(plan.copies.size()))
        return fmt::format("run {} uses copy {}, expected one below {}", r, copy,
                           plan.copies.size());
  return {};
}

std::string Player::checkReads(size_t r) {
  const Run &run = plan.runs[r];
  for (size_t k = 0; k < run.reads.size(); ++k) {
    int value = step.launches[size_t(run.launch)].reads[k], copy = run.reads[k];
    if (plan.copies[size_t(copy)] != value)
      return fmt::format("run {} reads copy {} of value {}, expected one of value {}", r, copy,
                         plan.copies[size_t(copy)], value);
    if (lost.count(value))
      return fmt::format("run {} reads value {}, which is overwritten", r, value);
    for (int l : makersOf[size_t(value)])
      if (l < run.launch && !partsOf[size_t(copy)].count(l))
        return fmt::format("run {} reads copy {} of value {}, which lacks what launch {} makes", r,
                           copy, value, l);
    if (makersOf[size_t(value)].empty() && copy != value)
      return fmt::format("run {} reads copy {} of value {}, which nobody makes", r, copy, value);
  }
  return {};
}

std::string Player::checkMakes(size_t r) {
  const Run &run = plan.runs[r];
  for (size_t k = 0; k < run.makes.size(); ++k) {
    int value = step.launches[size_t(run.launch)].makes[k], copy = run.makes[k];
    if (plan.copies[size_t(copy)] != value)
      return fmt::format("run {} makes copy {} of value {}, expected one of value {}", r, copy,
                         plan.copies[size_t(copy)], value);
    if (!partsOf[size_t(copy)].insert(run.launch).second)
      return fmt::format("run {} makes copy {} a second time", r, copy);
    if (step.values[size_t(value)].pinned && run.again && copy == value)
      return fmt::format("run {} makes the pinned value {} again", r, value);
  }
  return {};
}

std::string Player::play() {
  if (plan.copies.size() < step.values.size())
    return fmt::format("plan has {} copies, expected {} or more", plan.copies.size(),
                       step.values.size());
  for (size_t c = 0; c < plan.copies.size(); ++c)
    if (plan.copies[c] < 0 || plan.copies[c] >= int(step.values.size()) ||
        (c < step.values.size() && plan.copies[c] != int(c)))
      return fmt::format("copy {} is of value {}", c, plan.copies[c]);
  partsOf.resize(plan.copies.size());
  for (size_t r = 0; r < plan.runs.size(); ++r) {
    if (std::string wrong = checkOrder(r); !wrong.empty())
      return wrong;
    if (std::string wrong = checkReads(r); !wrong.empty())
      return wrong;
    if (std::string wrong = checkMakes(r); !wrong.empty())
      return wrong;
    if (!plan.runs[r].again)
      ++next;
    const std::vector<int> &overwrites = step.launches[size_t(plan.runs[r].launch)].overwrites;
    lost.insert(overwrites.begin(), overwrites.end());
  }
  if (next != int(step.launches.size()))
    return fmt::format("plan ends before launch {}", next);
  return {};
}

std::string validate(const Step &step, const Plan &plan) {
  if (std::string wrong = Player(step, plan).play(); !wrong.empty())
    return wrong;

  // Backwards, counting what is needed by the runs still to come.
  std::vector<char> isMade(step.values.size(), 0);
  int64_t pinned = 0, peak = 0;
  for (const Launch &launch : step.launches)
    for (int v : launch.makes)
      isMade[size_t(v)] = 1;
  for (const Value &value : step.values)
    pinned += value.pinned ? value.bytes : 0;
  auto hasOwnMemory = [&](int copy) {
    return copy >= int(step.values.size()) || !step.values[size_t(copy)].pinned;
  };
  auto bytesOf = [&](int copy) { return step.values[size_t(plan.copies[size_t(copy)])].bytes; };
  std::vector<int> writers(plan.copies.size(), 0); // Runs that write it and come earlier.
  for (const Run &run : plan.runs)
    for (int copy : run.makes)
      ++writers[size_t(copy)];
  std::vector<char> isNeeded(plan.copies.size(), 0); // By copy: behind the run at hand.
  int64_t held = pinned;                             // Bytes of those, and of pinned values.
  auto setNeeded = [&](int copy, bool value) {
    if (hasOwnMemory(copy) && isNeeded[size_t(copy)] != char(value))
      held += value ? bytesOf(copy) : -bytesOf(copy);
    isNeeded[size_t(copy)] = char(value);
  };
  double seconds = 0;
  for (size_t r = plan.runs.size(); r-- > 0;) {
    const Run &run = plan.runs[r];
    const Launch &launch = step.launches[size_t(run.launch)];
    seconds += run.again ? launch.seconds : 0;
    int64_t shared = 0; // By what is made over what is read last.
    for (auto [made, read] : launch.inPlace) {
      int madeCopy = -1, readCopy = -1;
      for (size_t m = 0; m < launch.makes.size(); ++m)
        madeCopy = launch.makes[m] == made ? run.makes[m] : madeCopy;
      for (size_t k = 0; k < launch.reads.size(); ++k)
        readCopy = launch.reads[k] == read ? run.reads[k] : readCopy;
      shared += isNeeded[size_t(readCopy)] ? 0 : bytesOf(madeCopy);
    }
    for (int copy : run.reads)
      setNeeded(copy, true);
    for (int copy : run.makes)
      setNeeded(copy, true);
    peak = std::max(peak, held + launch.workspace - shared);
    for (int copy : run.makes)
      if (--writers[size_t(copy)] == 0)
        setNeeded(copy, false);
  }
  peak = std::max(peak, pinned);
  for (size_t copy = 0; copy < isNeeded.size(); ++copy)
    if (isNeeded[copy] && (copy >= step.values.size() || isMade[copy]))
      return fmt::format("copy {} is read but not made", copy);
  if (peak != plan.peakBytes)
    return fmt::format("plan has a peak of {} bytes, says {}", peak, plan.peakBytes);
  if (seconds < plan.extraSeconds * (1 - 1e-9) || seconds > plan.extraSeconds * (1 + 1e-9) + 1e-15)
    return fmt::format("plan takes {} extra seconds, says {}", seconds, plan.extraSeconds);
  return {};
}

} // namespace fanfold::recompute

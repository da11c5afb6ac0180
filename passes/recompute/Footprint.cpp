//===- Footprint.cpp - live bytes of a list of runs -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Footprint.h"

#include <algorithm>
#include <numeric>

namespace fanfold::recompute {

Footprint::Footprint(const Step &step) : step(step), isMade(step.values.size(), 0) {
  for (const Launch &launch : step.launches)
    for (int v : launch.makes)
      isMade[size_t(v)] = 1;
  clear();
}

void Footprint::clear() {
  size_t values = step.values.size();
  launches.clear();
  takeOvers.clear();
  valueOf.resize(values);
  std::iota(valueOf.begin(), valueOf.end(), 0);
  first.assign(values, -1);
  last.assign(values, -1);
}

int Footprint::addCopy(int value) {
  valueOf.push_back(value);
  first.push_back(-1);
  last.push_back(-1);
  return int(valueOf.size()) - 1;
}

void Footprint::beginRun(int launch) { launches.push_back(launch); }

void Footprint::use(int copy) {
  int run = int(launches.size()) - 1;
  if (first[size_t(copy)] < 0)
    first[size_t(copy)] = run;
  last[size_t(copy)] = run;
}

void Footprint::mayTakeOver(int made, int read) {
  takeOvers.push_back({int(launches.size()) - 1, made, read});
}

std::vector<int64_t> Footprint::liveBytes() const {
  std::vector<int64_t> live(launches.size() + 1, 0);
  for (size_t c = 0; c < valueOf.size(); ++c) {
    const Value &value = step.values[size_t(valueOf[c])];
    bool isFirstCopy = c < step.values.size();
    if (value.pinned && isFirstCopy) {
      live[0] += value.bytes;
    } else if (first[c] >= 0) {
      live[isFirstCopy && !isMade[c] ? 0 : size_t(first[c])] += value.bytes;
      live[size_t(last[c]) + 1] -= value.bytes;
    }
  }
  std::partial_sum(live.begin(), live.end(), live.begin());
  live.pop_back();
  for (size_t r = 0; r < live.size(); ++r)
    live[r] += step.launches[size_t(launches[r])].workspace;

  for (auto [run, made, read] : takeOvers)
    if (first[size_t(made)] == run && last[size_t(read)] == run)
      live[size_t(run)] -= step.values[size_t(valueOf[size_t(made)])].bytes;
  return live;
}

} // namespace fanfold::recompute

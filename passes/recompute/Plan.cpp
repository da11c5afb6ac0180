//===- Plan.cpp - a step with launches that run again -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Plan.h"
#include "passes/recompute/Footprint.h"

#include <algorithm>
#include <numeric>

namespace fanfold::recompute {

std::vector<int64_t> liveBytes(const Step &step, const Plan &plan) {
  Footprint footprint(step);
  for (size_t c = step.values.size(); c < plan.copies.size(); ++c)
    footprint.addCopy(plan.copies[c]);
  for (const Run &run : plan.runs) {
    const Launch &launch = step.launches[size_t(run.launch)];
    footprint.beginRun(run.launch);
    for (int copy : run.reads)
      footprint.use(copy);
    for (int copy : run.makes)
      footprint.use(copy);
    for (auto [made, read] : launch.inPlace) {
      auto m = std::find(launch.makes.begin(), launch.makes.end(), made) - launch.makes.begin();
      auto r = std::find(launch.reads.begin(), launch.reads.end(), read) - launch.reads.begin();
      footprint.mayTakeOver(run.makes[size_t(m)], run.reads[size_t(r)]);
    }
  }
  return footprint.liveBytes();
}

void measure(const Step &step, Plan &plan) {
  plan.extraSeconds = 0;
  for (const Run &run : plan.runs)
    if (run.again)
      plan.extraSeconds += step.launches[size_t(run.launch)].seconds;
  std::vector<int64_t> live = liveBytes(step, plan);
  auto peak = std::max_element(live.begin(), live.end());
  plan.peakRun = peak == live.end() ? -1 : int(peak - live.begin());
  plan.peakBytes = 0;
  if (peak != live.end())
    plan.peakBytes = *peak;
  else
    for (const Value &value : step.values)
      plan.peakBytes += value.pinned ? value.bytes : 0;
}

Plan originalPlan(const Step &step) {
  Plan plan;
  plan.copies.resize(step.values.size());
  std::iota(plan.copies.begin(), plan.copies.end(), 0);
  for (size_t l = 0; l < step.launches.size(); ++l)
    plan.runs.push_back({int(l), false, step.launches[l].reads, step.launches[l].makes});
  measure(step, plan);
  return plan;
}

} // namespace fanfold::recompute

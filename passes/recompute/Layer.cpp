//===- Layer.cpp - a plan as a step to plan again ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Layer.h"

#include <algorithm>

namespace fanfold::recompute {

static Step toStep(const Step &original, const Plan &plan) {
  Step step;
  step.values.reserve(plan.copies.size());
  for (size_t c = 0; c < plan.copies.size(); ++c) {
    step.values.push_back(original.values[size_t(plan.copies[c])]);
    step.values.back().pinned &= c < original.values.size();
  }
  step.launches.reserve(plan.runs.size());
  for (const Run &run : plan.runs) {
    Launch launch = original.launches[size_t(run.launch)];
    for (auto &[made, read] : launch.inPlace) {
      auto m = std::find(launch.makes.begin(), launch.makes.end(), made) - launch.makes.begin();
      auto r = std::find(launch.reads.begin(), launch.reads.end(), read) - launch.reads.begin();
      made = run.makes[size_t(m)];
      read = run.reads[size_t(r)];
    }
    launch.reads = run.reads;
    launch.makes = run.makes;
    step.launches.push_back(std::move(launch));
  }
  return step;
}

Layer::Layer(const Step &original, Plan given, std::vector<double> prices)
    : plan(std::move(given)), step(toStep(original, plan)), index(step), expander(step, index),
      prices(std::move(prices)) {}

Plan Layer::compose(const Step &original, const Choice &choice) {
  Plan result = expander.expand(choice);
  for (int &copy : result.copies)
    copy = plan.copies[size_t(copy)];
  for (Run &run : result.runs) {
    const Run &below = plan.runs[size_t(run.launch)];
    run.launch = below.launch;
    run.again |= below.again;
  }
  measure(original, result);
  return result;
}

} // namespace fanfold::recompute

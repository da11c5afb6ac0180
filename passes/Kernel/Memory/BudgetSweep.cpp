//===- BudgetSweep.cpp - time of a step against its memory ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Memory/BudgetSweep.h"
#include "passes/Kernel/Memory/StepBudget.h"
#include "passes/KernelToPlan/Arena.h"

using namespace mlir;
using namespace fanfold;

/// The points of a curve to pack: the ends, and of what lies between one in each of so many
/// equal stretches of memory. There can be hundreds, and packing takes time.
static SmallVector<size_t> pickPoints(ArrayRef<recompute::Point> curve) {
  constexpr int64_t stretches = 24;
  int64_t most = curve.front().peakBytes, least = curve.back().peakBytes;
  SmallVector<size_t> picked;
  int64_t next = most;
  for (size_t index = 0; index < curve.size(); ++index)
    if (curve[index].peakBytes <= next || index + 1 == curve.size()) {
      picked.push_back(index);
      next = curve[index].peakBytes - std::max<int64_t>(1, (most - least) / stretches);
    }
  return picked;
}

FailureOr<std::vector<SweepPoint>> fanfold::sweepBudgets(ModuleOp module, const Target &target,
                                                         bool inPlace) {
  const int64_t fixed = fixedBytes(module, target.alignment());
  auto seconds = [&](Operation *launch) { return target.seconds(launch); };
  ModelOptions options{target.alignment(), inPlace, seconds, &target};
  std::vector<SweepPoint> points;
  // What the other steps need at least: their memory is the same.
  int64_t others = 0;
  std::unique_ptr<StepBudget> train;
  for (cnn::StepOp step : module.getOps<cnn::StepOp>()) {
    auto plans = std::make_unique<StepBudget>(step, options);
    if (failed(plans->prepare()))
      return failure();
    if (!train) {
      train = std::move(plans);
      continue;
    }
    FailureOr<int64_t> asIs = plans->bytesOf(0), trained = train->bytesOf(0);
    if (failed(asIs) || failed(trained))
      return failure();
    // Of a step that is small beside training, the smallest plan is of no interest.
    FailureOr<size_t> smallest = 0;
    if (*asIs * 8 > *trained)
      smallest = plans->smallest();
    FailureOr<int64_t> bytes = failure();
    if (succeeded(smallest))
      bytes = plans->budgetOf(*smallest);
    if (failed(bytes))
      return failure();
    others = std::max(others, *bytes);
  }
  if (!train || train->curve().empty())
    return points;
  for (size_t index : pickPoints(train->curve())) {
    FailureOr<int64_t> bytes = train->budgetOf(index);
    if (failed(bytes))
      return failure();
    // A plan that packs worse than a faster one is never taken.
    int64_t budget = fixed + std::max(*bytes, others);
    if (points.empty() || budget < points.back().budgetBytes)
      points.push_back({budget, train->baseSeconds() + train->extraSeconds(index)});
  }
  return points;
}

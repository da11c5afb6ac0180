//===- StepBudget.cpp - plans of one step by memory and time --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Memory/StepBudget.h"
#include "passes/InPlace.h"
#include "passes/Kernel/Memory/PlaceSlices.h"
#include "passes/KernelToPlan/Arena.h"

using namespace mlir;
using namespace fanfold;

/// The one step of a module that StepBudget made.
static cnn::StepOp onlyStep(ModuleOp module) { return *module.getOps<cnn::StepOp>().begin(); }

StepBudget::StepBudget(cnn::StepOp step, const ModelOptions &options)
    : step(step), options(options) {}

LogicalResult StepBudget::prepare() {
  // Targets read the module's attributes.
  settled = ModuleOp::create(step.getLoc());
  (*settled)->setAttrs(step->getParentOfType<ModuleOp>()->getAttrs());
  settled->push_back(step.clone());
  if (failed(settleWrites(onlyStep(*settled), options.inPlace)))
    return failure();
  recompute::Step model = modelStep(onlyStep(*settled), options);
  // Files of the kernel level may hold sizes that no model has.
  if (std::string wrong = recompute::check(model); !wrong.empty())
    return step.emitError("cannot plan memory: ") << wrong;
  for (const recompute::Launch &launch : model.launches)
    seconds += launch.seconds;
  // The model has outputs for the whole step, a plan from the launch that makes them.
  for (const recompute::Value &value : model.values)
    slack += value.pinned ? value.bytes : 0;
  solver.emplace(std::move(model));
  return success();
}

ArrayRef<recompute::Point> StepBudget::curve() {
  if (points.empty()) {
    points = solver->curve();
    // The model has copies where the plan has joins and parts; what that makes of the step as
    // it is, it makes of other plans at most, or nearly so.
    if (FailureOr<int64_t> live = bytesOf(0, /*most=*/0); succeeded(live))
      slack += std::max<int64_t>(0, points.front().peakBytes - *live);
  }
  return points;
}

recompute::Plan StepBudget::planOf(size_t index) {
  return solver->planWithin(curve()[index].peakBytes);
}

FailureOr<OwningOpRef<ModuleOp>> StepBudget::build(size_t index) {
  OwningOpRef<ModuleOp> built = settled->clone();
  // Without the curve where it is not needed.
  if (index > 0)
    insertRuns(onlyStep(*built), planOf(index));
  if (failed(placeSlices(onlyStep(*built), options.inPlace, options.target)) ||
      failed(markInPlace(onlyStep(*built), options.inPlace)))
    return failure();
  return built;
}

FailureOr<int64_t> StepBudget::bytesOf(size_t index, int64_t most) {
  // Within the limit it was measured by, a number is exact; beyond it, at least a bound.
  if (auto it = measured.find(index); it != measured.end())
    if (it->second.bytes <= it->second.most || it->second.bytes > most)
      return it->second.bytes;
  FailureOr<OwningOpRef<ModuleOp>> built = build(index);
  if (failed(built))
    return failure();
  FailureOr<int64_t> bytes = stepBytes(onlyStep(**built), options.alignment, most);
  if (succeeded(bytes))
    measured[index] = {*bytes, most};
  return bytes;
}

FailureOr<int64_t> StepBudget::budgetOf(size_t index, int64_t most) {
  FailureOr<int64_t> real = bytesOf(index, most);
  if (failed(real) || index == 0)
    return real;
  return std::max(*real, leastBytes(index));
}

/// Modelled bytes say where to begin. They are close to the real ones and mostly below
/// them, for what packing and marking lose; a plan that is far better than the model says
/// is skipped whatever the budget.
FailureOr<std::optional<size_t>> StepBudget::fastestWithin(int64_t bytes) {
  FailureOr<int64_t> asIs = bytesOf(0, bytes);
  if (failed(asIs))
    return failure();
  if (*asIs <= bytes)
    return std::optional<size_t>(0);
  for (size_t index = 1; index < curve().size(); ++index) {
    if (leastBytes(index) > bytes)
      continue;
    FailureOr<int64_t> real = bytesOf(index, bytes);
    if (failed(real))
      return failure();
    if (*real <= bytes)
      return std::optional<size_t>(index);
  }
  return std::optional<size_t>();
}

FailureOr<size_t> StepBudget::smallest() {
  size_t best = 0;
  FailureOr<int64_t> least = budgetOf(0);
  if (failed(least))
    return failure();
  for (size_t index = curve().size() - 1; index >= 1 && leastBytes(index) < *least; --index) {
    FailureOr<int64_t> bytes = budgetOf(index, *least - 1);
    if (failed(bytes))
      return failure();
    if (*bytes < *least) {
      best = index;
      least = bytes;
    }
  }
  return best;
}

FailureOr<int64_t> StepBudget::apply(size_t index) {
  if (index == 0)
    return 0;
  if (failed(settleWrites(step, options.inPlace)))
    return failure();
  return insertRuns(step, planOf(index));
}

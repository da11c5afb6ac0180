//===- StepModel.h - a step as the recomputation solver sees it -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_MEMORY_STEPMODEL_H
#define FANFOLD_PASSES_KERNEL_MEMORY_STEPMODEL_H

#include "ir/Plan/PlanDialect.h"
#include "passes/Target.h"
#include "passes/recompute/Plan.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace fanfold {

/// How to see a step of the kernel level.
struct ModelOptions {
  int64_t alignment = 64; ///< Sizes are rounded up to a multiple.
  bool inPlace = true;    ///< What place-slices and mark-in-place will be told.
  llvm::function_ref<double(mlir::Operation *)> seconds; ///< Of a launch.
  const Target *target = nullptr;                        ///< What place-slices will ask.
};

/// The launches and values of `step`, which is scheduled and whose writes are settled
/// (InPlace.h): launches in their order; a value is the memory of a result and its views,
/// of an input, of a scalar, or of a variable, which takes no bytes here because it has
/// its own for good.
///
/// A launch whose result becomes a variable, a running average among them, is not run
/// again; nor is, once a variable has its new value, a launch that reads the old one.
/// All others are functions of their operands, dropout's random numbers included. Of those,
/// concatenations that nest are not run again: they lie in the outermost one.
recompute::Step modelStep(cnn::StepOp step, const ModelOptions &options);

/// Adds to `step` the launches that run again in `plan`, a plan for modelStep() of this
/// very step or of a clone of it. A launch that runs again stands before the launch in
/// whose place the plan has it, and its `layer` ends in ".again". Returns their number.
int64_t insertRuns(cnn::StepOp step, const recompute::Plan &plan);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_MEMORY_STEPMODEL_H

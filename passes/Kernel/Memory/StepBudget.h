//===- StepBudget.h - plans of one step by memory and time ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_MEMORY_STEPBUDGET_H
#define FANFOLD_PASSES_KERNEL_MEMORY_STEPBUDGET_H

#include "passes/Kernel/Memory/StepModel.h"
#include "passes/recompute/Recompute.h"

#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <optional>

namespace fanfold {

/// The plans that recomputation has to offer for one step, from the fastest, which is the
/// step as it is, to the smallest. Bytes are those of the step's values in the finished
/// plan: for each plan that is asked for, a copy of the step is changed, marked and packed
/// as place-slices, mark-in-place and plan-memory will do it. Packing takes seconds for
/// thousands of launches, so plans whose live values alone are too large are not packed.
class StepBudget {
public:
  /// `step` is scheduled and stands in a module; it is not changed, and must outlive this.
  StepBudget(cnn::StepOp step, const ModelOptions &options);

  /// Builds the model. Fails with a diagnostic; nothing else may be asked for then.
  llvm::LogicalResult prepare();

  /// Modelled seconds of the step as it is.
  double baseSeconds() const { return seconds; }

  /// Modelled seconds that plan `index` takes longer. 0 is quick, as in bytesOf().
  double extraSeconds(size_t index) { return index == 0 ? 0 : curve()[index].extraSeconds; }

  /// Plans by rising extra time and falling modelled bytes; the first is the step as it is.
  llvm::ArrayRef<recompute::Point> curve();

  /// Bytes of plan `index` of the curve; if they are more than `most`, maybe fewer of them,
  /// but still more than `most`. 0 is quick: it asks for no curve.
  llvm::FailureOr<int64_t> bytesOf(size_t index, int64_t most = INT64_MAX);

  /// The least bytes for which fastestWithin() takes plan `index`, or a faster one: mostly
  /// those that the plan needs. `most` as for bytesOf().
  llvm::FailureOr<int64_t> budgetOf(size_t index, int64_t most = INT64_MAX);

  /// The fastest plan within `bytes`; none if there is none. A larger number never gives a
  /// slower plan.
  llvm::FailureOr<std::optional<size_t>> fastestWithin(int64_t bytes);

  /// The plan of the smallest budget.
  llvm::FailureOr<size_t> smallest();

  /// The step with plan `index`, marked, as bytesOf() measures it. It stands in a module of
  /// its own.
  llvm::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> build(size_t index);

  /// Makes plan `index` of the step. Returns how many launches run again.
  llvm::FailureOr<int64_t> apply(size_t index);

private:
  struct Measured {
    int64_t bytes, most;
  };

  recompute::Plan planOf(size_t index);
  int64_t leastBytes(size_t index) { return curve()[index].peakBytes - slack; }

  cnn::StepOp step;
  ModelOptions options;
  mlir::OwningOpRef<mlir::ModuleOp> settled; ///< The step with its writes settled.
  double seconds = 0;
  int64_t slack = 0; ///< What a plan may need less than the model says.
  std::optional<recompute::Solver> solver;
  std::vector<recompute::Point> points;
  /// By index: what bytesOf() said last, and for which `most`.
  std::map<size_t, Measured> measured;
};

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_MEMORY_STEPBUDGET_H

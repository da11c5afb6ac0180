//===- BudgetSweep.h - time of a step against its memory ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_MEMORY_BUDGETSWEEP_H
#define FANFOLD_PASSES_KERNEL_MEMORY_BUDGETSWEEP_H

#include "passes/Target.h"

#include "mlir/IR/BuiltinOps.h"

#include <vector>

namespace fanfold {

/// What a memory budget costs.
struct SweepPoint {
  int64_t budgetBytes = 0; ///< Of the whole arena; insert-checkpoints finds a plan within it.
  double seconds = 0;      ///< Modelled, of the training step.
};

/// Step time against budget, from the step as it is to the smallest plan: by falling budget
/// and rising time, at most a few dozen points. The plans of all points come from one run of
/// the recomputation solver; each is packed, so that its bytes are those of the arena.
///
/// `module` is at the level kernel, scheduled, and not changed; its first step is the
/// training step. Empty if it has no step. Fails with a diagnostic.
llvm::FailureOr<std::vector<SweepPoint>> sweepBudgets(mlir::ModuleOp module, const Target &target,
                                                      bool inPlace);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_MEMORY_BUDGETSWEEP_H

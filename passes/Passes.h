//===- Passes.h - every pass, and the pipeline ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PASSES_H
#define FANFOLD_PASSES_PASSES_H

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include "ir/Plan/PlanDialect.h"
#include "passes/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace fanfold {

/// A pointwise kernel with more operands than this would run out of registers and
/// pointers.
constexpr size_t maxPointwiseOperands = 16;
/// Compilers of generated programs take their time for longer bodies.
constexpr size_t maxPointwiseStatements = 512;

/// Attribute of a module that fits into no memory budget that insert-checkpoints was given: the
/// bytes of the smallest that would do.
constexpr llvm::StringLiteral smallestBudgetAttribute = "fanfold.smallest_budget";

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

/// merge-fans asks this target whether it pays.
std::unique_ptr<mlir::Pass> createMergeFans(const Target &target);

/// fuse-epilogues asks this target what its products can do.
std::unique_ptr<mlir::Pass> createFuseEpilogues(const Target &target);

/// fuse-statistics asks this target which form it takes.
std::unique_ptr<mlir::Pass> createFuseStatistics(const Target &target);

/// fuse-prologues asks this target which form it takes.
std::unique_ptr<mlir::Pass> createFusePrologues(const Target &target);

/// fuse-conv-pointwise asks this target which form it takes.
std::unique_ptr<mlir::Pass> createFuseConvPointwise(const Target &target);

/// fold-images asks this target what it likes.
std::unique_ptr<mlir::Pass> createFoldImages(const Target &target);
std::unique_ptr<mlir::Pass> createFoldNorms(const Target &target);

/// insert-checkpoints asks this target what launches cost.
std::unique_ptr<mlir::Pass> createInsertCheckpoints(const Target &target,
                                                    const InsertCheckpointsOptions &options);

/// select-algorithms asks this target; the target must outlive the pass.
std::unique_ptr<mlir::Pass> createSelectAlgorithms(const Target &target);

/// place-slices asks this target which launches take parts.
std::unique_ptr<mlir::Pass> createPlaceSlices(const Target &target,
                                              const PlaceSlicesOptions &options);

/// plan-memory aligns to what this target wants and writes its name into the plan.
std::unique_ptr<mlir::Pass> createPlanMemory(const Target &target, bool sharing);

#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

} // namespace fanfold

#endif // FANFOLD_PASSES_PASSES_H

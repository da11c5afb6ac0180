//===- Arena.h - one arena for all steps of a program ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNELTOPLAN_ARENA_H
#define FANFOLD_PASSES_KERNELTOPLAN_ARENA_H

#include "passes/StepLiveness.h"

#include <memory>

namespace fanfold {

/// Where the values of one step live.
struct ArenaStep {
  std::unique_ptr<StepLiveness> liveness;
  llvm::SmallVector<int64_t> offsets;    ///< Of each storage; -1 for variables.
  llvm::SmallVector<int64_t> workspaces; ///< Of each launch; -1 without workspace.
};

/// Where the data source leaves the batches of an input.
struct StagingSlots {
  cnn::InputOp input; ///< In one of the steps; all steps read the same.
  llvm::SmallVector<int64_t> offsets;
};

/// Offsets and sizes in bytes from the start of the arena:
///
///   0          variables          staging         values of a step          bytes
///   +-----------------------------+---------------+--------------------------+
///
/// The values of different steps share the last part.
struct Arena {
  int64_t batch = 0;
  int64_t bytes = 0;
  int64_t lowerBound = 0; ///< Fixed part and the largest live sum of any launch.
  int64_t peakLaunch = 0; ///< Launch of the first step that reaches the largest live sum.
  llvm::StringMap<int64_t> variables;
  llvm::SmallVector<StagingSlots> staging;
  llvm::SmallVector<ArenaStep> steps; ///< In the order of the module.
};

/// Bytes of variables and staging slots, at the bottom of the arena.
int64_t fixedBytes(mlir::ModuleOp module, int64_t alignment);

/// Bytes that planArena() gives the values of one step with sharing; the step is scheduled
/// and marked. If more than `most` are live at some launch, only says how many: packing,
/// which takes most of the time, could not make them fewer. Fails with a diagnostic if the
/// sizes are absurd.
llvm::FailureOr<int64_t> stepBytes(cnn::StepOp step, int64_t alignment, int64_t most);

/// Plans the arena of `module`, whose steps are scheduled and marked. Without `sharing`,
/// no two storages share bytes. Fails with a diagnostic if the sizes are absurd.
llvm::FailureOr<Arena> planArena(mlir::ModuleOp module, int64_t alignment, bool sharing);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNELTOPLAN_ARENA_H

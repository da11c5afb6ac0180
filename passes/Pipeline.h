//===- Pipeline.h - from a model to a plan --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PIPELINE_H
#define FANFOLD_PASSES_PIPELINE_H

#include "passes/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

namespace fanfold {

/// How far a module has come.
enum class Level { cnn, kernel, plan };

/// What decides between pipelines.
struct PipelineOptions {
  int64_t batch = 0; ///< 0: as the recipe says.
  bool keepGradients = false;
  bool fusion = true;
  bool mergeFans = true; ///< Part of fusion: convolutions of one input as one.
  bool schedule = true;  ///< False: in the order that the model was written in.
  bool inPlace = true;
  bool sharing = true;
  int64_t bucketBytes = int64_t{25} << 20; ///< Gradients that ranks exchange at once.
  int64_t memoryBudget = 0;                ///< Bytes of the arena; 0: any.
};

/// The level of a module, by the ops in it.
Level levelOf(mlir::ModuleOp module);

/// Adds the passes that take a module from `from` to `to`. `target` must outlive the
/// pass manager.
void buildPipeline(mlir::OpPassManager &manager, Level from, Level to, const Target &target,
                   const PipelineOptions &options);

/// Whether convolutions of one input have become one in a module at the kernel level.
bool hasMergedFans(mlir::ModuleOp module);

/// Registers all passes with mlir-opt.
void registerPasses();

} // namespace fanfold

#endif // FANFOLD_PASSES_PIPELINE_H

//===- Session.h - one model on its way through the compiler --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TOOLS_FANFOLD_SESSION_H
#define FANFOLD_TOOLS_FANFOLD_SESSION_H

#include "codegen/ProgramTarget.h"
#include "tools/fanfold/Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

namespace fanfold {

/// A model file, read and lowered. Diagnostics about the model go to the error output
/// with the line they are about; the Status then only says that there were some.
class Session {
public:
  explicit Session(const CompileOptions &options);

  /// Reads the model and brings it to `level`. A file that is already beyond it stays.
  Status lower(Level level);

  mlir::ModuleOp module() { return *root; }

  /// The level that the file was at when it was read.
  Level givenLevel() const { return given; }

  const ProgramTarget &target() const { return *programTarget; }

private:
  Status checkBatch();
  Status choosePrecision();
  Status makeTarget();
  /// Makes the directory of --dump-phases; fails if a dump would overwrite an input.
  Status checkDumps();
  /// Runs the passes to `level`, which may say something about the model.
  mlir::LogicalResult run(Level level, const PipelineOptions &pipeline);
  mlir::LogicalResult runWithinBudget(Level level, PipelineOptions pipeline);
  Status checkBudget(int64_t budget);

  const CompileOptions &options;
  mlir::MLIRContext context;
  llvm::SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler diagnostics;
  std::unique_ptr<ProgramTarget> programTarget;
  mlir::OwningOpRef<mlir::ModuleOp> root;
  Level given = Level::cnn;
};

} // namespace fanfold

#endif // FANFOLD_TOOLS_FANFOLD_SESSION_H

//===- ModelFile.h - reading a model file ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_FRONTEND_MODELFILE_H
#define FANFOLD_FRONTEND_MODELFILE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

#include <string>

namespace fanfold {

/// Loads the dialects that a file of any level may hold.
void loadDialects(mlir::MLIRContext &context);

/// Reads and verifies the file at `path` ("-": standard input), which may be of any level, into
/// `sources`, so that diagnostics can show the line. Fails with a diagnostic. A module of the model
/// level gets the attributes `fanfold.model` and `fanfold.source`, which say for the rest
/// of the pipeline what it is made from; they are kept in files of the other levels.
mlir::OwningOpRef<mlir::ModuleOp> readModelFile(const std::string &path, llvm::SourceMgr &sources,
                                                mlir::MLIRContext &context);

} // namespace fanfold

#endif // FANFOLD_FRONTEND_MODELFILE_H

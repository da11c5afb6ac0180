//===- ModelText.h - the text of a model file -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_FRONTEND_MODELTEXT_H
#define FANFOLD_FRONTEND_MODELTEXT_H

#include "mlir/IR/Location.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace fanfold {

/// Reads the model file at `path`, a regular file or "-" for standard input. Text is in
/// UTF-8, and a byte-order mark in front of it is no part of it; MLIR's bytecode stays as it
/// is. Fails with a diagnostic.
llvm::FailureOr<std::unique_ptr<llvm::MemoryBuffer>> readModelText(const std::string &path,
                                                                   mlir::MLIRContext &context);

/// Line and column of the byte at `at`.
mlir::Location locationAt(llvm::MemoryBufferRef file, size_t at, mlir::MLIRContext &context);

} // namespace fanfold

#endif // FANFOLD_FRONTEND_MODELTEXT_H

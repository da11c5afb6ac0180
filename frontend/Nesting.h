//===- Nesting.h - how deep a model file may nest -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_FRONTEND_NESTING_H
#define FANFOLD_FRONTEND_NESTING_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace fanfold {

/// MLIR's parser recurses for every bracket, and a file of brackets alone would end in a
/// stack overflow. Fails with a diagnostic at the bracket that is open inside of
/// too many others.
llvm::LogicalResult checkNesting(llvm::MemoryBufferRef file, mlir::MLIRContext &context);

} // namespace fanfold

#endif // FANFOLD_FRONTEND_NESTING_H

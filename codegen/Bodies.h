//===- Bodies.h - functions of one element as C++ -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_BODIES_H
#define FANFOLD_CODEGEN_BODIES_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace fanfold {

/// The functions of `module` (bodies of pointwise kernels) as C++ text, by way of MLIR's
/// EmitC dialect. `specifiers` go in front of each: "static inline". Fails with a
/// diagnostic if a body has an op that EmitC does not know.
llvm::FailureOr<std::string> emitBodies(mlir::ModuleOp module, llvm::StringRef specifiers);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_BODIES_H

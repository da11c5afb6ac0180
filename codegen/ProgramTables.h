//===- ProgramTables.h - the tables of a program --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_PROGRAMTABLES_H
#define FANFOLD_CODEGEN_PROGRAMTABLES_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace fanfold {

/// C++ text that defines `const Program program` (runtime/Program.h) and the tables it
/// points to, from a module at the plan level. The same for every target.
std::string emitTables(mlir::ModuleOp plan, int threads);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_PROGRAMTABLES_H

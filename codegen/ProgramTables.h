//===- ProgramTables.h - the tables of a program --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_PROGRAMTABLES_H
#define FANFOLD_CODEGEN_PROGRAMTABLES_H

#include "ir/Plan/PlanDialect.h"

#include <string>

namespace fanfold {

/// What becomes a Tunable of runtime/Program.h.
struct TunableRow {
  std::string problem;
  plan::LaunchOp first;    ///< The first launch of the problem, or that could have it.
  std::string choice = {}; ///< Empty in alternatives.
  int64_t launches = 0;    ///< In the train step.
  bool isAlternative = true;
};

/// C++ text that defines `const Program program` (runtime/Program.h) and the tables it
/// points to, from a module at the plan level. The same for every target.
std::string emitTables(mlir::ModuleOp plan, int threads, int64_t varyingLaunches,
                       llvm::ArrayRef<TunableRow> tunables = {});

} // namespace fanfold

#endif // FANFOLD_CODEGEN_PROGRAMTABLES_H

//===- Techniques.h - what each technique saves ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TOOLS_FANFOLD_TECHNIQUES_H
#define FANFOLD_TOOLS_FANFOLD_TECHNIQUES_H

#include "passes/Kernel/Memory/BudgetSweep.h"
#include "tools/fanfold/MemoryReport.h"
#include "tools/fanfold/Options.h"

#include <string>
#include <vector>

namespace fanfold {

/// The memory plan of a model with some of the compiler's techniques.
struct TechniquePlan {
  std::string name; ///< Of the last technique it has; "none" without any.
  MemoryReport report;
};

/// Plans `options.model` once without techniques, and once more for each technique that
/// `options` leave on, which comes on top of those before it: none, sharing, in-place, schedule,
/// recomputation. The last plan is the one that `options` ask for. Of a file of the plan level,
/// where all is decided, that is the only one, and its name is "plan".
///
/// Runs the pipeline once for each. A model that cannot be compiled is a failure, with
/// diagnostics on the error output.
Result<std::vector<TechniquePlan>> planTechniques(const CompileOptions &options);

/// Step time against memory budget of `options.model`, whatever budget `options` name. A
/// file of the plan level, where all is decided, is a failure.
Result<std::vector<SweepPoint>> sweepModel(const CompileOptions &options);

} // namespace fanfold

#endif // FANFOLD_TOOLS_FANFOLD_TECHNIQUES_H

//===- Targets.h - the list of targets ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Above the targets: no file of codegen/ includes this one.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_TARGETS_H
#define FANFOLD_CODEGEN_TARGETS_H

#include "codegen/ProgramTarget.h"

namespace fanfold {

/// The names that makeTarget takes, for help and diagnostics.
std::vector<std::string> targetNames();

/// Fails if there is no target of that name, or if what it takes is not installed.
Result<std::unique_ptr<ProgramTarget>> makeTarget(const TargetOptions &options);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_TARGETS_H

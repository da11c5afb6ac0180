//===- TargetModule.h - a target in a library of its own ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a target that is loaded when it is asked for and the list of targets agree on. Both
// are of one build: C++ types cross, and the module refuses another version.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_TARGETMODULE_H
#define FANFOLD_CODEGEN_TARGETMODULE_H

#include "codegen/ProgramTarget.h"

namespace fanfold {

/// Sets `result` to the target, or to why there is none. `version` is Fanfold's.
using MakeTargetFunction = void(const char *version, const TargetOptions &options,
                                Result<std::unique_ptr<ProgramTarget>> &result);

/// The name under which a module has it, as extern "C".
constexpr const char *makeTargetSymbol = "fanfoldMakeTarget";

} // namespace fanfold

#endif // FANFOLD_CODEGEN_TARGETMODULE_H

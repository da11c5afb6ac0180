//===- SelfContained.h - projects that need no Fanfold ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A project is built with headers and libraries of Fanfold. One that a person asked for has
// them beside its sources, and so is built by `make` on a machine that has a compiler alone.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_SELFCONTAINED_H
#define FANFOLD_CODEGEN_SELFCONTAINED_H

#include "codegen/Project.h"
#include "runtime/Status.h"

namespace fanfold {

/// Copies into `directory`/include the headers that `files` reach, and into `directory`/lib
/// those of `libraries` (words of a command line: -lNAME, -l:FILE) that Fanfold has; the others
/// belong to the machine. Other files there are left alone. Fails before a file that is one of
/// `inputs`.
Status copyDependencies(const ProjectFiles &files, llvm::StringRef libraries,
                        const std::string &directory, const std::vector<std::string> &inputs);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_SELFCONTAINED_H

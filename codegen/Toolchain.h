//===- Toolchain.h - from a project to a program --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_TOOLCHAIN_H
#define FANFOLD_CODEGEN_TOOLCHAIN_H

#include "codegen/Project.h"
#include "runtime/Status.h"

#include <string>
#include <vector>

namespace fanfold {

/// The Makefile of a CPU project, which has Fanfold's headers and libraries beside it (see
/// SelfContained.h) or is told where they are; `CXX=...` overrides the compiler.
std::string cpuMakefile();

/// Writes the files of a project into `directory`, which is made if it is missing. Other
/// files there are left alone. Writes none if one of them would overwrite one of `inputs`.
Status writeProject(const ProjectFiles &files, const std::string &directory,
                    const std::vector<std::string> &inputs);

/// Builds the project in `directory` with the headers and libraries of this Fanfold, and writes the
/// program with writeOutput(). The compiler's words go to the error output only if it fails.
Status buildProject(const std::string &directory, const std::string &output);

/// Whether the first word of `command` is a program, on the PATH or at its path.
bool hasProgram(llvm::StringRef command);

/// The compiler that generated programs are built with, and what is missing to use it;
/// both for `fanfold doctor`.
std::string hostCompiler();
Status checkHostToolchain();

} // namespace fanfold

#endif // FANFOLD_CODEGEN_TOOLCHAIN_H

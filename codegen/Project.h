//===- Project.h - the files of a generated program -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The plan becomes a small C++ project that a person can read. Nothing in it depends on
// when or where it was made.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_PROJECT_H
#define FANFOLD_CODEGEN_PROJECT_H

#include "codegen/ProgramText.h"

#include <map>
#include <string>

namespace fanfold {

/// File name to text.
using ProjectFiles = std::map<std::string, std::string>;

/// `program.h`: what the files of a project share.
std::string programHeader(plan::ArenaOp arena);

/// `main.cpp`: hands the program to `targetMain`, which the folder of kernels `target`
/// declares in Main.h.
std::string programMain(plan::ArenaOp arena, llvm::StringRef target, llvm::StringRef targetMain);

/// The step functions, one after another: for each launch a line of comment with its model
/// line, and a line of code. `emit` writes the statement of a launch. Fails where it fails.
llvm::FailureOr<std::string>
stepFunctions(mlir::ModuleOp plan,
              llvm::function_ref<llvm::FailureOr<std::string>(plan::LaunchOp)> emit);

/// What kernels keep between launches, and `prepare()`, which makes it. `members` are what
/// the kernels' objects share.
std::string kernelObjects(const ProgramText &text, llvm::StringRef members = "");

} // namespace fanfold

#endif // FANFOLD_CODEGEN_PROJECT_H

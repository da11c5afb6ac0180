//===- Commands.h - the subcommands of fanfold ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TOOLS_FANFOLD_COMMANDS_H
#define FANFOLD_TOOLS_FANFOLD_COMMANDS_H

#include <CLI/CLI.hpp>

namespace fanfold {

// Each adds its subcommand to `app`; its exit status goes to `exitCode` when it runs.
void addCompileCommand(CLI::App &app, int &exitCode);
void addInspectCommand(CLI::App &app, int &exitCode);
void addDoctorCommand(CLI::App &app, int &exitCode);

} // namespace fanfold

#endif // FANFOLD_TOOLS_FANFOLD_COMMANDS_H

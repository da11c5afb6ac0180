//===- CommandLine.h - the command line of compiled programs --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_COMMANDLINE_H
#define FANFOLD_RUNTIME_COMMANDLINE_H

#include "runtime/Commands.h"

#include <functional>

namespace fanfold {

using Command = std::function<Status(Invocation &)>;

/// Sets `chosen` to the command that was given, with its options. Else it stays empty, and all
/// that was asked for is done: help and the version are on stdout, a mistake is on stderr, and
/// `exitCode` is 2 for a mistake.
void parseCommandLine(const Program &program, int argc, char **argv, Command &chosen,
                      int &exitCode);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_COMMANDLINE_H

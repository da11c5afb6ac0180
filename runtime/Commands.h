//===- Commands.h - the commands of a compiled program --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each command adds its options to the command line and, when it is the one that
// was given, sets what is to be run. addCommands() is the list of them.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_COMMANDS_H
#define FANFOLD_RUNTIME_COMMANDS_H

#include "runtime/DataSource.h"
#include "runtime/Device.h"
#include "runtime/Program.h"
#include "runtime/Status.h"
#include "runtime/Train.h"
#include "runtime/Tune.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <memory>

namespace fanfold {

/// What a command works on.
struct Invocation {
  const Program &program;
  std::unique_ptr<Device> device;
  OpenDataSource openData;
  TuneProgram tune; ///< Null if the program has nothing to tune.
};

using Command = std::function<Status(Invocation &)>;

/// Each adds one subcommand to `app`. Parsing sets `chosen`, which must outlive
/// the app.
void addTrainCommand(CLI::App &app, const Program &program, Command &chosen);
void addEvalCommand(CLI::App &app, const Program &program, Command &chosen);
void addBenchCommand(CLI::App &app, const Program &program, Command &chosen);
void addInfoCommand(CLI::App &app, Command &chosen);
void addStepCommand(CLI::App &app, const Program &program, Command &chosen);
void addTuneCommand(CLI::App &app, Command &chosen);

/// Adds an option for every recipe field that the program heeds and `wanted`
/// accepts; those given end up in `overrides`.
void addSettingsOptions(CLI::App &command, const Program &program, SettingsOverrides &overrides,
                        const std::function<bool(const SettingsField &)> &wanted);

/// Accepts the whole numbers of a range of Ranges.h; adds nothing to the help.
CLI::Validator wholeNumber(const char *range);

/// "--threads=N", no more than the program is compiled for; 0 if it is not given.
void addThreadsOption(CLI::App &command, const Program &program, int &threads);

/// "--data-threads=N".
void addDataThreadsOption(CLI::App &command, int &threads);

/// "--format=text|json".
void addFormatOption(CLI::App &command, bool &json);

/// To stdout. Paths may be of bytes that are no text: those are replaced.
void printJson(const nlohmann::ordered_json &json);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_COMMANDS_H

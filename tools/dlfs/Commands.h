//===- Commands.h - the commands of dlfs ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each command adds its options to the command line and, when it is the one that
// was given, sets what is to be run. `main` has the list of them.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TOOLS_DLFS_COMMANDS_H
#define FANFOLD_TOOLS_DLFS_COMMANDS_H

#include "io/Dataset.h"
#include "runtime/Status.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <utility>

namespace fanfold::dlfs {

using Command = std::function<Status()>;

/// Each adds one subcommand to `app`. Parsing sets `chosen`, which must outlive
/// the app.
void addImportCommand(CLI::App &app, Command &chosen);
void addLsCommand(CLI::App &app, Command &chosen);
void addStatCommand(CLI::App &app, Command &chosen);
void addCatCommand(CLI::App &app, Command &chosen);
void addVerifyCommand(CLI::App &app, Command &chosen);

/// Writes to stdout. That bytes did not arrive is found once, by main at the end.
template <typename... Args>
void say(fmt::format_string<Args...> format, Args &&...args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

/// "--format=text|json".
void addFormatOption(CLI::App &command, bool &json);

/// "--split=train|test".
void addSplitOption(CLI::App &command, std::string &split, const std::string &description);

/// "bus, car, train", of many classes the first ten.
std::string someClasses(const io::DatasetRecord &record);

/// A line on stderr that is rewritten while work goes on; nothing if stderr is
/// not a terminal or --quiet was given.
class ProgressLine {
public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine();
  ProgressLine(const ProgressLine &) = delete;
  ProgressLine &operator=(const ProgressLine &) = delete;

  /// Whether a tenth of a second has passed since the last show(). Cheap enough
  /// to ask for every sample.
  bool due();
  void show(const std::string &text);

private:
  bool active;
  bool shown = false;
  double next = 0; ///< Seconds of the steady clock.
};

} // namespace fanfold::dlfs

#endif // FANFOLD_TOOLS_DLFS_COMMANDS_H

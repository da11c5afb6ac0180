//===- Commands.cpp - what the commands of dlfs share ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dlfs/Commands.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <unistd.h>

using namespace fanfold;
using namespace fanfold::dlfs;

void dlfs::addFormatOption(CLI::App &command, bool &json) {
  command
      .add_option_function<std::string>(
          "--format", [&json](const std::string &format) { json = format == "json"; },
          "Form of the output")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("text|json");
}

void dlfs::addSplitOption(CLI::App &command, std::string &split, const std::string &description) {
  command.add_option("--split", split, description)
      ->check(CLI::IsMember({"train", "test"}).description(""))
      ->type_name("train|test");
}

std::string dlfs::someClasses(const io::DatasetRecord &record) {
  constexpr size_t most = 10;
  const std::vector<std::string> &names = record.classNames;
  const auto end = names.begin() + static_cast<ptrdiff_t>(std::min(most, names.size()));
  return fmt::format("{}{}", fmt::join(names.begin(), end, ", "),
                     names.size() > most ? ", ..." : "");
}

ProgressLine::ProgressLine(bool quiet) : active(!quiet && ::isatty(STDERR_FILENO)) {}

ProgressLine::~ProgressLine() {
  if (shown)
    std::fputs("\r\033[K", stderr);
}

bool ProgressLine::due() {
  if (!active)
    return false;
  const double now =
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  if (now < next)
    return false;
  next = now + 0.1;
  return true;
}

void ProgressLine::show(const std::string &text) {
  std::fputs(("\r" + text + "\033[K").c_str(), stderr);
  std::fflush(stderr);
  shown = true;
}

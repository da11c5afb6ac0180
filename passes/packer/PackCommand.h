//===- PackCommand.h - fanfold pack ---------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   fanfold pack BUFFERS.csv [--capacity=N] [--time-limit=SECONDS]
//                [--format=text|json] [-o OUT.csv]
//
// Writes the buffers with their offsets to OUT.csv, and a report to standard
// output; without -o the buffers go to standard output and the report to
// standard error.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_PACKCOMMAND_H
#define FANFOLD_PASSES_PACKER_PACKCOMMAND_H

#include <CLI/App.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace fanfold::packer {

struct PackCommandOptions {
  std::string input;
  std::string output; ///< Empty: standard output.
  std::optional<int64_t> capacity;
  double timeLimit = 5.0; ///< Seconds.
  std::string format = "text";
};

/// Runs the command and returns its exit status: 0 placed; 1 bad input, no
/// placement, or a file that cannot be written, said on standard error; 70 a bug of
/// ours. OUT.csv appears whole or not at all, and is never BUFFERS.csv.
int runPack(const PackCommandOptions &options);

/// Adds the subcommand `pack` to `app`. When the command line names it, parsing
/// runs it and leaves its status in `exitCode`, which must outlive the parsing.
void addPackCommand(CLI::App &app, int &exitCode);

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_PACKCOMMAND_H

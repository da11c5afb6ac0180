//===- main.cpp - dlfs, the command line of the data store ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dlfs/Commands.h"

#include "io/Names.h"

#include <cerrno>
#include <cstdio>
#include <exception>

using namespace fanfold;
using namespace fanfold::dlfs;

namespace {

/// Output that did not arrive (a full disk, say) is a failure of the command.
Status finishOutput() {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    return Status::fromErrno(errno ? errno : EIO, "writing to standard output");
  return {};
}

Status run(const Command &command) {
  try {
    FANFOLD_RETURN_IF_ERROR(command());
    return finishOutput();
  } catch (const std::exception &failure) {
    return Status::internal("{}", failure.what());
  }
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("dlfs: data sets of many small samples, in large chunks");
  app.name("dlfs");
  app.set_version_flag("--version", "dlfs " FANFOLD_VERSION);
  app.require_subcommand(1);
  app.footer("URLs are dlfs:///DIRECTORY/DATASET. 'dlfs COMMAND --help' says more.\n"
             "Exit status: 0 done, 1 an error that the message explains, 2 usage, 70 a bug.");
  Command command;
  addImportCommand(app, command);
  addLsCommand(app, command);
  addStatCommand(app, command);
  addCatCommand(app, command);
  addVerifyCommand(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &failure) {
    return app.exit(failure) == 0 ? 0 : Status::usage("").exitCode();
  }
  const Status status = run(command);
  if (!status.ok())
    std::fputs(("dlfs: error: " + io::printable(status.message()) + "\n").c_str(), stderr);
  return status.exitCode();
}

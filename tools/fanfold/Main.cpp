//===- Main.cpp - the command line of the compiler ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/PackCommand.h"
#include "tools/fanfold/Commands.h"

#include "llvm/Support/PrettyStackTrace.h"

int main(int argc, char **argv) {
  llvm::setBugReportMsg("This is a bug of fanfold; please report it with the model file and:\n");
  CLI::App app("Compiles training programs for convolutional networks", "fanfold");
  app.set_version_flag("--version", "fanfold " FANFOLD_VERSION);
  app.require_subcommand(1);
  int exitCode = 0;
  fanfold::addCompileCommand(app, exitCode);
  fanfold::addInspectCommand(app, exitCode);
  fanfold::packer::addPackCommand(app, exitCode);
  fanfold::addDoctorCommand(app, exitCode);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exitCode;
}

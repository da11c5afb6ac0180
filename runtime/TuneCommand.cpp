//===- TuneCommand.cpp - the command tune ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Commands.h"

using namespace fanfold;

namespace {

struct TuneOptions {
  std::string output, layers;
  bool again = false;
};

Status tune(Invocation &invocation, const TuneOptions &options) {
  const Program &program = invocation.program;
  if (!invocation.tune)
    return Status::error("there is nothing to tune: on the target {} every kernel has one "
                         "implementation",
                         program.target);
  return invocation.tune(
      {program, *invocation.device, options.output, options.layers, options.again});
}

} // namespace

void fanfold::addTuneCommand(CLI::App &app, Command &chosen) {
  CLI::App *command =
      app.add_subcommand("tune", "Measure the implementations of convolutions and matrix products");
  auto options = std::make_shared<TuneOptions>();
  command
      ->add_option("-o,--output", options->output,
                   "file of measurements to add to, for fanfold compile --tuning-db")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--layers", options->layers,
                   "only layers whose name contains a match of this regular expression")
      ->type_name("REGEX");
  command->add_flag("--again", options->again, "also measure what the file has already");
  command->callback([options, &chosen] {
    chosen = [options](Invocation &invocation) { return tune(invocation, *options); };
  });
}

//===- TuneCommand.cpp - the command tune ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Commands.h"

using namespace fanfold;

Status fanfold::tune(Invocation &invocation, const TuneOptions &options) {
  const Program &program = invocation.program;
  if (!invocation.tune)
    return Status::error("there is nothing to tune: on the target {} every kernel has one "
                         "implementation",
                         program.target);
  return invocation.tune(
      {program, *invocation.device, options.output, options.layers, options.again});
}

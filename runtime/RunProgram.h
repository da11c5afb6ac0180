//===- RunProgram.h - the main function of a compiled program -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_RUNPROGRAM_H
#define FANFOLD_RUNTIME_RUNPROGRAM_H

#include "runtime/DataSource.h"
#include "runtime/Device.h"
#include "runtime/Join.h"
#include "runtime/Program.h"
#include "runtime/Tune.h"

#include <memory>

namespace fanfold {

/// Parses the command line (`train`, `eval`, `bench`, `tune`, `info`, `step`), runs the
/// command on `device` with data from `openData`, and returns the exit status: 0
/// all done, 1 the user's mistake, 2 usage, 70 our bug, 128 and the signal's number
/// where a signal asked to stop before that. All that a generated `main`
/// calls. Results go to stdout, diagnostics to stderr. `tune` measures the program's
/// tunables; null if it has none.
int runProgram(const Program &program, std::unique_ptr<Device> device, OpenDataSource openData,
               int argc, char **argv, TuneProgram tune = nullptr, JoinRanks join = nullptr);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_RUNPROGRAM_H

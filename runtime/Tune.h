//===- Tune.h - what the command tune hands over --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The runtime knows no library of kernels: what measures a program's tunables is linked
// by programs that have some, and handed to runProgram().
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_TUNE_H
#define FANFOLD_RUNTIME_TUNE_H

#include "runtime/Device.h"
#include "runtime/Program.h"
#include "runtime/Status.h"

#include <string>

namespace fanfold {

struct TuneRequest {
  const Program &program;
  Device &device;       ///< Not open yet.
  std::string database; ///< File to add to; need not exist.
  std::string layers;   ///< Regular expression; only layers that contain a match. Empty: all.
  bool again = false;   ///< Measure what the file has already as well.
};

/// Measures, writes the file and says on stdout how it goes.
using TuneProgram = Status (*)(const TuneRequest &request);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_TUNE_H

//===- Spinning.cpp - how long idle threads stay on their core ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Spinning.h"
#include "runtime/File.h"

#include <cstdlib>
#include <sys/auxv.h>
#include <unistd.h>

/// Turns of the waiting loop, each one pause instruction: 20 to 50 microseconds.
static constexpr const char *turns = "1000";

void fanfold::limitSpinning(char **argv) {
  // Set by a user, or by the life of this process before.
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT"))
    return;
  // Without an interpreter this is the interpreter's own process: `ld.so PROGRAM ...`.
  if (getauxval(AT_BASE) == 0)
    return;
  const std::string path = programPath();
  if (!path.empty() && setenv("GOMP_SPINCOUNT", turns, /*overwrite=*/0) == 0)
    execv(path.c_str(), argv);
}

//===- Signals.h - leaving when asked to ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A training that is asked to stop (SIGTERM from a scheduler, SIGINT from a terminal,
// SIGHUP from one that goes away) finishes its step and saves. Commands that have
// nothing to save end at once, as the signals do by themselves.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_SIGNALS_H
#define FANFOLD_RUNTIME_SIGNALS_H

namespace fanfold {

/// From now on the first SIGTERM, SIGINT or SIGHUP only sets stopSignal(); a second one
/// of the same kind ends the process at once. SIGHUP stays ignored where it is (nohup). Also, a
/// reader of our output that goes away (SIGPIPE) no longer ends the process.
void watchStopSignals();

/// SIGTERM, SIGINT or SIGHUP, whichever asked to stop first; 0 if none did.
int stopSignal();

/// "SIGTERM", "SIGINT", "SIGHUP".
const char *signalName(int signal);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_SIGNALS_H

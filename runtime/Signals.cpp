//===- Signals.cpp - leaving when asked to --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Signals.h"

#include <csignal>

using namespace fanfold;

static volatile std::sig_atomic_t received = 0;

static void remember(int signal) {
  if (received == 0)
    received = signal;
}

void fanfold::watchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = remember;
  // Back to the default after the first: the second ends a step that hangs.
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  struct sigaction before = {};
  if (sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
    sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int fanfold::stopSignal() { return received; }

const char *fanfold::signalName(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

//===- QueuedDevice.h - a device that works while the host goes on --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The CPU device behind a queue of two runs and a thread that works it off, as a GPU
// does: what a training loop does while a step runs, and a step late, is tested with it
// on any machine. Each run waits a little first, so that whoever reads or writes too
// early is found out.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_RUNTIME_QUEUEDDEVICE_H
#define FANFOLD_TEST_RUNTIME_QUEUEDDEVICE_H

#include "runtime/Device.h"

namespace fanfold::test {

std::unique_ptr<Device> makeQueuedDevice();

} // namespace fanfold::test

#endif // FANFOLD_TEST_RUNTIME_QUEUEDDEVICE_H

//===- CommConformance.h - what every communicator has to do --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_COMM_COMMCONFORMANCE_H
#define FANFOLD_TEST_COMM_COMMCONFORMANCE_H

#include "runtime/Communicator.h"

#include <string>

namespace fanfold::test {

/// All ranks of a job call it, each in its own process or thread. Empty, or what is wrong, with
/// the name of the check.
std::string checkCommunicator(Communicator &communicator);

} // namespace fanfold::test

#endif // FANFOLD_TEST_COMM_COMMCONFORMANCE_H

//===- SelfTest.cpp - a job of one rank -----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/OpenRanks.h"
#include "test/comm/CommConformance.h"

#include <gtest/gtest.h>

using namespace fanfold;

namespace {

TEST(Self, Conforms) {
  const Result<std::unique_ptr<Communicator>> communicator = openRanks(Ranks(), 1);
  ASSERT_TRUE(communicator.ok());
  EXPECT_EQ((*communicator)->description(), "alone");
  EXPECT_EQ(test::checkCommunicator(**communicator), "");
}

} // namespace

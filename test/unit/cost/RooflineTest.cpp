//===- RooflineTest.cpp - tests of Roofline.h -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/cost/Roofline.h"

#include <gtest/gtest.h>

using namespace fanfold;

TEST(Roofline, TakesTheLongerOfBytesAndArithmetic) {
  Roofline machine{/*bytesPerSecond=*/100, /*launchSeconds=*/0};
  EXPECT_DOUBLE_EQ(machine.seconds({1000, 10}, 1000), 10);
  EXPECT_DOUBLE_EQ(machine.seconds({1000, 50000}, 1000), 50);
  // At 10 operations a byte both take as long.
  EXPECT_DOUBLE_EQ(machine.seconds({1000, 10000}, 1000), 10);
}

TEST(Roofline, AddsWhatEveryLaunchCosts) {
  Roofline machine{/*bytesPerSecond=*/100, /*launchSeconds=*/3};
  EXPECT_DOUBLE_EQ(machine.seconds({0, 0}, 1000), 3);
  EXPECT_DOUBLE_EQ(machine.seconds({200, 0}, 1000), 5);
}

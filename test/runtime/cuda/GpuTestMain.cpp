//===- GpuTestMain.cpp - tests that need a GPU ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs them where the program of the tests runs, and says elsewhere why not.
//
//===----------------------------------------------------------------------===//

#include "../Fixture.h"

#include <cstdio>

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  fanfold::test::Outcome probe = fanfold::test::runLogistic({"bench", "--steps=1"});
  // Only a machine that cannot is a reason to skip; a program that fails is not.
  if (probe.errors.find("found no NVIDIA ") != std::string::npos) {
    std::printf("skipped: no GPU: %s", probe.errors.c_str());
    return 77;
  }
  return RUN_ALL_TESTS();
}

//===- PlanTest.cpp - live bytes of plans, and what validate() refuses ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Plan.h"

#include <gtest/gtest.h>

using namespace fanfold::recompute;

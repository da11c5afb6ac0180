//===- RecomputeTest.cpp - plans fit, and are the cheapest where proved -----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Recompute.h"

#include <gtest/gtest.h>

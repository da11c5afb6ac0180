//===- Roofline.cpp - how long a launch takes at least --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/cost/Roofline.h"

#include <algorithm>
#include <cassert>

using namespace fanfold;

double Roofline::seconds(const Work &work, double flopsPerSecond) const {
  assert(bytesPerSecond > 0 && flopsPerSecond > 0 && "a machine does something");
  return launchSeconds + std::max(work.bytes / bytesPerSecond, work.flops / flopsPerSecond);
}

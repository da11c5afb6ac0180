//===- Logistic.h - a compiled program written by hand --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Logistic regression on images of 2x2 pixels, as the compiler would emit it: one
// constant Program and two step functions over an arena, for each kind of device. Small enough to
// be read, and with everything the runtime has to keep: parameters, momentum, a running statistic,
// gradients, dropout that depends on the seed scalar.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_RUNTIME_LOGISTIC_H
#define FANFOLD_TEST_RUNTIME_LOGISTIC_H

#include "runtime/Program.h"

namespace fanfold::test {

#ifndef LOGISTIC_CLASSES
#define LOGISTIC_CLASSES 3
#endif

inline constexpr int64_t logisticBatch = 8;
inline constexpr int64_t logisticPixels = 4;
inline constexpr int64_t logisticClasses = LOGISTIC_CLASSES;

/// A label of no class; its sample makes a gradient that is infinite.
inline constexpr int32_t overflowLabel = -2;

extern const Program logistic;

// What differs between devices: LogisticSteps.cpp, cuda/LogisticSteps.cu.
extern const char *const logisticTarget;
void trainStep(StepContext &context);
void evalStep(StepContext &context);

} // namespace fanfold::test

#endif // FANFOLD_TEST_RUNTIME_LOGISTIC_H

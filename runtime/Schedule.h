//===- Schedule.h - the learning rate as a function of the step -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything that changes from step to step besides the data. All of it is a
// pure function of the recipe and the step's number, so that a resumed run needs
// nothing but that number.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_SCHEDULE_H
#define FANFOLD_RUNTIME_SCHEDULE_H

#include "runtime/Program.h"

#include <cstdint>

namespace fanfold {

/// How long a training is, in steps. Both are at least 1.
struct Horizon {
  int64_t stepsPerEpoch = 1;
  int64_t totalSteps = 1;
};

/// The learning rate at its height: the recipe's, times batch / referenceBatch
/// if there is a reference batch.
double peakLearningRate(const Recipe &recipe, int64_t batch);

/// The learning rate of step `step`, counted from 0. Linear warm-up ends at the
/// height with the last step of `warmupEpochs`; its first step is the height
/// divided by the number of warm-up steps, for a step at rate 0 would be lost.
/// After it:
///
///   constant    the height
///   step        the height times gamma for each milestone (epoch) passed
///   cosine      half a period from the height to finalLearningRate
///   polynomial  final + (height - final) (1 - progress)^power
///
/// Progress runs from 0 at the end of the warm-up to 1 at the end of training.
double learningRate(const Recipe &recipe, int64_t batch, Horizon horizon, int64_t step);

/// The four bytes of a scalar of the program before step `step` (from 0), at
/// learning rate `rate`.
uint32_t scalarBits(Scalar::Kind kind, const Recipe &recipe, double rate, int64_t step);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_SCHEDULE_H

//===- Instances.h - buffers to pack, of known structure ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Generators for tests and benchmarks. All are functions of their arguments.
//
// A perfect instance is cut from a rectangle of time x address without waste, so
// the height of the rectangle is the optimum, and no step has any slack.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_UNIT_PACKER_INSTANCES_H
#define FANFOLD_TEST_UNIT_PACKER_INSTANCES_H

#include "passes/packer/Packer.h"

namespace fanfold::packer::test {

/// Cuts a square of 2^20 x 2^20 into `count` parts at multiples of `grain`: each
/// time a random part, the larger the likelier, across time or address.
std::vector<Buffer> makeGuillotine(int count, int64_t grain, uint64_t seed);

/// As makeGuillotine(), but most cuts are pinwheels of five parts, which no
/// straight cut makes: about `count` parts.
std::vector<Buffer> makePinwheels(int count, int64_t grain, uint64_t seed);

/// As makeGuillotine() with a grain of 1 KiB, in the style of MiniMalloc's
/// challenging instances: most cuts slice a part across address, into up to six of
/// one life, so that thin buffers of long life and thick ones of short life mix.
std::vector<Buffer> makeSlices(int count, uint64_t seed);

/// Courses of bricks, `perCourse` in each of `courses`, of one height, whose
/// joints are at random steps; many buffers are equal in size.
std::vector<Buffer> makeBricks(int courses, int perCourse, uint64_t seed);

/// Two flights of stairs that meet: buffer k of the lower flight ends where buffer
/// k of the upper one begins. `steps` in each, in each of `floors` storeys.
std::vector<Buffer> makeStairs(int floors, int steps, uint64_t seed);

/// The step of a training program with `layers` layers: parameters and momenta
/// for the whole step, activations from their layer's forward launch to its
/// backward one, gradients of activations from one backward launch to the next,
/// gradients of parameters until the update at the end, workspaces of one launch.
std::vector<Buffer> makeTrainingStep(int layers, uint64_t seed);

/// `count` random lives and sizes; the optimum is not known.
std::vector<Buffer> makeRandom(int count, int64_t steps, int64_t largest, uint64_t seed);

} // namespace fanfold::packer::test

#endif // FANFOLD_TEST_UNIT_PACKER_INSTANCES_H

//===- Steps.h - training steps to recompute --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Generators for tests and benchmarks. All are functions of their arguments.
//
// The networks have the shapes of the published ones, in fp16, and the launches of
// a fused training step: convolution, statistics, scale with activation and join;
// backwards the normalisation's gradient, data and weight gradients, the update.
// A launch's time is the larger of its bytes at 4.3 TB/s and its operations at 700
// TFLOP/s (an H200 at its best), and 2 us.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_UNIT_RECOMPUTE_STEPS_H
#define FANFOLD_TEST_UNIT_RECOMPUTE_STEPS_H

#include "passes/recompute/Step.h"

namespace fanfold::recompute::test {

/// ResNet of bottleneck blocks: 3, 4, 6, 3 of them for ResNet-50; 3, 8, 36, 3 for
/// ResNet-152.
Step makeResNet(int batch, const std::vector<int> &blocks);

/// GoogLeNet with BN; the branches of a module write slices of one value.
Step makeGoogLeNet(int batch);

/// DenseNet-121: layers read the slices of a block's value made so far, and add one.
Step makeDenseNet(int batch);

/// A forward pass of `layers` launches, each of one to three earlier values, and a
/// backward pass that reads what it likes of them; sizes and times are small whole
/// numbers. Some launches cannot run again, some values are made in parts, in
/// place, pinned or overwritten.
Step makeRandomStep(int layers, uint64_t seed);

} // namespace fanfold::recompute::test

#endif // FANFOLD_TEST_UNIT_RECOMPUTE_STEPS_H

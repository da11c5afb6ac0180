//===- LogisticLayout.h - where the hand-written program keeps its tensors ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_RUNTIME_LOGISTICLAYOUT_H
#define FANFOLD_TEST_RUNTIME_LOGISTICLAYOUT_H

#include "Logistic.h"

#include <cstddef>

namespace fanfold::test {

constexpr int64_t batch = logisticBatch, pixels = logisticPixels, classes = logisticClasses;

// Offsets in the arena, in bytes. Every slot has 128.
enum Offset : size_t {
  weightAt = 0,
  biasAt = 128,
  weightMomentumAt = 256,
  biasMomentumAt = 384,
  weightGradientAt = 512,
  biasGradientAt = 640,
  meanAt = 768,
  rateAt = 896,
  momentumAt = 900,
  decayAt = 904,
  seedAt = 908,
  trainLossAt = 1024,
  trainTop1At = 1028,
  evalLossAt = 1032,
  evalTop1At = 1036,
  trainImageAt = 1152,
  trainLabelAt = 1280,
  evalImageAt = 1408,
  evalLabelAt = 1536,
  imageSlot0At = 1664,
  imageSlot1At = 1792,
  labelSlot0At = 1920,
  labelSlot1At = 2048,
  featuresAt = 2176,
  probabilitiesAt = 2304,
  arenaEnd = 2432,
};
static_assert(batch * pixels * sizeof(float) <= 128 && batch * classes * sizeof(float) <= 128);

constexpr size_t weightBytes = pixels * classes * sizeof(float);
constexpr size_t biasBytes = classes * sizeof(float);

} // namespace fanfold::test

#endif // FANFOLD_TEST_RUNTIME_LOGISTICLAYOUT_H

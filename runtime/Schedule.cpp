//===- Schedule.cpp - the learning rate as a function of the step ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Schedule.h"
#include "runtime/Random.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace fanfold;

double fanfold::peakLearningRate(const Recipe &recipe, int64_t batch) {
  if (recipe.referenceBatch <= 0)
    return recipe.learningRate;
  return recipe.learningRate * static_cast<double>(batch) /
         static_cast<double>(recipe.referenceBatch);
}

double fanfold::learningRate(const Recipe &recipe, int64_t batch, Horizon horizon, int64_t step) {
  const double peak = peakLearningRate(recipe, batch);
  const auto perEpoch = static_cast<double>(horizon.stepsPerEpoch);
  const double warmup = std::round(recipe.warmupEpochs * perEpoch);
  const auto now = static_cast<double>(step);
  if (now < warmup)
    return peak * (now + 1) / warmup;

  const double rest = std::max(static_cast<double>(horizon.totalSteps) - warmup, 1.0);
  const double progress = std::min((now - warmup) / rest, 1.0);
  const double range = peak - recipe.finalLearningRate;
  switch (recipe.schedule) {
  case Recipe::Schedule::constant:
    return peak;
  case Recipe::Schedule::step: {
    double rate = peak;
    for (double milestone : recipe.milestones)
      if (now >= std::round(milestone * perEpoch))
        rate *= recipe.gamma;
    return rate;
  }
  case Recipe::Schedule::cosine:
    return recipe.finalLearningRate + range * 0.5 * (1.0 + std::cos(M_PI * progress));
  case Recipe::Schedule::polynomial:
    return recipe.finalLearningRate + range * std::pow(1.0 - progress, recipe.power);
  }
  return peak;
}

uint32_t fanfold::scalarBits(Scalar::Kind kind, const Recipe &recipe, double rate, int64_t step) {
  const auto t = static_cast<double>(step + 1);
  double value = 0;
  switch (kind) {
  case Scalar::Kind::learningRate:
    value = rate;
    break;
  case Scalar::Kind::momentum:
    value = recipe.momentum;
    break;
  case Scalar::Kind::weightDecay:
    value = recipe.weightDecay;
    break;
  case Scalar::Kind::beta1:
    value = recipe.beta1;
    break;
  case Scalar::Kind::beta2:
    value = recipe.beta2;
    break;
  case Scalar::Kind::epsilon:
    value = recipe.epsilon;
    break;
  case Scalar::Kind::biasCorrection1:
    // 1 - beta^t without the cancellation that a beta near 1 would cause.
    value = -std::expm1(t * std::log(recipe.beta1));
    break;
  case Scalar::Kind::biasCorrection2:
    value = -std::expm1(t * std::log(recipe.beta2));
    break;
  case Scalar::Kind::trust:
    value = recipe.trust;
    break;
  case Scalar::Kind::seed:
    return static_cast<uint32_t>(
        random::hash(random::hash(recipe.seed, "step"), static_cast<uint64_t>(step)));
  }
  auto narrow = static_cast<float>(value);
  uint32_t bits;
  std::memcpy(&bits, &narrow, sizeof(bits));
  return bits;
}

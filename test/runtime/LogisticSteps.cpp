//===- LogisticSteps.cpp - the steps of the hand-written program, on the CPU ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LogisticLayout.h"
#include "codegen/kernels/Random.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace fanfold;
using namespace fanfold::test;

namespace {

void normalize(StepContext &context, size_t image, bool train) {
  const auto *pixel = context.at<uint8_t>(image);
  auto *feature = context.at<float>(featuresAt);
  const uint32_t seed = *context.at<uint32_t>(seedAt);
  for (int64_t i = 0; i < batch * pixels; ++i) {
    feature[i] = static_cast<float>(pixel[i]) / 255 - 0.5f;
    if (train && kernels::uniform(seed, 0, static_cast<uint64_t>(i)) < 0.125f)
      feature[i] = 0;
  }
  if (!train)
    return;
  auto *mean = context.at<float>(meanAt);
  for (int64_t p = 0; p < pixels; ++p) {
    float sum = 0;
    for (int64_t n = 0; n < batch; ++n)
      sum += feature[n * pixels + p];
    mean[p] = 0.9f * mean[p] + 0.1f * sum / batch;
  }
}

void classify(StepContext &context, size_t label, size_t loss, size_t top1) {
  const auto *feature = context.at<float>(featuresAt);
  const auto *weight = context.at<float>(weightAt);
  const auto *bias = context.at<float>(biasAt);
  const auto *labels = context.at<int32_t>(label);
  auto *probability = context.at<float>(probabilitiesAt);
  float lossSum = 0, hits = 0;
  for (int64_t n = 0; n < batch; ++n) {
    float *row = probability + n * classes;
    for (int64_t c = 0; c < classes; ++c) {
      row[c] = bias[c];
      for (int64_t p = 0; p < pixels; ++p)
        row[c] += feature[n * pixels + p] * weight[p * classes + c];
    }
    const float largest = *std::max_element(row, row + classes);
    float sum = 0;
    for (int64_t c = 0; c < classes; ++c)
      sum += row[c] = std::exp(row[c] - largest);
    for (int64_t c = 0; c < classes; ++c)
      row[c] /= sum;
    if (labels[n] < 0)
      continue;
    if (labels[n] >= classes) {
      lossSum = std::numeric_limits<float>::quiet_NaN();
      continue;
    }
    lossSum -= std::log(row[labels[n]]);
    hits += std::max_element(row, row + classes) - row == labels[n];
  }
  *context.at<float>(loss) = lossSum / batch;
  *context.at<float>(top1) = hits / batch;
}

void gradients(StepContext &context) {
  const auto *feature = context.at<float>(featuresAt);
  const auto *probability = context.at<float>(probabilitiesAt);
  const auto *labels = context.at<int32_t>(trainLabelAt);
  auto *weight = context.at<float>(weightGradientAt);
  auto *bias = context.at<float>(biasGradientAt);
  std::fill(weight, weight + pixels * classes, 0.0f);
  std::fill(bias, bias + classes, 0.0f);
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < classes; ++c) {
      float delta = labels[n] == overflowLabel
                        ? std::numeric_limits<float>::infinity()
                        : (probability[n * classes + c] - (labels[n] == c)) / batch;
      bias[c] += delta;
      for (int64_t p = 0; p < pixels; ++p)
        weight[p * classes + c] += feature[n * pixels + p] * delta;
    }
}

void update(StepContext &context) {
  const float rate = *context.at<float>(rateAt), momentum = *context.at<float>(momentumAt),
              decay = *context.at<float>(decayAt);
  auto sgd = [&](size_t value, size_t velocity, size_t gradient, int64_t count, float decay) {
    for (int64_t i = 0; i < count; ++i) {
      float &v = context.at<float>(velocity)[i], &w = context.at<float>(value)[i];
      const float g = context.at<float>(gradient)[i];
      if (!std::isfinite(g)) // As programs with a scaled loss do.
        continue;
      v = momentum * v + g + decay * w;
      w -= rate * v;
    }
  };
  sgd(weightAt, weightMomentumAt, weightGradientAt, pixels * classes, decay);
  sgd(biasAt, biasMomentumAt, biasGradientAt, classes, 0);
}

} // namespace

const char *const fanfold::test::logisticTarget = "cpu";

void fanfold::test::trainStep(StepContext &context) {
  beforeLaunch(context, 0);
  normalize(context, trainImageAt, true);
  beforeLaunch(context, 1);
  classify(context, trainLabelAt, trainLossAt, trainTop1At);
  beforeLaunch(context, 2);
  gradients(context);
  beforeLaunch(context, 3);
  update(context);
}

void fanfold::test::evalStep(StepContext &context) {
  beforeLaunch(context, 0);
  normalize(context, evalImageAt, false);
  beforeLaunch(context, 1);
  classify(context, evalLabelAt, evalLossAt, evalTop1At);
}

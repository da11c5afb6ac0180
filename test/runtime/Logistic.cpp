//===- Logistic.cpp - a compiled program written by hand ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Logistic.h"
#include "runtime/Random.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace fanfold;
using namespace fanfold::test;

namespace {

constexpr int64_t batch = logisticBatch, pixels = logisticPixels, classes = logisticClasses;

// Where everything lives, in bytes. Every slot has 128.
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
static_assert(batch * std::max(pixels, classes) * sizeof(float) <= 128);

constexpr size_t weightBytes = pixels * classes * sizeof(float);
constexpr size_t biasBytes = classes * sizeof(float);

void normalize(StepContext &context, size_t image, bool train) {
  const auto *pixel = context.at<uint8_t>(image);
  auto *feature = context.at<float>(featuresAt);
  const uint32_t seed = *context.at<uint32_t>(seedAt);
  for (int64_t i = 0; i < batch * pixels; ++i) {
    feature[i] = static_cast<float>(pixel[i]) / 255 - 0.5f;
    if (train && random::toFloat(random::hash(seed, static_cast<uint64_t>(i))) < 0.125f)
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
      float delta = (probability[n * classes + c] - (labels[n] == c)) / batch;
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
      v = momentum * v + context.at<float>(gradient)[i] + decay * w;
      w -= rate * v;
    }
  };
  sgd(weightAt, weightMomentumAt, weightGradientAt, pixels * classes, decay);
  sgd(biasAt, biasMomentumAt, biasGradientAt, classes, 0);
}

void trainStep(StepContext &context) {
  beforeLaunch(context, 0);
  normalize(context, trainImageAt, true);
  beforeLaunch(context, 1);
  classify(context, trainLabelAt, trainLossAt, trainTop1At);
  beforeLaunch(context, 2);
  gradients(context);
  beforeLaunch(context, 3);
  update(context);
}

void evalStep(StepContext &context) {
  beforeLaunch(context, 0);
  normalize(context, evalImageAt, false);
  beforeLaunch(context, 1);
  classify(context, evalLabelAt, evalLossAt, evalTop1At);
}

template <typename T, size_t Size>
constexpr Span<T> span(const T (&array)[Size]) {
  return {array, Size};
}

const int64_t imageShape[] = {batch, 2, 2, 1};
const int64_t labelShape[] = {batch};
const int64_t weightShape[] = {pixels, classes};
const int64_t biasShape[] = {classes};
const int64_t meanShape[] = {pixels};

using Role = Variable::Role;
using Init = Initializer::Kind;
const Variable variables[] = {
    {"fc.weight",
     Role::parameter,
     ElementType::f32,
     span(weightShape),
     weightAt,
     weightBytes,
     {Init::normal, 0.0, 0.5, nullptr}},
    {"fc.bias", Role::parameter, ElementType::f32, span(biasShape), biasAt, biasBytes, {}},
    {"norm.mean",
     Role::statistic,
     ElementType::f32,
     span(meanShape),
     meanAt,
     pixels * sizeof(float),
     {}},
    {"fc.weight/momentum",
     Role::optimizer,
     ElementType::f32,
     span(weightShape),
     weightMomentumAt,
     weightBytes,
     {}},
    {"fc.bias/momentum",
     Role::optimizer,
     ElementType::f32,
     span(biasShape),
     biasMomentumAt,
     biasBytes,
     {}},
    {"grad/fc.weight",
     Role::gradient,
     ElementType::f32,
     span(weightShape),
     weightGradientAt,
     weightBytes,
     {}},
    {"grad/fc.bias",
     Role::gradient,
     ElementType::f32,
     span(biasShape),
     biasGradientAt,
     biasBytes,
     {}},
};
const Input inputs[] = {
    {"image",
     ElementType::u8,
     span(imageShape),
     trainImageAt,
     evalImageAt,
     {imageSlot0At, imageSlot1At},
     batch *pixels},
    {"label",
     ElementType::i32,
     span(labelShape),
     trainLabelAt,
     evalLabelAt,
     {labelSlot0At, labelSlot1At},
     batch * sizeof(int32_t)},
};
const Scalar scalars[] = {{Scalar::Kind::learningRate, rateAt},
                          {Scalar::Kind::momentum, momentumAt},
                          {Scalar::Kind::weightDecay, decayAt},
                          {Scalar::Kind::seed, seedAt}};
const Metric metrics[] = {{"loss", trainLossAt, evalLossAt}, {"top1", trainTop1At, evalTop1At}};

constexpr ElementType f32 = ElementType::f32;
const LaunchOutput normalized[] = {{featuresAt, batch *pixels * sizeof(float), f32},
                                   {meanAt, pixels * sizeof(float), f32}};
const LaunchOutput classified[] = {{probabilitiesAt, batch *classes * sizeof(float), f32},
                                   {trainLossAt, 8, f32}};
const LaunchOutput differentiated[] = {{weightGradientAt, weightBytes, f32},
                                       {biasGradientAt, biasBytes, f32}};
const LaunchOutput updated[] = {{weightAt, weightBytes, f32},
                                {biasAt, biasBytes, f32},
                                {weightMomentumAt, weightBytes, f32},
                                {biasMomentumAt, biasBytes, f32}};
const Launch trainLaunches[] = {
    {"normalize", "norm", "logistic.mlir:4:8", 64, 160, span(normalized)},
    {"softmax_cross_entropy", "loss", "logistic.mlir:6:8", 192, 400, span(classified)},
    {"dense_gradient", "fc", "logistic.mlir:5:8", 192, 400, span(differentiated)},
    {"sgd", "fc", "logistic.mlir:5:8", 75, 300, span(updated)},
};
const Launch evalLaunches[] = {
    {"normalize", "norm", "logistic.mlir:4:8", 64, 160, {}},
    {"softmax_cross_entropy", "loss", "logistic.mlir:6:8", 192, 400, {}},
};

Recipe makeRecipe() {
  Recipe recipe;
  recipe.learningRate = 0.5;
  recipe.weightDecay = 1e-4;
  recipe.schedule = Recipe::Schedule::cosine;
  recipe.warmupEpochs = 0.5;
  recipe.epochs = 3;
  recipe.seed = 7;
  return recipe;
}

Program makeProgram() {
  Program program = {};
  program.model = "logistic";
  program.source = "logistic.mlir";
  program.target = "cpu";
  program.precision = "fp32";
  program.compiler = "0.1.0";
  program.fingerprint = 0x1234 + classes;
  program.batch = batch;
  program.arenaBytes = arenaEnd;
  program.lowerBoundBytes = arenaEnd - 128;
  program.unsharedBytes = 2 * arenaEnd;
  program.noInPlaceBytes = arenaEnd + 256;
  program.peakLaunch = 1;
  program.variables = span(variables);
  program.inputs = span(inputs);
  program.scalars = span(scalars);
  program.metrics = span(metrics);
  program.train = {span(trainLaunches), trainStep};
  program.eval = {span(evalLaunches), evalStep};
  program.recipe = makeRecipe();
  return program;
}

} // namespace

const Program fanfold::test::logistic = makeProgram();

//===- Logistic.cpp - a compiled program written by hand ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LogisticLayout.h"

#ifndef LOGISTIC_ARENA_BYTES
#define LOGISTIC_ARENA_BYTES arenaEnd
#endif

using namespace fanfold;
using namespace fanfold::test;

namespace {

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

const Classifier classifiers[] = {{"loss", "logistic.mlir:6:8", classes},
                                  {"top1", "logistic.mlir:7:8", classes}};

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
  program.target = logisticTarget;
  program.precision = "fp32";
  program.compiler = "0.1.0";
  program.fingerprint = 0x1234 + classes;
  program.batch = batch;
  program.threads = 4;
  program.arenaBytes = LOGISTIC_ARENA_BYTES;
  program.lowerBoundBytes = arenaEnd - 128;
  program.peakLaunch = 1;
  program.variables = span(variables);
  program.inputs = span(inputs);
  program.scalars = span(scalars);
  program.metrics = span(metrics);
  program.train = {span(trainLaunches), trainStep};
  program.eval = {span(evalLaunches), evalStep};
  program.recipe = makeRecipe();
  program.classifiers = span(classifiers);
  return program;
}

} // namespace

const Program fanfold::test::logistic = makeProgram();

//===- LogisticSteps.cu - the steps of the hand-written program, on a GPU -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As LogisticSteps.cpp, each launch one kernel of one block: what is tested is what
// stands around them. Sums have one order, so that equal runs give equal bits.
//
//===----------------------------------------------------------------------===//

#include "../LogisticLayout.h"
#include "codegen/kernels/Random.h"

#include <cmath>
#include <cstdlib>

using namespace fanfold;
using namespace fanfold::test;

namespace {

/// The step's bytes as a kernel sees them.
struct Arena {
  std::byte *begin;

  template <typename T>
  __device__ T *at(size_t offset) const {
    return reinterpret_cast<T *>(begin + offset);
  }
};

__global__ void normalize(Arena arena, size_t image, bool train) {
  const auto *pixel = arena.at<uint8_t>(image);
  auto *feature = arena.at<float>(featuresAt);
  const uint32_t seed = *arena.at<uint32_t>(seedAt);
  const int i = threadIdx.x; // One of batch * pixels.
  feature[i] = static_cast<float>(pixel[i]) / 255 - 0.5f;
  if (train && kernels::uniform(seed, 0, i) < 0.125f)
    feature[i] = 0;
  __syncthreads();
  if (!train || i >= pixels)
    return;
  float sum = 0;
  for (int n = 0; n < batch; ++n)
    sum += feature[n * pixels + i];
  float &mean = arena.at<float>(meanAt)[i];
  mean = 0.9f * mean + 0.1f * sum / batch;
}

__global__ void classify(Arena arena, size_t label, size_t loss, size_t top1) {
  const auto *feature = arena.at<float>(featuresAt);
  const auto *weight = arena.at<float>(weightAt);
  const auto *bias = arena.at<float>(biasAt);
  const auto *labels = arena.at<int32_t>(label);
  auto *probability = arena.at<float>(probabilitiesAt);
  __shared__ float losses[batch], hits[batch];
  const int n = threadIdx.x; // One of batch.
  float *row = probability + n * classes;
  int best = 0;
  for (int c = 0; c < classes; ++c) {
    row[c] = bias[c];
    for (int p = 0; p < pixels; ++p)
      row[c] += feature[n * pixels + p] * weight[p * classes + c];
    best = row[c] > row[best] ? c : best;
  }
  const float largest = row[best];
  float sum = 0;
  for (int c = 0; c < classes; ++c)
    sum += row[c] = expf(row[c] - largest);
  for (int c = 0; c < classes; ++c)
    row[c] /= sum;
  losses[n] = labels[n] < 0 ? 0 : labels[n] >= classes ? NAN : -logf(row[labels[n]]);
  hits[n] = labels[n] == best;
  __syncthreads();
  if (n > 0)
    return;
  float lossSum = 0, hitSum = 0;
  for (int i = 0; i < batch; ++i) {
    lossSum += losses[i];
    hitSum += hits[i];
  }
  *arena.at<float>(loss) = lossSum / batch;
  *arena.at<float>(top1) = hitSum / batch;
}

/// Runs of gradients() so far.
__device__ int runs;

/// Reads where nothing is in run `failing` (from 0), if there is one.
__global__ void gradients(Arena arena, int failing) {
  const auto *feature = arena.at<float>(featuresAt);
  const auto *probability = arena.at<float>(probabilitiesAt);
  const auto *labels = arena.at<int32_t>(trainLabelAt);
  const int c = threadIdx.x % classes, p = threadIdx.x / classes; // p == pixels: the bias.
  if (threadIdx.x == 0 && runs++ == failing)
    labels = nullptr;
  float sum = 0;
  for (int n = 0; n < batch; ++n) {
    float delta = labels[n] == overflowLabel
                      ? INFINITY
                      : (probability[n * classes + c] - (labels[n] == c)) / batch;
    sum += p < pixels ? feature[n * pixels + p] * delta : delta;
  }
  (p < pixels ? arena.at<float>(weightGradientAt)[p * classes + c]
              : arena.at<float>(biasGradientAt)[c]) = sum;
}

__global__ void update(Arena arena) {
  const float rate = *arena.at<float>(rateAt), momentum = *arena.at<float>(momentumAt),
              decay = *arena.at<float>(decayAt);
  const bool isBias = threadIdx.x >= pixels * classes;
  const int i = isBias ? threadIdx.x - pixels * classes : threadIdx.x;
  float &v = arena.at<float>(isBias ? biasMomentumAt : weightMomentumAt)[i];
  float &w = arena.at<float>(isBias ? biasAt : weightAt)[i];
  const float g = arena.at<float>(isBias ? biasGradientAt : weightGradientAt)[i];
  if (!isfinite(g)) // As programs with a scaled loss do.
    return;
  v = momentum * v + g + (isBias ? 0 : decay * w);
  w -= rate * v;
}

cudaStream_t streamOf(const StepContext &context) {
  return static_cast<cudaStream_t>(context.stream);
}

/// For tests of what a program says when a kernel fails: the run of the train step in
/// which one does.
int failingRun() {
  const char *text = std::getenv("LOGISTIC_FAILING_RUN");
  return text ? std::atoi(text) : -1;
}

} // namespace

#ifndef LOGISTIC_TARGET
#define LOGISTIC_TARGET "cuda:sm_90"
#endif
const char *const fanfold::test::logisticTarget = LOGISTIC_TARGET;

void fanfold::test::trainStep(StepContext &context) {
  const Arena arena{context.arena};
  cudaStream_t stream = streamOf(context);
  beforeLaunch(context, 0);
  normalize<<<1, batch * pixels, 0, stream>>>(arena, trainImageAt, true);
  beforeLaunch(context, 1);
  classify<<<1, batch, 0, stream>>>(arena, trainLabelAt, trainLossAt, trainTop1At);
  beforeLaunch(context, 2);
  gradients<<<1, (pixels + 1) * classes, 0, stream>>>(arena, failingRun());
  beforeLaunch(context, 3);
  update<<<1, (pixels + 1) * classes, 0, stream>>>(arena);
}

void fanfold::test::evalStep(StepContext &context) {
  const Arena arena{context.arena};
  cudaStream_t stream = streamOf(context);
  beforeLaunch(context, 0);
  normalize<<<1, batch * pixels, 0, stream>>>(arena, evalImageAt, false);
  beforeLaunch(context, 1);
  classify<<<1, batch, 0, stream>>>(arena, evalLabelAt, evalLossAt, evalTop1At);
}

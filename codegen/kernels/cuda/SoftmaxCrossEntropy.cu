//===- SoftmaxCrossEntropy.cu - the loss of a classifier ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/BlockReduce.cuh"
#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/SoftmaxCrossEntropy.h"
#include "codegen/kernels/cuda/Vec.cuh"

#include <cmath>

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// A block for each row. The logits are few: they stay in the cache between the loops.
template <typename T, typename P>
__global__ void __launch_bounds__(blockThreads)
    softmaxKernel(int64_t classes, float smoothing, const T *logits, const int32_t *labels,
                  P *probabilities, double *losses) {
  const int64_t row = blockIdx.x;
  const T *in = logits + row * classes;
  const int32_t label = labels[row];
  // Before anything is written over it.
  const float own = label >= 0 && label < classes ? toFloat(in[label]) : 0.0f;
  float maximum = -INFINITY;
  for (int64_t c = threadIdx.x; c < classes; c += blockThreads)
    maximum = fmaxf(maximum, toFloat(in[c]));
  maximum = blockReduce(maximum, [](float a, float b) { return fmaxf(a, b); });
  double sum = 0, sumOfLogits = 0;
  for (int64_t c = threadIdx.x; c < classes; c += blockThreads) {
    const float shifted = toFloat(in[c]) - maximum;
    sum += static_cast<double>(expf(shifted));
    sumOfLogits += static_cast<double>(shifted);
  }
  sum = blockSum(sum);
  sumOfLogits = blockSum(sumOfLogits);
  const float scale = static_cast<float>(1.0 / sum);
  for (int64_t c = threadIdx.x; c < classes; c += blockThreads)
    probabilities[row * classes + c] = fromFloat<P>(expf(toFloat(in[c]) - maximum) * scale);
  if (threadIdx.x > 0)
    return;
  const double logSum = log(sum);
  const double atLabel = logSum - static_cast<double>(own - maximum);
  const double mean = logSum - sumOfLogits / static_cast<double>(classes);
  const auto share = static_cast<double>(smoothing);
  losses[row] = label < 0          ? 0.0
                : label >= classes ? static_cast<double>(NAN)
                : smoothing == 0   ? atLabel
                                   : (1.0 - share) * atLabel + share * mean;
}

__global__ void __launch_bounds__(blockThreads)
    meanKernel(int64_t rows, const double *losses, float *loss) {
  const double total = blockSum(rows, losses);
  if (threadIdx.x == 0)
    *loss = static_cast<float>(total / static_cast<double>(rows));
}

template <typename T, typename P>
__global__ void __launch_bounds__(blockThreads)
    gradientKernel(int64_t rows, int64_t classes, float smoothing, const P *probabilities,
                   const int32_t *labels, const float *dloss, T *dlogits) {
  const int64_t row = blockIdx.x;
  const int32_t label = labels[row];
  const bool counts = label >= 0 && label < classes;
  const float scale = *dloss / static_cast<float>(rows);
  const float everywhere = smoothing / static_cast<float>(classes);
  for (int64_t c = threadIdx.x; c < classes; c += blockThreads) {
    const float target = c == label ? (1.0f - smoothing) + everywhere : everywhere;
    const float distance = toFloat(probabilities[row * classes + c]) - target;
    dlogits[row * classes + c] = fromFloat<T>(counts ? scale * distance : 0.0f);
  }
}

} // namespace

template <typename T, typename P>
void fanfold::cuda::softmaxCrossEntropy(cudaStream_t stream, int64_t rows, int64_t classes,
                                        float smoothing, const T *logits, const int32_t *labels,
                                        float *loss, P *probabilities, void *workspace) {
  if (rows == 0)
    return;
  auto *losses = static_cast<double *>(workspace);
  softmaxKernel<<<static_cast<unsigned>(rows), blockThreads, 0, stream>>>(
      classes, smoothing, logits, labels, probabilities, losses);
  meanKernel<<<1, blockThreads, 0, stream>>>(rows, losses, loss);
}

template <typename T, typename P>
void fanfold::cuda::softmaxCrossEntropyGradient(cudaStream_t stream, int64_t rows, int64_t classes,
                                                float smoothing, const P *probabilities,
                                                const int32_t *labels, const float *dloss,
                                                T *dlogits) {
  if (rows == 0)
    return;
  gradientKernel<<<static_cast<unsigned>(rows), blockThreads, 0, stream>>>(
      rows, classes, smoothing, probabilities, labels, dloss, dlogits);
}

#define INSTANTIATE(T, P)                                                                          \
  template void fanfold::cuda::softmaxCrossEntropy(                                                \
      cudaStream_t, int64_t, int64_t, float, const T *, const int32_t *, float *, P *, void *);    \
  template void fanfold::cuda::softmaxCrossEntropyGradient(                                        \
      cudaStream_t, int64_t, int64_t, float, const P *, const int32_t *, const float *, T *);
INSTANTIATE(float, float)
INSTANTIATE(__half, __half)
INSTANTIATE(__half, float)
INSTANTIATE(__nv_bfloat16, __nv_bfloat16)
INSTANTIATE(__nv_bfloat16, float)

//===- NormFold.cu - batch normalisation folded into 1x1 convolutions -----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/BlockReduce.cuh"
#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/NormFold.h"
#include "codegen/kernels/cuda/Vec.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// A block for each output channel. Sums are of double: variance and dgamma are differences
/// of larger numbers.
template <typename T>
__global__ void __launch_bounds__(blockThreads)
    foldKernel(NormFoldShape shape, float epsilon, float momentum, const float *filter,
               const float *spread, const float *inputSum, const float *gamma, const float *beta,
               const float *runningMean, const float *runningVar, T *foldedFilter, T *bias,
               float *invStd, float *newRunningMean, float *newRunningVar) {
  const int64_t k = blockIdx.x, first = k * shape.inChannels;
  double sum = 0, squares = 0; // Over the rows of y.
  for (int64_t c = threadIdx.x; c < shape.inChannels; c += blockThreads) {
    const auto w = static_cast<double>(filter[first + c]);
    sum += w * static_cast<double>(inputSum[c]);
    squares += w * static_cast<double>(spread[first + c]);
  }
  sum = blockSum(sum);
  squares = blockSum(squares);
  const auto n = static_cast<double>(shape.rows);
  const double mean = sum / n;
  const double distances = fmax(squares - mean * sum, 0.0);
  const double deviation = 1.0 / sqrt(distances / n + static_cast<double>(epsilon));
  const double scale = static_cast<double>(gamma[k]) * deviation;
  double foldedMean = 0;
  for (int64_t c = threadIdx.x; c < shape.inChannels; c += blockThreads) {
    const T folded =
        fromFloat<T>(static_cast<float>(scale * static_cast<double>(filter[first + c])));
    foldedFilter[first + c] = folded;
    foldedMean += static_cast<double>(toFloat(folded)) * static_cast<double>(inputSum[c]);
  }
  foldedMean = blockSum(foldedMean) / n;
  if (threadIdx.x > 0)
    return;
  bias[k] = fromFloat<T>(static_cast<float>(static_cast<double>(beta[k]) - foldedMean));
  invStd[k] = static_cast<float>(deviation);
  const auto share = static_cast<double>(momentum);
  newRunningMean[k] =
      static_cast<float>((1.0 - share) * static_cast<double>(runningMean[k]) + share * mean);
  newRunningVar[k] = static_cast<float>((1.0 - share) * static_cast<double>(runningVar[k]) +
                                        share * distances / (n - 1.0));
}

/// A block for each output channel.
template <typename T>
__global__ void __launch_bounds__(blockThreads)
    filterGradientKernel(NormFoldShape shape, const float *filter, const float *product,
                         const float *spread, const float *inputSum, const float *gradientSum,
                         const float *invStd, const float *gamma, T *filterGradient,
                         float *gammaGradient, T *scaledFilter, float *weightedFilter) {
  const int64_t k = blockIdx.x, first = k * shape.inChannels;
  double dot = 0, rowSum = 0; // W . P and W . m
  for (int64_t c = threadIdx.x; c < shape.inChannels; c += blockThreads) {
    const auto w = static_cast<double>(filter[first + c]);
    dot += w * static_cast<double>(product[first + c]);
    rowSum += w * static_cast<double>(inputSum[c]);
  }
  dot = blockSum(dot);
  rowSum = blockSum(rowSum);
  const auto n = static_cast<double>(shape.rows);
  const double meanGradient = static_cast<double>(gradientSum[k]) / n, meanResult = rowSum / n;
  const auto deviation = static_cast<double>(invStd[k]);
  const double dgamma = deviation * (dot - meanGradient * rowSum);
  const double scale = static_cast<double>(gamma[k]) * deviation;
  const double weight = -scale * deviation * dgamma / n;
  for (int64_t c = threadIdx.x; c < shape.inChannels; c += blockThreads) {
    const int64_t i = first + c;
    const auto w = static_cast<double>(filter[i]), m = static_cast<double>(inputSum[c]);
    const double centredProduct = static_cast<double>(product[i]) - meanGradient * m;
    const double centredSpread = static_cast<double>(spread[i]) - meanResult * m;
    filterGradient[i] =
        fromFloat<T>(static_cast<float>(scale * centredProduct + weight * centredSpread));
    scaledFilter[i] = fromFloat<T>(static_cast<float>(scale * w));
    weightedFilter[i] = static_cast<float>(weight * w);
  }
  if (threadIdx.x == 0)
    gammaGradient[k] = static_cast<float>(dgamma);
}

/// A block for each input channel.
template <typename T>
__global__ void __launch_bounds__(blockThreads)
    inputFilterKernel(NormFoldShape shape, const float *square, const T *scaledFilter,
                      const float *inputSum, const float *gradientSum, T *filter, float *shift) {
  const int64_t c = blockIdx.x;
  double sum = 0;
  for (int64_t k = threadIdx.x; k < shape.outChannels; k += blockThreads)
    sum += static_cast<double>(toFloat(scaledFilter[k * shape.inChannels + c])) *
           static_cast<double>(gradientSum[k]);
  for (int64_t d = threadIdx.x; d < shape.inChannels; d += blockThreads) {
    const T rounded = fromFloat<T>(square[c * shape.inChannels + d]);
    filter[c * shape.inChannels + d] = rounded;
    sum += static_cast<double>(toFloat(rounded)) * static_cast<double>(inputSum[d]);
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0)
    shift[c] = static_cast<float>(-sum / static_cast<double>(shape.rows));
}

} // namespace

template <typename T>
void fanfold::cuda::foldNorm(cudaStream_t stream, const NormFoldShape &shape, float epsilon,
                             float momentum, const float *filter, const float *spread,
                             const float *inputSum, const float *gamma, const float *beta,
                             const float *runningMean, const float *runningVar, T *foldedFilter,
                             T *bias, float *invStd, float *newRunningMean, float *newRunningVar) {
  foldKernel<<<static_cast<unsigned>(shape.outChannels), blockThreads, 0, stream>>>(
      shape, epsilon, momentum, filter, spread, inputSum, gamma, beta, runningMean, runningVar,
      foldedFilter, bias, invStd, newRunningMean, newRunningVar);
}

template <typename T>
void fanfold::cuda::foldNormGradient(cudaStream_t stream, const NormFoldShape &shape,
                                     const float *filter, const float *product, const float *spread,
                                     const float *inputSum, const float *gradientSum,
                                     const float *invStd, const float *gamma, T *filterGradient,
                                     float *gammaGradient, T *scaledFilter, float *weightedFilter) {
  filterGradientKernel<<<static_cast<unsigned>(shape.outChannels), blockThreads, 0, stream>>>(
      shape, filter, product, spread, inputSum, gradientSum, invStd, gamma, filterGradient,
      gammaGradient, scaledFilter, weightedFilter);
}

template <typename T>
void fanfold::cuda::foldNormInput(cudaStream_t stream, const NormFoldShape &shape,
                                  const float *square, const T *scaledFilter, const float *inputSum,
                                  const float *gradientSum, T *filter, float *shift) {
  inputFilterKernel<<<static_cast<unsigned>(shape.inChannels), blockThreads, 0, stream>>>(
      shape, square, scaledFilter, inputSum, gradientSum, filter, shift);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::foldNorm(cudaStream_t, const NormFoldShape &, float, float,         \
                                        const float *, const float *, const float *,               \
                                        const float *, const float *, const float *,               \
                                        const float *, T *, T *, float *, float *, float *);       \
  template void fanfold::cuda::foldNormGradient(                                                   \
      cudaStream_t, const NormFoldShape &, const float *, const float *, const float *,            \
      const float *, const float *, const float *, const float *, T *, float *, T *, float *);     \
  template void fanfold::cuda::foldNormInput(cudaStream_t, const NormFoldShape &, const float *,   \
                                             const T *, const float *, const float *, T *,         \
                                             float *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

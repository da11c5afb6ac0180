//===- NormFold.h - batch normalisation folded into 1x1 convolutions ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A 1x1 convolution makes K channels of C, y = a W^T over N rows (pixels), and batch
// normalisation makes z = gamma * (y - mean) * invStd + beta. All of it follows from sums
// over a, without y. With
//
//   m[c] = sum_n a[n][c]      M[c][d] = sum_n a[n][c] a[n][d]      M' = M - m m^T / N
//
// the statistics of channel k are those of a along row k of W,
//
//   mean[k] = W[k] . m / N    variance[k] = W[k] M' W[k]^T / N
//
// and z = a S^T + b is a convolution itself, with S = diag(gamma invStd) W and
// b = beta - S m / N. In the backward pass, with dz the gradient of z,
//
//   s[k] = sum_n dz[n][k]     P[k][c] = sum_n dz[n][k] a[n][c]     P' = P - s m^T / N
//
// and because y - mean = (a - m / N) W^T, and, as batch normalisation has it,
// dy = gamma invStd (dz - dbeta / N - (y - mean) invStd dgamma / N):
//
//   dbeta[k]  = s[k]
//   dgamma[k] = invStd[k] * sum_c W[k][c] P'[k][c]
//   dW = diag(gamma invStd) P' - diag(gamma invStd^2 dgamma / N) W M'
//   da = (dz - s / N) S - (a - m / N) Q,   Q = W^T diag(gamma invStd^2 dgamma / N) W
//
// P and M are weight gradients of convolutions, spread = W M a convolution of the filter,
// Q a weight gradient between filters, and da a data gradient of dz plus a convolution of
// a. What is left to do between these products is here: K x C or C x C numbers.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_NORMFOLD_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_NORMFOLD_H

#include <cuda_runtime_api.h>

#include <cstdint>

namespace fanfold::cuda {

/// Sizes of the convolution, each at least 1.
struct NormFoldShape {
  int64_t rows;        ///< N
  int64_t outChannels; ///< K
  int64_t inChannels;  ///< C
};

/// From W and spread (K x C each), m (C), gamma, beta and the running statistics (K each),
/// all fp32: S and b in T, invStd = 1 / sqrt(variance + epsilon), and new running
/// statistics as in BatchNorm.h, which may be written in place. b is that of S as it is
/// rounded to T, so that the means come out right. The variance is a difference: it has an
/// error of about 1e-7 times the mean square of a along W[k], and is never below zero. One
/// launch.
template <typename T>
void foldNorm(cudaStream_t stream, const NormFoldShape &shape, float epsilon, float momentum,
              const float *filter, const float *spread, const float *inputSum, const float *gamma,
              const float *beta, const float *runningMean, const float *runningVar, T *foldedFilter,
              T *bias, float *invStd, float *newRunningMean, float *newRunningVar);

/// From W, P and spread = W M (K x C each), m (C), s, invStd and gamma (K each), all fp32:
/// dW in T, dgamma, S in T, and, in fp32, R = -diag(gamma invStd^2 dgamma / N) W, of which
/// -Q = W^T R. One launch.
template <typename T>
void foldNormGradient(cudaStream_t stream, const NormFoldShape &shape, const float *filter,
                      const float *product, const float *spread, const float *inputSum,
                      const float *gradientSum, const float *invStd, const float *gamma,
                      T *filterGradient, float *gammaGradient, T *scaledFilter,
                      float *weightedFilter);

/// From square = -Q (C x C, fp32), S, m and s: square in T, as the filter of a convolution
/// of a, and in fp32 shift[c], so that da = dz S + a square + shift. The shift is that of
/// the filters as they are rounded to T. One launch.
template <typename T>
void foldNormInput(cudaStream_t stream, const NormFoldShape &shape, const float *square,
                   const T *scaledFilter, const float *inputSum, const float *gradientSum,
                   T *filter, float *shift);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_NORMFOLD_H

//===- BatchNorm.h - statistics of batch normalisation --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Mean and variance of each channel over rows = batch x height x width, from the tensor
// or from the sums that a convolution leaves behind. The rest of batch normalisation is
// pointwise or a pair of channel sums, and is fused there.
//
// Both also give the running statistics, which may be written in place:
//
//   newRunningMean = (1 - momentum) * runningMean + momentum * mean
//   newRunningVar  = (1 - momentum) * runningVar  + momentum * unbiased variance
//
// With a single row the unbiased variance is NaN, as in PyTorch.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_BATCHNORM_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_BATCHNORM_H

#include "codegen/kernels/cuda/Workspaces.h"

#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// For each channel of x (rows x channels, rows `pitch` elements apart): `mean` and `invStd` = 1 /
/// sqrt(biased variance
/// + epsilon). Reads x once. Every block takes distances from the first row that it meets,
/// and moments of blocks are combined in double (Chan et al.), so a mean far from zero
/// costs no precision. `workspace` has batchNormWorkspaceBytes(rows, channels). Two launches.
/// T is float, __half or __nv_bfloat16.
template <typename T>
void batchNormStatistics(cudaStream_t stream, int64_t rows, int64_t channels, const T *x,
                         int64_t pitch, float epsilon, float momentum, const float *runningMean,
                         const float *runningVar, float *newRunningMean, float *newRunningVar,
                         float *mean, float *invStd, void *workspace);

/// The same from the sums of x and of its squares over `rows` rows. The difference of the
/// two cancels where the mean is large against the deviation: to about 6e-8 *
/// (mean / deviation)^2 of the variance, which is never below zero.
void batchNormFinalize(cudaStream_t stream, int64_t rows, int64_t channels, const float *sum,
                       const float *sumOfSquares, float epsilon, float momentum,
                       const float *runningMean, const float *runningVar, float *newRunningMean,
                       float *newRunningVar, float *mean, float *invStd);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_BATCHNORM_H

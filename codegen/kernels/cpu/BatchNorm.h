//===- BatchNorm.h - statistics of batch normalisation --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Mean and variance of each channel over rows = batch x height x width. The rest
// of batch normalisation is pointwise (y = (x - mean) * invStd * gamma + beta) or
// a pair of channel sums (Pointwise.h), and is fused there.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_BATCHNORM_H
#define FANFOLD_CODEGEN_KERNELS_CPU_BATCHNORM_H

#include "codegen/kernels/cpu/Parallel.h"

#include <cmath>
#include <cstddef>

namespace fanfold::cpu {

namespace detail {

/// Rows and channels of one block. A block is read twice, the second time from
/// the cache.
constexpr int64_t batchNormRows = 64;
constexpr int64_t batchNormChannels = 512;

/// Mean, and sum of squared distances from it, of one block's channels.
inline void blockMoments(int64_t rows, int64_t pitch, int64_t width, const float *x, float *mean,
                         float *squares) {
  float sum[batchNormChannels] = {};
  for (int64_t row = 0; row < rows; ++row)
#pragma omp simd
    for (int64_t c = 0; c < width; ++c)
      sum[c] += x[row * pitch + c];
  const float scale = 1.0f / static_cast<float>(rows);
  float square[batchNormChannels] = {};
  for (int64_t c = 0; c < width; ++c)
    sum[c] *= scale;
  for (int64_t row = 0; row < rows; ++row)
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) {
      const float distance = x[row * pitch + c] - sum[c];
      square[c] += distance * distance;
    }
  std::copy(sum, sum + width, mean);
  std::copy(square, square + width, squares);
}

} // namespace detail

/// Bytes of workspace that batchNormStatistics needs.
constexpr size_t batchNormWorkspaceBytes(int64_t rows, int64_t channels) {
  return static_cast<size_t>((rows + detail::batchNormRows - 1) / detail::batchNormRows * 2 *
                             channels) *
         sizeof(float);
}

/// For each channel of x (rows x channels, rows `pitch` elements apart): `mean`, `invStd` = 1 /
/// sqrt(biased variance + epsilon), and the running statistics
///
///   newRunningMean = (1 - momentum) * runningMean + momentum * mean
///   newRunningVar  = (1 - momentum) * runningVar  + momentum * unbiased variance
///
/// which may be written in place. With a single row the unbiased variance is NaN,
/// as in PyTorch. Within 64 rows distances are taken from the block's own mean,
/// across blocks moments are combined in double (Chan et al.), so a mean far from
/// zero costs no precision and threads do not change the bits.
inline void batchNormStatistics(int64_t rows, int64_t channels, const float *x, int64_t pitch,
                                float epsilon, float momentum, const float *runningMean,
                                const float *runningVar, float *newRunningMean,
                                float *newRunningVar, float *mean, float *invStd,
                                std::byte *workspace) {
  using namespace detail;
  float *moments = reinterpret_cast<float *>(workspace); // [row block][mean, squares][channel]
  const int64_t rowBlocks = blockCount(rows, batchNormRows);
  const int64_t channelBlocks = blockCount(channels, batchNormChannels);
  parallelFor(rowBlocks * channelBlocks,
              rowGrain(batchNormRows * std::min(channels, batchNormChannels)),
              [=](int64_t begin, int64_t end) {
                for (int64_t block = begin; block < end; ++block) {
                  const int64_t row = block / channelBlocks * batchNormRows;
                  const int64_t c = block % channelBlocks * batchNormChannels;
                  float *partial = moments + block / channelBlocks * 2 * channels + c;
                  blockMoments(std::min(batchNormRows, rows - row), pitch,
                               std::min(batchNormChannels, channels - c), x + row * pitch + c,
                               partial, partial + channels);
                }
              });
  parallelFor(channels, rowGrain(2 * rowBlocks), [=](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      double count = 0, center = 0, squares = 0;
      for (int64_t block = 0; block < rowBlocks; ++block) {
        const float *partial = moments + block * 2 * channels + c;
        const double added =
            static_cast<double>(std::min(batchNormRows, rows - block * batchNormRows));
        const double distance = static_cast<double>(partial[0]) - center;
        center += distance * added / (count + added);
        squares += static_cast<double>(partial[channels]) +
                   distance * distance * count * added / (count + added);
        count += added;
      }
      mean[c] = static_cast<float>(center);
      invStd[c] = static_cast<float>(1.0 / std::sqrt(squares / count + double{epsilon}));
      const double unbiased = squares / (count - 1.0);
      newRunningMean[c] = static_cast<float>((1.0 - momentum) * runningMean[c] + momentum * center);
      newRunningVar[c] = static_cast<float>((1.0 - momentum) * runningVar[c] + momentum * unbiased);
    }
  });
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_BATCHNORM_H

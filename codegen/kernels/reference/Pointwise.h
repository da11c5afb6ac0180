//===- Pointwise.h - activations, channel sums and normalisation by their definition ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The double-precision twins of what is pointwise or sums over rows: activations
// with their gradients, bias and batch normalisation. Tensors are rows x channels.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_REFERENCE_POINTWISE_H
#define FANFOLD_CODEGEN_KERNELS_REFERENCE_POINTWISE_H

#include <cmath>
#include <cstdint>

namespace fanfold::reference {

inline double relu(double x) { return x < 0 ? 0 : x; }
inline double relu6(double x) { return x < 0 ? 0 : x > 6 ? 6 : x; }
inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Derivatives at x. The corners of relu and relu6 have 0.
inline double reluDerivative(double x) { return x > 0 ? 1 : 0; }
inline double relu6Derivative(double x) { return x > 0 && x < 6 ? 1 : 0; }
inline double sigmoidDerivative(double x) { return sigmoid(x) * (1 - sigmoid(x)); }
inline double tanhDerivative(double x) { return 1 - std::tanh(x) * std::tanh(x); }

/// sums[c] = the sum of x over the rows of channel c: the gradient of a bias.
inline void channelSums(int64_t rows, int64_t channels, const double *x, double *sums) {
  for (int64_t c = 0; c < channels; ++c) {
    sums[c] = 0;
    for (int64_t row = 0; row < rows; ++row)
      sums[c] += x[row * channels + c];
  }
}

/// As cpu::batchNormStatistics.
inline void batchNormStatistics(int64_t rows, int64_t channels, const double *x, double epsilon,
                                double momentum, const double *runningMean,
                                const double *runningVar, double *newRunningMean,
                                double *newRunningVar, double *mean, double *invStd) {
  channelSums(rows, channels, x, mean);
  for (int64_t c = 0; c < channels; ++c) {
    mean[c] /= static_cast<double>(rows);
    double squares = 0;
    for (int64_t row = 0; row < rows; ++row)
      squares += (x[row * channels + c] - mean[c]) * (x[row * channels + c] - mean[c]);
    invStd[c] = 1 / std::sqrt(squares / static_cast<double>(rows) + epsilon);
    newRunningMean[c] = (1 - momentum) * runningMean[c] + momentum * mean[c];
    newRunningVar[c] =
        (1 - momentum) * runningVar[c] + momentum * squares / static_cast<double>(rows - 1);
  }
}

/// y = (x - mean) * invStd * gamma + beta.
inline void batchNorm(int64_t rows, int64_t channels, const double *x, const double *mean,
                      const double *invStd, const double *gamma, const double *beta, double *y) {
  for (int64_t i = 0; i < rows * channels; ++i) {
    const int64_t c = i % channels;
    y[i] = (x[i] - mean[c]) * invStd[c] * gamma[c] + beta[c];
  }
}

/// Gradients of batchNorm with the statistics of the batch, which depend on x.
inline void batchNormGradient(int64_t rows, int64_t channels, const double *x, const double *mean,
                              const double *invStd, const double *gamma, const double *dy,
                              double *dx, double *dgamma, double *dbeta) {
  for (int64_t c = 0; c < channels; ++c) {
    dgamma[c] = dbeta[c] = 0;
    for (int64_t i = c; i < rows * channels; i += channels) {
      dbeta[c] += dy[i];
      dgamma[c] += dy[i] * (x[i] - mean[c]) * invStd[c];
    }
    for (int64_t i = c; i < rows * channels; i += channels) {
      const double xhat = (x[i] - mean[c]) * invStd[c];
      dx[i] = gamma[c] * invStd[c] *
              (dy[i] - (dbeta[c] + xhat * dgamma[c]) / static_cast<double>(rows));
    }
  }
}

} // namespace fanfold::reference

#endif // FANFOLD_CODEGEN_KERNELS_REFERENCE_POINTWISE_H

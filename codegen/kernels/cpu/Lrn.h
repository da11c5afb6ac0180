//===- Lrn.h - local response normalisation across channels ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   y[c] = x[c] / d[c]^beta,  d[c] = k + alpha / size * sum of x[c']^2
//
// over c' from c - size / 2 to c + (size - 1) / 2, clipped to the channels: the
// window of torch.nn.LocalResponseNorm, whose longer half is before c.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_LRN_H
#define FANFOLD_CODEGEN_KERNELS_CPU_LRN_H

#include "codegen/kernels/cpu/Parallel.h"

#include <cmath>

namespace fanfold::cpu {

namespace detail {

/// Channels that a row is worked on at a time, with those of the window around.
constexpr int64_t lrnBlock = 512;

/// x^-beta. AlexNet's exponent needs no pow, which does not vectorise.
inline void inversePower(int64_t n, float beta, const float *x, float *y) {
  if (beta == 0.75f) {
    for (int64_t i = 0; i < n; ++i) {
      const float root = std::sqrt(x[i]);
      y[i] = 1.0f / (root * std::sqrt(root));
    }
  } else {
    for (int64_t i = 0; i < n; ++i)
      y[i] = std::pow(x[i], -beta);
  }
}

/// out[c - begin] += term[c + d], for d in [low, high], where c + d lies within
/// [termBegin, termEnd) and c within [begin, end). `term` is indexed from
/// termBegin on.
inline void windowSum(int64_t begin, int64_t end, int64_t low, int64_t high, int64_t termBegin,
                      int64_t termEnd, const float *term, float *out) {
  std::fill(out, out + (end - begin), 0.0f);
  for (int64_t d = low; d <= high; ++d) {
    const int64_t first = std::max(begin, termBegin - d), last = std::min(end, termEnd - d);
#pragma omp simd
    for (int64_t c = first; c < last; ++c)
      out[c - begin] += term[c + d - termBegin];
  }
}

/// d[c] of one row for c in [begin, end), at most lrnBlock of them.
inline void lrnDenominators(int64_t channels, int64_t begin, int64_t end, int64_t size, float alpha,
                            float k, const float *x, float *out) {
  const int64_t before = size / 2, after = (size - 1) / 2;
  std::fill(out, out + (end - begin), 0.0f);
  for (int64_t d = -before; d <= after; ++d) {
    const int64_t first = std::max(begin, -d), last = std::min(end, channels - d);
#pragma omp simd
    for (int64_t c = first; c < last; ++c)
      out[c - begin] += x[c + d] * x[c + d];
  }
  const float scale = alpha / static_cast<float>(size);
  for (int64_t i = 0; i < end - begin; ++i)
    out[i] = k + scale * out[i];
}

} // namespace detail

/// y = lrn(x) over rows x channels. `size` is from 1 to 256. Not in place.
inline void lrn(int64_t rows, int64_t channels, int64_t size, float alpha, float beta, float k,
                const float *x, float *y) {
  parallelFor(rows, rowGrain(channels * 8), [=](int64_t rowBegin, int64_t rowEnd) {
    for (int64_t row = rowBegin; row < rowEnd; ++row)
      for (int64_t c = 0; c < channels; c += detail::lrnBlock) {
        const int64_t end = std::min(channels, c + detail::lrnBlock), width = end - c;
        const float *in = x + row * channels;
        float *out = y + row * channels + c;
        float denominator[detail::lrnBlock], power[detail::lrnBlock];
        detail::lrnDenominators(channels, c, end, size, alpha, k, in, denominator);
        detail::inversePower(width, beta, denominator, power);
        for (int64_t i = 0; i < width; ++i)
          out[i] = in[c + i] * power[i];
      }
  });
}

/// dx = the gradient of lrn's input:
///
///   dx[c] = dy[c] d[c]^-beta - 2 alpha beta / size x[c] sum dy[c'] x[c'] d[c']^(-beta-1)
///
/// over the c' whose windows hold c. Not in place.
inline void lrnGradient(int64_t rows, int64_t channels, int64_t size, float alpha, float beta,
                        float k, const float *x, const float *dy, float *dx) {
  const int64_t before = size / 2, after = (size - 1) / 2;
  const int64_t step = detail::lrnBlock - (size - 1); // the rest is the windows' overhang
  const float scale = 2.0f * alpha * beta / static_cast<float>(size);
  parallelFor(rows, rowGrain(channels * 16), [=](int64_t rowBegin, int64_t rowEnd) {
    for (int64_t row = rowBegin; row < rowEnd; ++row)
      for (int64_t begin = 0; begin < channels; begin += step) {
        const int64_t end = std::min(channels, begin + step);
        const float *in = x + row * channels, *gradient = dy + row * channels;
        float *out = dx + row * channels;
        // c' reaches from begin - after to end - 1 + before.
        const int64_t first = std::max<int64_t>(0, begin - after);
        const int64_t last = std::min(channels, end + before);
        float denominator[detail::lrnBlock], power[detail::lrnBlock], term[detail::lrnBlock];
        float sum[detail::lrnBlock];
        detail::lrnDenominators(channels, first, last, size, alpha, k, in, denominator);
        detail::inversePower(last - first, beta, denominator, power);
        for (int64_t i = 0; i < last - first; ++i)
          term[i] = gradient[first + i] * in[first + i] * power[i] / denominator[i];
        detail::windowSum(begin, end, -after, before, first, last, term, sum);
        for (int64_t c = begin; c < end; ++c)
          out[c] = gradient[c] * power[c - first] - scale * in[c] * sum[c - begin];
      }
  });
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_LRN_H

//===- Reduce.h - sums over a whole tensor --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_REDUCE_H
#define FANFOLD_CODEGEN_KERNELS_CPU_REDUCE_H

#include "codegen/kernels/cpu/Parallel.h"

#include <cstddef>

namespace fanfold::cpu {

namespace detail {
constexpr int64_t sumBlock = 16384; ///< Elements of one partial sum.
} // namespace detail

/// Bytes of workspace that sumOfSquares needs.
constexpr size_t sumOfSquaresWorkspaceBytes(int64_t n) {
  return static_cast<size_t>((n + detail::sumBlock - 1) / detail::sumBlock) * sizeof(double);
}

/// *out = the sum of x[i]^2 over n elements, in an order that no number of threads
/// changes: squares and sums are double, 16 lanes to a block. `workspace` is 8-byte
/// aligned.
inline void sumOfSquares(int64_t n, const float *x, float *out, std::byte *workspace) {
  double *partials = reinterpret_cast<double *>(workspace);
  parallelFor(n, detail::sumBlock, [=](int64_t begin, int64_t end) {
    constexpr int64_t lanes = 16;
    double sums[lanes] = {};
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes)
#pragma omp simd
      for (int64_t lane = 0; lane < lanes; ++lane)
        sums[lane] += double{x[i + lane]} * double{x[i + lane]};
    for (; i < end; ++i)
      sums[i % lanes] += double{x[i]} * double{x[i]};
    double sum = 0;
    for (double lane : sums)
      sum += lane;
    partials[begin / detail::sumBlock] = sum;
  });
  double sum = 0;
  for (int64_t block = 0; block < blockCount(n, detail::sumBlock); ++block)
    sum += partials[block];
  *out = static_cast<float>(sum);
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_REDUCE_H

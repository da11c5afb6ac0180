//===- Reduce.h - the last steps of sums, and sums over a whole tensor ----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Part of the library fanfold_cuda_kernels. Nothing here allocates, waits, or fails but
// in its launches, whose errors cudaGetLastError tells.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_REDUCE_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_REDUCE_H

#include "codegen/kernels/cuda/Workspaces.h"

#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// Sums that one pointwiseReduce makes at most.
constexpr int maxSums = 8;

struct SumTargets {
  float *out[maxSums];
};

/// targets.out[s][c] = the sum of partials[part][s][c] over the parts, added in double.
void sumPartials(cudaStream_t stream, int64_t parts, int sums, int64_t channels,
                 const float *partials, const SumTargets &targets);

/// out[i] = the sum of partials[part][i] over the parts, of n elements each, added in double.
/// T is float, __half or __nv_bfloat16.
template <typename T>
void sumPartials(cudaStream_t stream, int64_t parts, int64_t n, const float *partials, T *out);

/// *out = the sum of x[i]^2 over n elements; squares and sums are double. `workspace` has
/// sumOfSquaresWorkspaceBytes(n). Two launches. T is float, __half or __nv_bfloat16.
template <typename T>
void sumOfSquares(cudaStream_t stream, int64_t n, const T *x, float *out, void *workspace);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_REDUCE_H

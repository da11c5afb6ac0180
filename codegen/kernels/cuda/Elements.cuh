//===- Elements.cuh - the elements of a tensor, shared among threads ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For kernels that read a tensor of any length from end to end.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_ELEMENTS_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_ELEMENTS_CUH

#include "codegen/kernels/cuda/Vec.cuh"

namespace fanfold::cuda::detail {

/// Calls body(v) for the elements of x that fall to thread `thread` of `threads`: groups of
/// 16 bytes, and single ones in the end. There are at least as many threads as a group has
/// elements.
template <typename T, typename Body>
__device__ void forElements(int64_t n, const T *x, int64_t thread, int64_t threads, Body body) {
  constexpr int wide = 16 / static_cast<int>(sizeof(T));
#pragma unroll 4
  for (int64_t group = thread; group < n / wide; group += threads) {
    const Vec<T, wide> v = load<wide>(x + group * wide);
#pragma unroll
    for (int k = 0; k < wide; ++k)
      body(toFloat(v[k]));
  }
  if (const int64_t i = n / wide * wide + thread; i < n)
    body(toFloat(x[i]));
}

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_ELEMENTS_CUH

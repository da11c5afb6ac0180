//===- AllFinite.h - whether tensors hold infinities or NaN ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whether a step of mixed precision has overflowed is one question about all gradients.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_ALLFINITE_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_ALLFINITE_H

#include <cstdint>
#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// *result = 1 if every element of all tensors is finite, else 0. The tables x, of
/// addresses on the device, and n, of numbers of elements, have `tensors` entries each on
/// the host and are read before the function returns. One launch for each 240 tensors, and
/// one before. T is float, __half or __nv_bfloat16.
template <typename T>
void allFinite(cudaStream_t stream, int64_t tensors, const T *const *x, const int64_t *n,
               int32_t *result);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_ALLFINITE_H

//===- Dispatch.h - from sizes that are known at run time to kernels ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The library's kernels are compiled for the widest access and for single elements; its
// functions choose.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_DISPATCH_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_DISPATCH_H

#include <cstdint>
#include <type_traits>

namespace fanfold::cuda::detail {

/// Elements that 16 bytes have.
template <typename T>
constexpr int wide = 16 / static_cast<int>(sizeof(T));

/// Calls body with a constant V: `wide` where the channels are a multiple of that, or
/// else 1.
template <typename T, typename Body>
void withWidth(int64_t channels, Body body) {
  if (channels % wide<T> == 0)
    body(std::integral_constant<int, wide<T>>());
  else
    body(std::integral_constant<int, 1>());
}

} // namespace fanfold::cuda::detail

/// INSTANTIATE(T) for the types of elements.
#define FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)                                                        \
  INSTANTIATE(float)                                                                               \
  INSTANTIATE(__half)                                                                              \
  INSTANTIATE(__nv_bfloat16)

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_DISPATCH_H

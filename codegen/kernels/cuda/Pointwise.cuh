//===- Pointwise.cuh - elementwise kernels --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Generated code passes the body of a fused pointwise kernel as a functor that reads
// and writes through the pointers it holds:
//
//   struct pointwise3 {
//     const __half *x0; const float *x1; __half *y0;
//     __device__ void operator()(int64_t i, int c) const {
//       auto a0 = load<8>(x0 + i);
//       auto a1 = load<8>(x1 + c);
//       Vec<__half, 8> b0;
//   #pragma unroll
//       for (int k = 0; k < 8; ++k)
//         b0[k] = fromFloat<__half>(pointwise_7(toFloat(a0[k]), toFloat(a1[k])));
//       store(y0 + i, b0);
//     }
//   };
//   cuda::pointwise<8>(stream, rows, channels, pointwise3{x0, x1, y0});
//
// A call handles the V elements from i on, i = row * channels + c, of neighbouring
// channels of one row. It touches those elements (or channels) of its operands and
// nothing else; so every output may be the memory of an operand of the same elements.
//
// V divides the channels, and operands are aligned as load says. Without an operand
// that belongs to channels a kernel is called with rows = 1 and channels = the number
// of elements, of which there may be any number, and does not look at c.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISE_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISE_CUH

#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/Vec.cuh"

#include <algorithm>

namespace fanfold::cuda {

namespace detail {

/// A thread for each group of V elements, from element `base` on.
template <int V, typename F>
__global__ void __launch_bounds__(blockThreads)
    pointwiseKernel(const __grid_constant__ F f, int64_t base, uint32_t groups,
                    Divisor groupsPerRow) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= groups)
    return;
  uint32_t row = group;
  const uint32_t c = groupsPerRow.split(row) * V;
  f(base + int64_t{group} * V, static_cast<int>(c));
}

} // namespace detail

/// Calls f(i, c) for every group of V elements of a rows x channels tensor. One launch,
/// and another for each 2^31 groups.
template <int V, typename F>
void pointwise(cudaStream_t stream, int64_t rows, int64_t channels, F f) {
  if (rows == 0 || channels == 0)
    return;
  const int64_t groupsPerRow = channels / V, groups = rows * groupsPerRow;
  // Launches begin at the beginning of a row, so that groups tell channels.
  const int64_t step = std::max<int64_t>(1, maxGroups / groupsPerRow) * groupsPerRow;
  const int64_t launchGroups = std::min(step, maxGroups);
  const Divisor divisor(std::min(groupsPerRow, maxGroups));
  for (int64_t first = 0; first < groups; first += launchGroups) {
    const int64_t count = std::min(launchGroups, groups - first);
    detail::pointwiseKernel<V>
        <<<static_cast<unsigned>(divideUp(count, blockThreads)), blockThreads, 0, stream>>>(
            f, first * V, static_cast<uint32_t>(count), divisor);
  }
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISE_CUH

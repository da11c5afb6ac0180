//===- FilterSums.cuh - statistics of what a convolution stores -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For warpgroups whose threads store pixels in pieces of 8 filters, a thread always the same piece.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_FILTERSUMS_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_FILTERSUMS_CUH

#include "codegen/kernels/cuda/Elements.cuh"
#include "codegen/kernels/cuda/Vec.cuh"
#include "codegen/kernels/cuda/Wgmma.cuh"

#include <cstddef>
#include <cstdint>

namespace fanfold::cuda::detail {

/// A thread's sums, and sums of squares, of the values of 8 filters.
class FilterSums {
public:
  template <typename T>
  __device__ void add(const Vec<T, 8> &v) {
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      const float value = toFloat(v[k]);
      sums[k] += value;
      squares[k] += value * value;
    }
  }

  /// What `reduce` takes of shared memory, in bytes.
  template <uint32_t Filters>
  static constexpr size_t sharedBytes = 4 * 2 * Filters * sizeof(float);

  /// Adds those of a warpgroup, of `Filters` filters, in a fixed order. Its thread t has piece
  /// t % Lanes, if there is such a piece. Calls store(s, filter, sum) with s = 0 for the sums and 1
  /// for those of squares. All threads of the warpgroup take part, and nothing else is in `shared`.
  template <uint32_t Filters, uint32_t Lanes, typename Store>
  __device__ void reduce(void *shared, Store store) const {
    static_assert(32 % Lanes == 0 && Filters <= 8 * Lanes, "pieces of a pixel");
    float(*rows)[2][Filters] = static_cast<float(*)[2][Filters]>(shared);
    const uint32_t thread = threadIdx.x % 128, lane = thread % 32, warp = thread / 32;
    wgmma::syncWarpgroup();
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      float sum = sums[k], sumOfSquares = squares[k];
#pragma unroll
      for (uint32_t distance = Lanes; distance < 32; distance *= 2) {
        sum += __shfl_xor_sync(~0u, sum, distance);
        sumOfSquares += __shfl_xor_sync(~0u, sumOfSquares, distance);
      }
      if (lane < Filters / 8) {
        rows[warp][0][lane * 8 + k] = sum;
        rows[warp][1][lane * 8 + k] = sumOfSquares;
      }
    }
    wgmma::syncWarpgroup();
    for (uint32_t i = thread; i < 2 * Filters; i += 128) {
      const uint32_t s = i / Filters, filter = i % Filters;
      store(s, filter,
            (rows[0][s][filter] + rows[1][s][filter]) + (rows[2][s][filter] + rows[3][s][filter]));
    }
  }

private:
  float sums[8] = {}, squares[8] = {};
};

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_FILTERSUMS_CUH

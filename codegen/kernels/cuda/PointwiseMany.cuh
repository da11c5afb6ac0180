//===- PointwiseMany.cuh - one elementwise kernel over many tensors -------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an optimizer does: the same update of a hundred parameters, most of them small.
// The tensors' functors travel as the argument of one launch, so a captured step holds
// them and no memory does:
//
//   struct update2 {
//     float *x0; const float *x1; ...
//     template <int V> __device__ void operator()(int64_t i) const { ... }
//   };
//   const Segment<update2> segments[] = {{{w0, g0, ...}, 9408}, {{w1, g1, ...}, 64}, ...};
//   cuda::pointwiseMany<4>(stream, segments);
//
// f.operator()<V>(i) handles elements i to i + V - 1; what is left of a tensor whose size
// V does not divide is handled one by one with f.operator()<1>(i).
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEMANY_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEMANY_CUH

#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/Vec.cuh"

#include <algorithm>

namespace fanfold::cuda {

/// A tensor and what is done with its `count` elements.
template <typename F>
struct Segment {
  F function;
  int64_t count;
};

namespace detail {

/// Elements of a block: what a block costs to start is small beside them.
constexpr int manyGroups = 4; // of V elements, for each thread
/// Arguments of a launch may have 32764 bytes since CUDA 12.1; the rest is reserve.
constexpr size_t maxTableBytes = 32000;

/// The segments of one launch. firstBlock[k] is the first block of segment k.
template <typename F, int N>
struct SegmentTable {
  Segment<F> segments[N];
  uint32_t firstBlock[N];
  int size;
};

template <int V, typename F, int N>
__global__ void __launch_bounds__(blockThreads)
    pointwiseManyKernel(const __grid_constant__ SegmentTable<F, N> table) {
  const int segment = pieceOfBlock(table.firstBlock, table.size, blockIdx.x);
  const int64_t count = table.segments[segment].count, groups = count / V;
  const F &f = table.segments[segment].function;
  const int64_t first = int64_t{blockIdx.x - table.firstBlock[segment]} * manyGroups * blockThreads;
#pragma unroll
  for (int k = 0; k < manyGroups; ++k) {
    const int64_t group = first + k * blockThreads + threadIdx.x;
    if (group < groups)
      f.template operator()<V>(group * V);
  }
  // What is left is less than a group, and falls to the block that would have that group.
  const int64_t rest = groups * V + threadIdx.x;
  if (rest < count && first <= groups && groups < first + manyGroups * blockThreads)
    f.template operator()<1>(rest);
}

} // namespace detail

/// Calls the functors of all segments for all their elements, in one launch for each
/// 32 000 bytes of segments.
template <int V, typename F, int Count>
void pointwiseMany(cudaStream_t stream, const Segment<F> (&segments)[Count]) {
  constexpr int fitting = static_cast<int>(detail::maxTableBytes / (sizeof(Segment<F>) + 4));
  constexpr int tableSize = Count < fitting ? Count : fitting;
  constexpr int64_t blockElements = int64_t{V} * detail::manyGroups * blockThreads;
  for (int first = 0; first < Count; first += tableSize) {
    detail::SegmentTable<F, tableSize> table;
    int64_t blocks = 0;
    table.size = std::min(tableSize, Count - first);
    for (int k = 0; k < table.size; ++k) {
      table.segments[k] = segments[first + k];
      table.firstBlock[k] = static_cast<uint32_t>(blocks);
      blocks += divideUp(table.segments[k].count, blockElements);
    }
    if (blocks > 0)
      detail::pointwiseManyKernel<V>
          <<<static_cast<unsigned>(blocks), blockThreads, 0, stream>>>(table);
  }
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POINTWISEMANY_CUH

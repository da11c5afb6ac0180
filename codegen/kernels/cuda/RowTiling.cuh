//===- RowTiling.cuh - how rows and channels are cut into blocks ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block's threads stand side by side over the channels, and in as many lanes over the
// rows as there is room for; here 3 groups of V channels, and 85 lanes:
//
//            group 0   group 1   group 2
//   row 0    thread 0  thread 1  thread 2      lane 0
//   row 1    thread 3  thread 4  thread 5      lane 1
//   ...
//   row 84   ...                               lane 84
//
// With a batch of 2, block 0 takes rows 0 to 169, block 1 the 170 behind them, and so on;
// when every block has had its turn, block 0 goes on where the last one ended. So all
// blocks walk through memory side by side, which its pages are made for.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_ROWTILING_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_ROWTILING_CUH

#include "codegen/kernels/ElementIndex.h"
#include "codegen/kernels/cuda/Launch.h"

#include <algorithm>

namespace fanfold::cuda {

using kernels::ElementIndex;

} // namespace fanfold::cuda

namespace fanfold::cuda::detail {

struct RowTiling {
  int64_t rows, channels;
  int64_t rowBlocks = 0;
  int channelBlocks;
  int width; ///< Groups of V channels of a block.
  int lanes; ///< Rows that a block takes at a time.

  /// At most `mostChannels` channels for a block; the rows are still to be cut.
  RowTiling(int64_t rows, int64_t channels, int v, int64_t mostChannels = int64_t{1} << 31)
      : rows(rows), channels(channels) {
    const int64_t groups = channels / v;
    const int64_t blocks = divideUp(groups, std::min<int64_t>(blockThreads, mostChannels / v));
    width = static_cast<int>(divideUp(groups, blocks));
    channelBlocks = static_cast<int>(divideUp(groups, width));
    lanes = blockThreads / width;
  }

  /// Rows for at most that many blocks, with at least a batch for each.
  void cutRows(int64_t most, int batch) {
    rowBlocks = std::min(most, divideUp(rows, int64_t{lanes} * batch));
  }

#ifdef __CUDACC__
  dim3 grid() const {
    return dim3(static_cast<unsigned>(rowBlocks), static_cast<unsigned>(channelBlocks));
  }
  __device__ int lane() const { return static_cast<int>(threadIdx.x) / width; }
  /// First channel of the thread.
  __device__ int64_t channel(int v) const {
    return (int64_t{blockIdx.y} * width + static_cast<int>(threadIdx.x) % width) * v;
  }
#endif
};

#ifdef __CUDACC__
/// Calls visit(i, elements) for each of the block's rows in `lane`, in order, where i is
/// the ElementIndex of channel c of the row; reads `Batch` rows ahead.
template <int Batch, typename F, typename Visit>
__device__ void forRows(const F &f, const RowTiling &tiling, int lane, int64_t c, Visit visit) {
  const int64_t step = int64_t{tiling.lanes} * tiling.channels;
  for (int64_t row = int64_t{blockIdx.x} * Batch * tiling.lanes + lane; row < tiling.rows;
       row += int64_t{gridDim.x} * Batch * tiling.lanes) {
    const int64_t i = row * tiling.channels + c;
    typename F::Elements elements[Batch];
#pragma unroll
    for (int k = 0; k < Batch; ++k)
      if (row + k * tiling.lanes < tiling.rows)
        elements[k] = f.elements(ElementIndex{i + k * step, row + k * tiling.lanes});
#pragma unroll
    for (int k = 0; k < Batch; ++k)
      if (row + k * tiling.lanes < tiling.rows)
        visit(ElementIndex{i + k * step, row + k * tiling.lanes}, elements[k]);
  }
}
#endif

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_ROWTILING_CUH

//===- AllFinite.cu - whether tensors hold infinities or NaN --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/AllFinite.h"
#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/Elements.cuh"
#include "codegen/kernels/cuda/Launch.h"

#include <algorithm>

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// The tensors of one launch, as its argument; tensor k begins at block firstBlock[k].
struct Tensors {
  static constexpr int most = 240;
  const void *x[most];
  int64_t n[most];
  uint32_t firstBlock[most];
  int size;
};
constexpr int64_t finiteElements = 8192; ///< Elements of a block.

__global__ void setKernel(int32_t *result, int32_t value) { *result = value; }

/// All threads that write, write the same.
template <typename T>
__global__ void __launch_bounds__(blockThreads)
    finiteKernel(const __grid_constant__ Tensors tensors, int32_t *result) {
  const int tensor = pieceOfBlock(tensors.firstBlock, tensors.size, blockIdx.x);
  const int64_t begin = int64_t{blockIdx.x - tensors.firstBlock[tensor]} * finiteElements;
  const T *x = static_cast<const T *>(tensors.x[tensor]) + begin;
  bool finite = true;
  forElements(min(finiteElements, tensors.n[tensor] - begin), x, threadIdx.x, blockThreads,
              [&](float v) { finite &= isfinite(v); });
  if (!finite)
    *result = 0;
}

} // namespace

template <typename T>
void fanfold::cuda::allFinite(cudaStream_t stream, int64_t tensors, const T *const *x,
                              const int64_t *n, int32_t *result) {
  setKernel<<<1, 1, 0, stream>>>(result, 1);
  for (int64_t first = 0; first < tensors; first += Tensors::most) {
    Tensors table;
    table.size = static_cast<int>(std::min<int64_t>(Tensors::most, tensors - first));
    int64_t blocks = 0;
    for (int k = 0; k < table.size; ++k) {
      table.x[k] = x[first + k];
      table.n[k] = n[first + k];
      table.firstBlock[k] = static_cast<uint32_t>(blocks);
      blocks += divideUp(n[first + k], finiteElements);
    }
    if (blocks > 0)
      finiteKernel<T><<<static_cast<unsigned>(blocks), blockThreads, 0, stream>>>(table, result);
  }
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::allFinite(cudaStream_t, int64_t, const T *const *, const int64_t *, \
                                         int32_t *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

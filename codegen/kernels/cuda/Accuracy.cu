//===- Accuracy.cu - how often the label is among the first ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/Accuracy.h"
#include "codegen/kernels/cuda/BlockReduce.cuh"
#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/Vec.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// A block for each row counts the classes that rank before the label.
template <typename T>
__global__ void __launch_bounds__(blockThreads)
    hitKernel(int64_t classes, int64_t top, const T *logits, const int32_t *labels, int32_t *hits) {
  const T *in = logits + blockIdx.x * classes;
  const int32_t label = labels[blockIdx.x];
  const bool valid = label >= 0 && label < classes;
  const float own = valid ? toFloat(in[label]) : 0.0f;
  int before = 0;
  for (int64_t c = threadIdx.x; c < classes; c += blockThreads) {
    const float value = toFloat(in[c]);
    before += c < label ? !(value < own) : c > label && !(value <= own);
  }
  before = blockSum(before);
  if (threadIdx.x == 0)
    hits[blockIdx.x] = valid && own == own && before < top;
}

__global__ void __launch_bounds__(blockThreads)
    fractionKernel(int64_t rows, const int32_t *hits, float *fraction) {
  const double total = blockSum(rows, hits);
  if (threadIdx.x == 0)
    *fraction = static_cast<float>(total / static_cast<double>(rows));
}

} // namespace

template <typename T>
void fanfold::cuda::accuracy(cudaStream_t stream, int64_t rows, int64_t classes, int64_t top,
                             const T *logits, const int32_t *labels, float *fraction,
                             void *workspace) {
  if (rows == 0)
    return;
  auto *hits = static_cast<int32_t *>(workspace);
  hitKernel<<<static_cast<unsigned>(rows), blockThreads, 0, stream>>>(classes, top, logits, labels,
                                                                      hits);
  fractionKernel<<<1, blockThreads, 0, stream>>>(rows, hits, fraction);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::accuracy(cudaStream_t, int64_t, int64_t, int64_t, const T *,        \
                                        const int32_t *, float *, void *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

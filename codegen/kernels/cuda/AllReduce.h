//===- AllReduce.h - means over the ranks of a job, on a GPU --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_ALLREDUCE_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_ALLREDUCE_H

#include "runtime/Program.h"

#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// Begins to replace `count` elements of x by their means over all ranks of the job, in `mean`,
/// which is x or overlaps it nowhere. A job of one rank (`exchange` is null) copies them at most.
/// Nobody touches either until allReduceEnd() with the same ticket.
inline void allReduceBegin(cudaStream_t stream, StepExchange *exchange, int64_t count,
                           ElementType type, int ticket, const void *x, void *mean) {
  if (x != mean)
    (void)cudaMemcpyAsync(mean, x, static_cast<size_t>(count) * byteSize(type),
                          cudaMemcpyDeviceToDevice, stream);
  if (exchange)
    exchange->beginMean(mean, static_cast<size_t>(count), type, ticket, stream);
}

/// Waits for the mean in x, and leaves it in `mean`, which is x or overlaps it nowhere.
inline void allReduceEnd(cudaStream_t stream, StepExchange *exchange, int64_t count,
                         ElementType type, int ticket, const void *x, void *mean) {
  if (exchange)
    exchange->endMean(ticket, stream);
  if (x != mean)
    (void)cudaMemcpyAsync(mean, x, static_cast<size_t>(count) * byteSize(type),
                          cudaMemcpyDeviceToDevice, stream);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_ALLREDUCE_H

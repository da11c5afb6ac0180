//===- AllReduce.h - means over the ranks of a job, on the CPU ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_ALLREDUCE_H
#define FANFOLD_CODEGEN_KERNELS_CPU_ALLREDUCE_H

#include "runtime/Program.h"

#include <cstring>

namespace fanfold::cpu {

/// Begins to replace `count` elements of x by their means over all ranks of the job, in `mean`,
/// which is x or overlaps it nowhere. A job of one rank (`exchange` is null) copies them at most.
/// Nobody touches either until allReduceEnd() with the same ticket.
inline void allReduceBegin(StepExchange *exchange, int64_t count, ElementType type, int ticket,
                           const void *x, void *mean) {
  if (x != mean)
    std::memcpy(mean, x, static_cast<size_t>(count) * byteSize(type));
  if (exchange)
    exchange->beginMean(mean, static_cast<size_t>(count), type, ticket, nullptr);
}

/// Waits for the mean in x, and leaves it in `mean`, which is x or overlaps it nowhere.
inline void allReduceEnd(StepExchange *exchange, int64_t count, ElementType type, int ticket,
                         const void *x, void *mean) {
  if (exchange)
    exchange->endMean(ticket, nullptr);
  if (x != mean)
    std::memcpy(mean, x, static_cast<size_t>(count) * byteSize(type));
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_ALLREDUCE_H

//===- PlaceBuckets.h - what ranks exchange, in one range of memory -------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_MEMORY_PLACEBUCKETS_H
#define FANFOLD_PASSES_KERNEL_MEMORY_PLACEBUCKETS_H

#include "ir/Kernel/KernelDialect.h"

namespace fanfold {

/// Replaces each kernel.all_reduce of a scheduled step by a kernel.bucket of its operands, the
/// begin of the exchange where it stands, its end before the first launch that reads a result,
/// and parts of that for the results. Operands that cannot be made in their places are copied;
/// with `enable` false all are.
void placeBuckets(cnn::StepOp step, bool enable);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_MEMORY_PLACEBUCKETS_H

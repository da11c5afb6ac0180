//===- PointwiseResults.h - what pointwise kernels leave behind -*- C++ -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_FUSION_POINTWISERESULTS_H
#define FANFOLD_PASSES_KERNEL_FUSION_POINTWISERESULTS_H

#include "ir/Kernel/KernelDialect.h"

namespace fanfold {

/// Makes a kernel without one of its results, which has no uses, or none if it had only this one.
/// Returns the kernel in the place of `op`, which is gone; null if there is none.
kernel::PointwiseOp dropResult(kernel::PointwiseOp op, unsigned index);

/// Gives the uses of results that are equal to others of the kernel to those, and drops them:
/// branches ask for the same sum, and are merged later.
void dropTwins(kernel::PointwiseOp op);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_FUSION_POINTWISERESULTS_H

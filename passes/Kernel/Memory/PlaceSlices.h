//===- PlaceSlices.h - concatenation and slices in common memory ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_MEMORY_PLACESLICES_H
#define FANFOLD_PASSES_KERNEL_MEMORY_PLACESLICES_H

#include "ir/Plan/PlanDialect.h"
#include "passes/Target.h"

namespace fanfold {

/// What placeSlices() did.
struct PlacedCounts {
  int64_t placed = 0; ///< Operands made in their places, and slices read where they lie.
  int64_t copied = 0; ///< Operands and slices that are copied.
};

/// Replaces kernel.concat and kernel.slice in a scheduled step as `place-slices` describes.
/// With `enable` false, every operand and every slice is copied. Without a target, pointwise
/// kernels and copies take parts. Fails with a diagnostic, as settleWrites() does.
llvm::FailureOr<PlacedCounts> placeSlices(cnn::StepOp step, bool enable, const Target *target);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_MEMORY_PLACESLICES_H

//===- InPlace.h - results that overwrite an operand ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_INPLACE_H
#define FANFOLD_PASSES_INPLACE_H

#include "ir/Plan/PlanDialect.h"

namespace fanfold {

/// What markInPlace() did.
struct InPlaceCounts {
  int64_t marked = 0; ///< Results that overwrite an operand.
  int64_t copied = 0; ///< Copies into variables.
};

/// Marks a scheduled step as `mark-in-place` describes; with `enable` false, only makes
/// sure that written values can be made in their variables. Fails with a diagnostic.
llvm::FailureOr<InPlaceCounts> markInPlace(cnn::StepOp step, bool enable);

/// The copies alone, that is, what markInPlace() adds to the launches of the step. Done
/// once it changes nothing any more. Returns how many there are.
llvm::FailureOr<int64_t> settleWrites(cnn::StepOp step, bool enable);

} // namespace fanfold

#endif // FANFOLD_PASSES_INPLACE_H

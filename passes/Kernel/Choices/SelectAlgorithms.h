//===- SelectAlgorithms.h - which implementation runs a launch ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_CHOICES_SELECTALGORITHMS_H
#define FANFOLD_PASSES_KERNEL_CHOICES_SELECTALGORITHMS_H

#include "passes/Target.h"

namespace fanfold {

/// Asks the target how to run `launch`, and notes the answer on it in the place of an earlier
/// one: `algorithm`, `workspace_bytes`, and `reason` where there was a choice. Fails with a
/// diagnostic if the target has no implementation.
llvm::LogicalResult selectAlgorithm(mlir::Operation *launch, const Target &target);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_CHOICES_SELECTALGORITHMS_H

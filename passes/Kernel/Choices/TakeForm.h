//===- TakeForm.h - takes one of two forms of a computation ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_CHOICES_TAKEFORM_H
#define FANFOLD_PASSES_KERNEL_CHOICES_TAKEFORM_H

#include "passes/Target.h"

namespace fanfold {

/// Whether the target (null: one that has every fusion and likes it) takes the fused form;
/// see Target::chooseForm. Notes on the products of the form that is taken, or on its first launch
/// if it has none, behind what is noted there already, the reason as `form` and the problems of
/// their counterparts as `alternatives`. Both forms stand in the step, and stay there.
bool takesFused(const Target *target, llvm::StringRef fusion,
                llvm::ArrayRef<mlir::Operation *> apart, llvm::ArrayRef<mlir::Operation *> fused);

/// Has `to`, which stands for `from` from now on, bear what is noted there.
void handNotes(mlir::Operation *from, mlir::Operation *to);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_CHOICES_TAKEFORM_H

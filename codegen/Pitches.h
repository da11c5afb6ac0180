//===- Pitches.h - which kernels take parts of larger tensors -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A value that is joined with others, or a slice of one, is a part of a larger tensor: its
// rows lie apart. Kernels that take such operands or results get the distance of their rows,
// the pitch; the others want elements one behind the other. Equal for all targets, but for
// products, which are their libraries'.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_PITCHES_H
#define FANFOLD_CODEGEN_PITCHES_H

#include "ir/Plan/PlanDialect.h"

namespace fanfold {

/// Whether a target's convolutions and matrix products take parts.
enum PitchedProducts : bool { productsStayPacked, productsTakePitch };

/// Whether `launch`, of the kernel level, takes `value`, one of its operands or results or
/// several, as a part.
bool takesPitch(mlir::Operation *launch, mlir::Value value, PitchedProducts products);

/// Fails with a diagnostic if a buffer of `launch` is a part and its kernel does not take it.
llvm::LogicalResult checkPitches(plan::LaunchOp launch, PitchedProducts products);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_PITCHES_H

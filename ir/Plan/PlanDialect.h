//===- PlanDialect.h - the plan level -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_PLAN_PLANDIALECT_H
#define FANFOLD_IR_PLAN_PLANDIALECT_H

#include "ir/Kernel/KernelDialect.h"

#include "ir/Plan/PlanDialect.h.inc"

#define GET_OP_CLASSES
#include "ir/Plan/PlanOps.h.inc"

namespace fanfold::plan {

/// The plan.buffer or plan.get in whose memory `value` lies.
mlir::Value ownerOf(mlir::Value value);

/// Where the elements of a value lie in its owner: `rows` rows of `channels` elements one
/// behind the other; the first begins at element `offset`, the others each `pitch` elements
/// behind the one before. All count elements.
struct RowLayout {
  int64_t rows, channels, pitch, offset;

  /// Whether rows lie apart.
  bool isPitched() const { return rows > 1 && pitch != channels; }
};
RowLayout layoutOf(mlir::Value value);

/// Whether `owner`, see ownerOf(), is a kernel.bucket.
bool isBucket(mlir::Value owner);

/// Where `value` begins in the arena, in bytes. `symbols` are those of its module.
int64_t byteOffset(mlir::Value value, mlir::SymbolTable &symbols);

} // namespace fanfold::plan

#endif // FANFOLD_IR_PLAN_PLANDIALECT_H

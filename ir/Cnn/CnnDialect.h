//===- CnnDialect.h - the model level -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_CNNDIALECT_H
#define FANFOLD_IR_CNN_CNNDIALECT_H

#include "ir/Cnn/Clauses.h"
#include "ir/Cnn/StepBuilder.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <vector>

#include "ir/Cnn/CnnDialect.h.inc"

namespace fanfold::cnn {

/// A larger tensor is a mistake, and its size would overflow sums of sizes.
constexpr int64_t maxElements = int64_t(1) << 42;

/// Fails with "WHAT TYPE has more than 2^42 elements" at `op` if `shape` has.
mlir::LogicalResult verifySize(mlir::Operation *op, llvm::StringRef what, mlir::ShapedType type);

/// Fails with "WHAT is of TYPE, expected ..." at `op` unless a program can hold such a
/// value: a ranked tensor or a memref of static extents, each at least 1, of f16, bf16,
/// f32, f64, i32, i8 or ui8.
mlir::LogicalResult verifyStorable(mlir::Operation *op, llvm::StringRef what, mlir::Type type);

/// Fails with a diagnostic at `op` unless `init` says how a variable of `type` begins
/// (see cnn.variable).
mlir::LogicalResult verifyVariableInit(mlir::Operation *op, mlir::DictionaryAttr init,
                                       mlir::ShapedType type);

} // namespace fanfold::cnn

#define GET_TYPEDEF_CLASSES
#include "ir/Cnn/CnnTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ir/Cnn/CnnAttrs.h.inc"

#include "ir/Cnn/CnnInterfaces.h.inc"

#define GET_OP_CLASSES
#include "ir/Cnn/CnnOps.h.inc"

#endif // FANFOLD_IR_CNN_CNNDIALECT_H

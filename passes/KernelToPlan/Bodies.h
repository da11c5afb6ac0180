//===- Bodies.h - bodies of pointwise kernels as functions ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNELTOPLAN_BODIES_H
#define FANFOLD_PASSES_KERNELTOPLAN_BODIES_H

#include "ir/Plan/PlanDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace fanfold {

/// Turns the bodies of pointwise kernels into functions of the module: one function of
/// one element for each result, which takes the element of every operand and, last, the
/// element's index if it draws random numbers. Equal functions are made once.
class BodyOutliner {
public:
  explicit BodyOutliner(mlir::ModuleOp module) : module(module) {}

  /// References to the functions of a body, one for each value it yields.
  mlir::ArrayAttr outline(mlir::Block &body);

private:
  mlir::FlatSymbolRefAttr outlineResult(mlir::Block &body, unsigned result);

  mlir::ModuleOp module;
  llvm::StringMap<mlir::FlatSymbolRefAttr> functions; ///< By their text.
};

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNELTOPLAN_BODIES_H

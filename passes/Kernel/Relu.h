//===- Relu.h - knows a ReLU in a body -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_RELU_H
#define FANFOLD_PASSES_KERNEL_RELU_H

#include "mlir/IR/Value.h"

namespace fanfold {

/// x, if `value` of a pointwise kernel's body is x < 0 ? 0 : x; else null.
mlir::Value reluOperand(mlir::Value value);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_RELU_H

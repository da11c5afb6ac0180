//===- Relu.h - knows a ReLU, and what it is a function of -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNEL_FUSION_RELU_H
#define FANFOLD_PASSES_KERNEL_FUSION_RELU_H

#include "ir/Kernel/KernelDialect.h"

#include <optional>

namespace fanfold {

/// The number of the one operand that has every element of the space, if the kernel has it
/// as the only one and has one result, of that operand's type, and no sums.
std::optional<unsigned> mappedOperand(kernel::PointwiseOp op);

/// x, if `value` of a pointwise kernel's body is x < 0 ? 0 : x; else null.
mlir::Value reluOperand(mlir::Value value);

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNEL_FUSION_RELU_H

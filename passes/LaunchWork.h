//===- LaunchWork.h - what a launch reads, writes and computes ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_LAUNCHWORK_H
#define FANFOLD_PASSES_LAUNCHWORK_H

#include "passes/cost/Roofline.h"

#include "mlir/IR/Operation.h"

namespace fanfold {

/// The work of `launch`, an op of the kernel level: every operand and result once, an
/// operand that it takes twice too, and of the operand of a slice what the slice has.
Work workOf(mlir::Operation *launch);

/// Whether it is a convolution, one of its gradients, or a matrix product: what matrix
/// units are for.
bool isProduct(mlir::Operation *launch);

} // namespace fanfold

#endif // FANFOLD_PASSES_LAUNCHWORK_H

//===- Kinds.h - what a value of a step is --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_KERNELTOPLAN_KINDS_H
#define FANFOLD_PASSES_KERNELTOPLAN_KINDS_H

#include "ir/Plan/PlanDialect.h"

#include "llvm/ADT/DenseSet.h"

namespace fanfold {

/// Tells activations from gradients, in a step of the kernel level.
class Kinds {
public:
  explicit Kinds(cnn::StepOp step);

  /// "input", "scalar", "metric", "gradient", "activation", "bucket". Not for what cnn.read gives.
  llvm::StringRef of(mlir::Value value) const;

private:
  llvm::DenseSet<mlir::Value> gradients; ///< Values that depend on the loss's gradient.
};

} // namespace fanfold

#endif // FANFOLD_PASSES_KERNELTOPLAN_KINDS_H

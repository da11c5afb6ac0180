//===- Joins.h - values that lie in a larger one --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_JOINS_H
#define FANFOLD_PASSES_JOINS_H

#include "ir/Kernel/KernelDialect.h"

namespace fanfold {

/// The operands of the joins and buckets of a step, each of which is made in its place in the
/// join's result. Joins nest: what is joined twice lies in the outer result.
class Joins {
public:
  explicit Joins(cnn::StepOp step);

  /// A value, and how many elements behind its begin another one begins: channels, where they lie
  /// side by side.
  struct Place {
    mlir::Value whole;
    int64_t offset;
  };

  /// Whether `value` is joined with others.
  bool isJoined(mlir::Value value) const { return places.contains(value); }

  /// The outermost result that `value` lies in, and where; itself if it is not joined.
  Place placeOf(mlir::Value value) const;

  /// All values that are joined, in the order of their joins.
  llvm::ArrayRef<mlir::Value> getJoined() const { return joined; }

private:
  llvm::DenseMap<mlir::Value, Place> places; ///< In the innermost join.
  llvm::SmallVector<mlir::Value> joined;
};

/// Whether the rows of `value` lie apart, or may: it is joined, or a part.
bool isPitched(mlir::Value value, const Joins &joins);

/// Elements from the begin of a row of `value` to that of the next: the channels of what it
/// lies in.
int64_t pitchOf(mlir::Value value);

} // namespace fanfold

#endif // FANFOLD_PASSES_JOINS_H

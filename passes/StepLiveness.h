//===- StepLiveness.h - which values of a step share memory, and when it is live -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// At the kernel level a value's memory is its storage: one storage holds a value, its
// views and parts, what it is joined with, and the results that overwrite it (`in_place`).
// A storage is live from the launch that makes its first value to the last launch that
// reads one of its values.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_STEPLIVENESS_H
#define FANFOLD_PASSES_STEPLIVENESS_H

#include "ir/Plan/PlanDialect.h"
#include "passes/Joins.h"

namespace fanfold {

/// Memory that one or several values occupy, one after the other or side by side.
struct Storage {
  int64_t bytes = 0;
  int64_t first = 0;             ///< Launch that writes it first; 0 for what is there at the
                                 ///< begin (inputs, scalars, variables).
  int64_t last = 0;              ///< Last launch that uses it, inclusive.
  llvm::StringRef variable = {}; ///< The variable whose memory it is, if any.
  mlir::Value representative;    ///< The first value, or what it is joined to; null for a
                                 ///< variable nobody reads.
};

class StepLiveness {
public:
  /// Looks at the launches in the order they stand.
  explicit StepLiveness(cnn::StepOp step);

  llvm::ArrayRef<mlir::Operation *> getLaunches() const { return launches; }
  llvm::ArrayRef<Storage> getStorages() const { return storages; }

  /// Index of the launch, which must be one of the step.
  int64_t indexOf(mlir::Operation *launch) const { return indices.lookup(launch); }

  /// Index into getStorages() of a value of the step.
  unsigned storageOf(mlir::Value value) const { return storage.lookup(value); }

  const Joins &getJoins() const { return joins; }

  /// Bytes live at each launch: storages, and the launch's own workspace. Variables do
  /// not count. Every size is rounded up to a multiple of `alignment`.
  llvm::SmallVector<int64_t> liveBytes(int64_t alignment) const;

private:
  unsigned makeStorage(mlir::Value value, int64_t first);
  unsigned joinedStorage(mlir::Value value, int64_t first);
  unsigned variableStorage(llvm::StringRef name, mlir::Value value);
  void use(mlir::Value value, int64_t launch);

  const Joins joins;
  llvm::SmallVector<mlir::Operation *> launches;
  llvm::DenseMap<mlir::Operation *, int64_t> indices;
  llvm::SmallVector<Storage> storages;
  llvm::DenseMap<mlir::Value, unsigned> storage;
  llvm::StringMap<unsigned> variables;
};

} // namespace fanfold

#endif // FANFOLD_PASSES_STEPLIVENESS_H

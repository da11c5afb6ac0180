//===- Target.h - what passes ask of a target -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The passes decide for a target they know only through this interface; codegen/
// implements it. Nothing here needs the device.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_TARGET_H
#define FANFOLD_PASSES_TARGET_H

#include "mlir/IR/Operation.h"

#include <string>
#include <vector>

namespace fanfold {

/// Which implementation runs a launch, and what it needs.
struct Algorithm {
  std::string name;           ///< "brgconv:avx512_core"; empty if there is only one.
  int64_t workspaceBytes = 0; ///< Scratch memory, live during the launch alone.
  /// Why this one: "measured 126.0 us (next 131.2)"; empty if there is only one.
  std::string reason = {};
};

/// Which of two forms of a computation is taken: its steps apart, or one of them fused.
struct FormChoice {
  bool fused = false;
  /// With the times of both if they are known: "prologue apart: 180.1 us, fused 210.3 us".
  /// Empty if the target has only one of the forms.
  std::string reason = {};
  /// Of the form that is not taken, the problem of each matrix product in order, as the
  /// keys of measurements. Empty if the target has only one of the forms.
  std::vector<std::string> alternatives = {};
};

class Target {
public:
  virtual ~Target() = default;

  /// "cpu", "cuda:sm_90".
  virtual llvm::StringRef name() const = 0;

  /// Every offset in the arena is a multiple of this many bytes.
  virtual int64_t alignment() const = 0;

  /// The implementation of a launch. Fails with a diagnostic at the op if the target
  /// has none.
  virtual llvm::FailureOr<Algorithm> select(mlir::Operation *launch) const = 0;

  /// Seconds that a launch takes, as far as is known without running it; above 0. It is
  /// there to compare plans, and need not be what a clock shows.
  virtual double seconds(mlir::Operation *launch) const = 0;

  /// Whether a conv2d or matmul can take another step of its epilogue: "bias" or "relu".
  virtual bool hasEpilogue(mlir::Operation *product, llvm::StringRef step) const = 0;

  /// Chooses between two forms of one computation by the time they take, as a whole. All
  /// launches stand in the step; the products of one form correspond to those of the other
  /// in their order, if there are any, or one of them to all. `fusion` is "fan", "statistics",
  /// "prologue", "pointwise", "part" (a copy of a part of a larger tensor; products that touch it
  /// where it lies) or "cut" (such a part that what makes it can write a second time instead).
  virtual FormChoice chooseForm(llvm::StringRef fusion, llvm::ArrayRef<mlir::Operation *> apart,
                                llvm::ArrayRef<mlir::Operation *> fused) const {
    return {};
  }

  /// What the channels of a convolution's input should be a multiple of, if there are
  /// `channels` that count.
  virtual int64_t channelMultiple(mlir::Type element, int64_t channels) const { return 1; }

  /// Whether `launch` takes `value`, an operand or a result with channels, where its rows lie
  /// apart: as a part of a larger tensor (kernel.join, kernel.part).
  virtual bool takesPitch(mlir::Operation *launch, mlir::Value value) const = 0;

  /// In such a tensor, every row of every part begins at a multiple of this many bytes.
  virtual int64_t rowAlignment() const { return 1; }

  /// Whether one launch for many small ones is worth keeping gradients until it runs.
  virtual bool mergesUpdates() const { return false; }
};

} // namespace fanfold

#endif // FANFOLD_PASSES_TARGET_H

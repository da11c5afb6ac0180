//===- CpuTarget.h - the CPU target ---------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CPU_CPUTARGET_H
#define FANFOLD_CODEGEN_CPU_CPUTARGET_H

#include "codegen/Pitches.h"
#include "codegen/ProgramTarget.h"

#include "llvm/ADT/StringMap.h"

namespace fanfold {

/// The CPU of the machine that compiles, or one of its kind. Kernels are oneDNN's and
/// ours; oneDNN is asked for the workspaces of the primitives that the program will make,
/// with `threads` threads.
class CpuTarget : public ProgramTarget {
public:
  /// `threads` is the largest number the program will run with; 0: as many as this
  /// machine has cores.
  explicit CpuTarget(int threads);

  llvm::StringRef name() const override { return "cpu"; }
  int64_t alignment() const override { return 64; }
  llvm::FailureOr<Algorithm> select(mlir::Operation *launch) const override;
  double seconds(mlir::Operation *launch) const override;
  bool hasEpilogue(mlir::Operation *product, llvm::StringRef step) const override {
    return step == "bias" || step == "relu";
  }
  /// Of fans, what moves less; it has one form of everything else.
  FormChoice chooseForm(llvm::StringRef fusion, llvm::ArrayRef<mlir::Operation *> apart,
                        llvm::ArrayRef<mlir::Operation *> fused) const override {
    return {fusion == "fan" && takesLess(fused, apart)};
  }
  /// For strided tensors oneDNN 2.6 has its reference implementation alone: 17.5 s instead of
  /// 48 ms for 3x3 filters from 128 to 32 channels over 8 x 28 x 28 pixels, on one core.
  bool takesPitch(mlir::Operation *launch, mlir::Value value) const override {
    return fanfold::takesPitch(launch, value, productsStayPacked);
  }
  bool supports(llvm::StringRef precision) const override { return precision == "fp32"; }
  /// oneDNN's weight gradients are sums in as many parts as there are threads.
  Repeatability repeats(plan::LaunchOp launch) const override {
    return {true, launch.getAlgorithm() ? "oneDNN, on equal threads" : "own kernel"};
  }
  llvm::FailureOr<ProjectFiles> emitProject(mlir::ModuleOp plan) const override;
  llvm::StringRef programLibraries() const override;
  Status checkToolchain() const override;

private:
  int threadCount;
  /// Launches of one shape are many; making a primitive takes milliseconds.
  mutable llvm::StringMap<Algorithm> known;
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CPU_CPUTARGET_H

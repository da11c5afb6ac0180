//===- CudaTarget.h - NVIDIA GPUs -----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CUDA_CUDATARGET_H
#define FANFOLD_CODEGEN_CUDA_CUDATARGET_H

#include "codegen/Pitches.h"
#include "codegen/ProgramTarget.h"
#include "codegen/cuda/Chooser.h"
#include "codegen/kernels/cudnn/Planner.h"

#include "llvm/ADT/StringMap.h"

namespace fanfold {

/// A GPU that need not be there: a device description stands in for it. Convolutions are
/// cuDNN's, with plans that are made here and embedded in the program, but for those of few
/// channels; matrix products are cuBLASLt's; the rest is ours.
class CudaTarget : public ProgramTarget {
public:
  /// Fails if the device description or cuDNN cannot be had.
  static Result<std::unique_ptr<ProgramTarget>> make(const TargetOptions &options);

  llvm::StringRef name() const override { return targetName; }
  /// What cudaMalloc grants, and what the widest loads of cuDNN want.
  int64_t alignment() const override { return 256; }
  llvm::FailureOr<Algorithm> select(mlir::Operation *launch) const override;
  /// As measured if the tuning database has the problem with the launch's `algorithm`, else
  /// by the roofline.
  double seconds(mlir::Operation *launch) const override;
  bool hasEpilogue(mlir::Operation *product, llvm::StringRef step) const override;
  /// By the measured times of the fastest engines and, for the rest, by the roofline. Where
  /// an engine of either form was not measured: statistics are fused, unless engines that sum
  /// are known to be slow; a prologue is not, because the roofline does not see what it costs;
  /// a part is read and written in place by cuBLASLt alone.
  FormChoice chooseForm(llvm::StringRef fusion, llvm::ArrayRef<mlir::Operation *> apart,
                        llvm::ArrayRef<mlir::Operation *> fused) const override;
  /// Tensor cores take rows of 16 bytes, or of 8 if there is no more to say.
  int64_t channelMultiple(mlir::Type element, int64_t channels) const override {
    if (!element.isF16() && !element.isBF16())
      return 1;
    return channels > 4 ? 8 : 4;
  }
  /// The libraries' products take parts, our own convolutions do not.
  bool takesPitch(mlir::Operation *launch, mlir::Value value) const override;
  /// The widest memory instruction.
  int64_t rowAlignment() const override { return 16; }
  bool mergesUpdates() const override { return true; }
  bool supports(llvm::StringRef precision) const override;
  llvm::FailureOr<ProjectFiles> emitProject(mlir::ModuleOp plan) const override;
  llvm::StringRef programLibraries() const override;
  Status checkToolchain() const override;

  std::vector<Candidate> candidates(plan::LaunchOp launch) const override;
  std::vector<Candidate> candidates(const std::string &problem) const override;
  Repeatability repeats(plan::LaunchOp launch) const override;
  std::string missingMeasurements() const override { return theChooser->missingMeasurements(); }

  std::optional<double> fastest(const std::string &problem) const override {
    return theChooser->fastest(problem);
  }

  Chooser &chooser() const { return *theChooser; }
  /// The plan of an engine that was chosen.
  Result<cudnn::Plan> buildPlan(const cudnn::ConvProblem &problem, const std::string &engine) const;

private:
  CudaTarget() = default;

  std::string targetName;
  cudnn::DeviceDescription device;
  /// cuDNN's heuristics take milliseconds; what they answered is kept.
  std::unique_ptr<cudnn::Planner> planner;
  std::unique_ptr<Chooser> theChooser;
  /// By launchKey. Of a failure too, so that it is said once.
  mutable llvm::StringMap<llvm::FailureOr<Algorithm>> known;
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CUDA_CUDATARGET_H

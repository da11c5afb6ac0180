//===- CudaKernels.h - the kernels of the CUDA target ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The catalogue has one entry for each launch op of the kernel level, as that of the CPU
// has.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CUDA_CUDAKERNELS_H
#define FANFOLD_CODEGEN_CUDA_CUDAKERNELS_H

#include "codegen/ProgramTables.h"
#include "codegen/Statements.h"
#include "codegen/cuda/CudaTarget.h"

namespace fanfold {

/// The text of a CUDA program: statements for the host compiler, and kernels for nvcc.
class CudaProgramText : public ProgramText {
public:
  CudaProgramText(mlir::ModuleOp plan, const CudaTarget &target)
      : ProgramText(plan, {"cuda", "stream(s)"}), target(target) {}

  /// Name of an embedded string of the program; equal ones are one.
  std::string data(const std::string &text);

  /// Notes that `launch` runs `choice` of the implementations of a problem, and what it
  /// could pose instead.
  void addTunable(const std::string &problem, plan::LaunchOp launch, llvm::StringRef choice);

  /// Notes the problems of the form that `launch` was not given.
  void addAlternatives(plan::LaunchOp launch);

  /// Notes a problem that `launch` could pose instead.
  void addAlternative(const std::string &problem, plan::LaunchOp launch) {
    (void)tunable(problem, launch);
  }

  const CudaTarget &target;
  std::vector<std::string> strings; ///< By number.
  std::vector<TunableRow> tunables;

private:
  /// The row of a problem; a new one is an alternative of `launch`.
  TunableRow &tunable(const std::string &problem, plan::LaunchOp launch);

  llvm::StringMap<size_t> stringIndices;
  llvm::StringMap<size_t> tunableIndices; ///< By problem.
};

/// What the names of functions and functors of ConvPointwise.cuh begin with.
constexpr llvm::StringLiteral convPointwiseName = "convPointwise";
constexpr llvm::StringLiteral convPointwiseFunctor = "ConvPointwise";

struct CudaKernel {
  const char *name; ///< Of the launch op: "conv2d".

  /// Implementation and workspace of a launch at the kernel level; null if the kernel
  /// has only one and needs none.
  Result<Algorithm> (*select)(const CudaTarget &target, mlir::Operation *launch);

  /// The statement that runs a launch of the plan. Fails with a diagnostic.
  llvm::FailureOr<std::string> (*emit)(CudaProgramText &text, plan::LaunchOp launch);
};

/// The entry for a launch op's name without its dialect; null if there is none.
const CudaKernel *findCudaKernel(llvm::StringRef name);

/// The text of the problem that a launch at the kernel level poses to a library, its key in
/// the tuning database; empty if its kernel is ours.
std::string problemText(mlir::Operation *launch);

/// Seconds of a convolution with a pointwise kernel behind it, on our own kernel, with memory that
/// moves so many bytes in a second.
double convPointwiseSeconds(kernel::ConvPointwiseOp op, double bytesPerSecond);

// The families whose statements are CUDA's own, one file each.
llvm::ArrayRef<CudaKernel> cudaProductKernels();
llvm::ArrayRef<CudaKernel> cudaPointwiseKernels();

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CUDA_CUDAKERNELS_H

//===- CpuKernels.h - the kernels of the CPU target -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The catalogue has one entry for each launch op of the kernel level: which library
// implementation it takes and how much workspace (asked while passes run), and the line
// of the generated program (asked of the plan).
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CPU_CPUKERNELS_H
#define FANFOLD_CODEGEN_CPU_CPUKERNELS_H

#include "codegen/Statements.h"
#include "passes/Target.h"

namespace fanfold {

struct CpuKernel {
  const char *name; ///< Of the launch op: "conv2d".

  /// Implementation and workspace of a launch at the kernel level; null if the kernel
  /// has only one and needs none.
  Algorithm (*select)(mlir::Operation *launch);

  /// The statement that runs a launch of the plan.
  std::string (*emit)(ProgramText &text, plan::LaunchOp launch);
};

/// The entry for a launch op's name without its dialect; null if there is none.
const CpuKernel *findCpuKernel(llvm::StringRef name);

// The families whose statements are the CPU's own, one file each.
llvm::ArrayRef<CpuKernel> cpuProductKernels();
llvm::ArrayRef<CpuKernel> cpuPointwiseKernels();

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CPU_CPUKERNELS_H

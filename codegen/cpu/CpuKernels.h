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

#include "ir/Plan/PlanDialect.h"
#include "passes/Target.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

#include <string>
#include <vector>

namespace fanfold {

/// Collects the text of the generated program launch by launch.
class CpuProgramText {
public:
  explicit CpuProgramText(mlir::ModuleOp plan) : symbols(plan) {}

  /// Expression for the address of a buffer: `s.at<float>(4096)`.
  std::string address(mlir::Value buffer);

  /// Offset in the arena of a buffer, a variable or a view of one.
  int64_t offsetOf(mlir::Value buffer);

  /// Name of a kernel object that lives as long as the program, made by the
  /// initialiser `make`: `cpu::Conv2d{cpu::Conv2dShape{...}}`. Equal ones are one object.
  /// Its workspace is checked against the plan's `workspace` bytes.
  std::string object(llvm::StringRef kind, const std::string &make, int64_t workspace,
                     llvm::StringRef layer);

  /// Name of a helper function of the program with this text behind the name:
  /// `(float *y, ...) {...}`. Equal ones are one function.
  std::string function(llvm::StringRef kind, const std::string &text);

  /// Makes the program include a kernel's header.
  void include(llvm::StringRef header) { headers.insert(header); }

  struct Object {
    std::string name, kind, make, layer;
    int64_t workspace;
  };
  llvm::SetVector<llvm::StringRef> headers;
  std::vector<Object> objects;
  std::vector<std::pair<std::string, std::string>> functions; ///< Name and text.

private:
  mlir::SymbolTable symbols;
  llvm::StringMap<size_t> objectIndices;   ///< By `make`.
  llvm::StringMap<size_t> functionIndices; ///< By text.
};

struct CpuKernel {
  const char *name; ///< Of the launch op: "conv2d".

  /// Implementation and workspace of a launch at the kernel level; null if the kernel
  /// has only one and needs none.
  Algorithm (*select)(mlir::Operation *launch);

  /// The statement that runs a launch of the plan.
  std::string (*emit)(CpuProgramText &text, plan::LaunchOp launch);
};

/// The entry for a launch op's name without its dialect; null if there is none.
const CpuKernel *findCpuKernel(llvm::StringRef name);

// The families, one file each.
extern const CpuKernel cpuProductKernels[];
extern const size_t cpuProductKernelCount;
extern const CpuKernel cpuPointwiseKernels[];
extern const size_t cpuPointwiseKernelCount;
extern const CpuKernel cpuWindowKernels[];
extern const size_t cpuWindowKernelCount;
extern const CpuKernel cpuRowKernels[];
extern const size_t cpuRowKernelCount;

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CPU_CPUKERNELS_H

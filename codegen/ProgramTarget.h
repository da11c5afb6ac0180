//===- ProgramTarget.h - a target that programs are made for --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the command line asks of a target, beyond what passes ask. Targets.h lists them.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_PROGRAMTARGET_H
#define FANFOLD_CODEGEN_PROGRAMTARGET_H

#include "codegen/Project.h"
#include "passes/Target.h"
#include "runtime/Status.h"

#include "mlir/IR/BuiltinOps.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

/// An implementation of a launch that was considered.
struct Candidate {
  std::string implementation; ///< As in Algorithm::name.
  std::optional<int64_t> workspaceBytes;
  std::optional<int64_t> rank;        ///< Place in the library's own order, from 0.
  std::optional<double> microseconds; ///< If it was measured.
  std::string refused;                ///< Why it cannot be taken; empty if it can.
};

/// Whether a launch gives the same bits in every run, and by what that is known.
struct Repeatability {
  bool repeats = true;
  std::string by; ///< "own kernel", "its runs were equal"
};

class ProgramTarget : public Target {
public:
  /// The implementations among which `launch` was chosen, in the library's order; none if
  /// it has only one.
  virtual std::vector<Candidate> candidates(plan::LaunchOp launch) const { return {}; }
  /// Likewise of a problem among a launch's `alternatives`.
  virtual std::vector<Candidate> candidates(const std::string &problem) const { return {}; }

  /// On the same device with the same libraries and number of threads.
  virtual Repeatability repeats(plan::LaunchOp launch) const { return {true, "own kernel"}; }

  /// Microseconds that a problem takes by the fastest implementation that may run; none if
  /// that was not measured.
  virtual std::optional<double> fastest(const std::string &problem) const { return std::nullopt; }

  /// "8 of 60 problems are not in FILE; ..." if the tuning database had no answer to some
  /// of the launches that select() was asked for, or one that cannot be taken; else empty.
  virtual std::string missingMeasurements() const { return ""; }

  /// Whether `launches` take less time than `others` by `seconds`.
  bool takesLess(llvm::ArrayRef<mlir::Operation *> launches,
                 llvm::ArrayRef<mlir::Operation *> others) const;

  /// Whether programs can compute in a precision: "fp32", "tf32", "fp16", "bf16".
  virtual bool supports(llvm::StringRef precision) const = 0;

  /// The project of `plan`, a module at the plan level. Fails with a diagnostic at an op
  /// that has no kernel.
  virtual llvm::FailureOr<ProjectFiles> emitProject(mlir::ModuleOp plan) const = 0;

  /// The libraries that a program links, as words of the compiler's command line.
  virtual llvm::StringRef programLibraries() const = 0;

  /// Whether everything that building a project takes is installed.
  virtual Status checkToolchain() const = 0;
};

/// How many launches of the train step do not give the same bits in every run.
int64_t varyingLaunches(mlir::ModuleOp plan, const ProgramTarget &target);

/// Text that is equal for launches that take the same implementation and workspace.
std::string launchKey(mlir::Operation *launch);

/// How to make a target.
struct TargetOptions {
  std::string name;   ///< "cpu", "cuda:sm_90"; empty: what this machine runs best.
  std::string device; ///< Of Installation::deviceNames(); empty: this machine's GPU or the H200.
  int threads = 0;    ///< Most threads of a CPU program; 0: all of this machine.
  bool deterministic = false; ///< Only kernels that give the same bits in every run.
  std::string tuningDatabase; ///< File of measured choices; empty: none.
  bool frozen = false;        ///< No choice without a measurement.
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_PROGRAMTARGET_H

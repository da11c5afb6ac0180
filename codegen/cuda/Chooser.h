//===- Chooser.h - measured or estimated implementations ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolutions and matrix products have many implementations. What `OUT tune` measured on
// a card of the same name, with the same library, decides. Where nothing was measured, the
// library's estimate does, that of cuDNN corrected by a model of its engines
// (EngineModel.h). Every choice says by what it was made.
//
// The names of implementations, in `algorithm` attributes:
//
//   cudnn 62 tile_size=4 ...   engine and knobs of cuDNN
//   cublaslt                   what cuBLASLt chooses when the program starts
//   cublaslt 0123...           an algorithm of cuBLASLt, as Matmul.h writes it
//   line, rows                 kernels of our own (OwnConvolutions.h)
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CUDA_CHOOSER_H
#define FANFOLD_CODEGEN_CUDA_CHOOSER_H

#include "codegen/ProgramTarget.h"
#include "codegen/cuda/EngineModel.h"
#include "codegen/kernels/cublaslt/MatmulProblem.h"
#include "codegen/kernels/cudnn/Planner.h"
#include "codegen/kernels/tuning/TuningDatabase.h"

#include <map>
#include <set>
#include <string>

namespace fanfold {

/// Prefixes of the names above, with the space that follows the library.
inline constexpr llvm::StringLiteral cudnnPrefix = "cudnn ";
inline constexpr llvm::StringLiteral cublasltPrefix = "cublaslt ";

/// One thread at a time, as the planner.
class Chooser {
public:
  /// For the card of `device`. The planner outlives the chooser. Fails if there is a
  /// database and it cannot be read.
  static Result<std::unique_ptr<Chooser>> create(cudnn::Planner &planner,
                                                 const TargetOptions &options,
                                                 const cudnn::DeviceDescription &device);

  /// The implementation for a problem. Fails if there is none, if a record that would be
  /// taken names no algorithm of cuBLASLt ("FILE:LINE: ..."), and, with a frozen database,
  /// if none was measured. Engines that cuDNN refuses are passed over for the next.
  Result<Algorithm> choose(const cudnn::ConvProblem &problem);
  Result<Algorithm> choose(const cublaslt::MatmulProblem &problem);

  /// Microseconds that `implementation`, a name of those above, took for the problem of
  /// this text; none if it was not measured.
  std::optional<double> microseconds(const std::string &problem,
                                     llvm::StringRef implementation) const;

  /// Microseconds of what choose() takes by measurement for the problem of this text; none
  /// if it has to estimate.
  std::optional<double> fastest(const std::string &problem);

  /// Microseconds of what choose() takes for a convolution, measured or by the engine model; none
  /// if nothing is known of it.
  std::optional<double> expected(const cudnn::ConvProblem &problem);

  /// Whether `implementation`, a name of those above, gives the same bits in every run of the
  /// problem of this text, and by what that is known.
  Repeatability repeats(const std::string &problem, llvm::StringRef implementation);

  /// Counts an alternative of what a launch computes, a problem that decides between forms.
  /// Fails if it was not measured and the database is frozen.
  Status checkAlternative(const std::string &problem);

  /// Whether cuDNN has a plan for a problem at all.
  bool hasPlan(const cudnn::ConvProblem &problem);

  /// All that was considered, in the library's order, what only the database knows behind.
  std::vector<Candidate> candidates(const cudnn::ConvProblem &problem);
  std::vector<Candidate> candidates(const cublaslt::MatmulProblem &problem);

  /// See ProgramTarget.
  std::string missingMeasurements() const;

private:
  Chooser(cudnn::Planner &planner, const TargetOptions &options,
          const cudnn::DeviceDescription &device);

  const std::vector<TuningRecord> &measured(const std::string &library,
                                            const std::string &problem) const {
    return database.measured(device, library, problem);
  }
  const TuningRecord *find(const std::string &problem, llvm::StringRef implementation) const;
  bool fits(const TuningRecord &record) const {
    return record.workspaceBytes <= limits.maxWorkspaceBytes;
  }
  /// Whether what was measured may run as far as its bits go. `said` is what the library says
  /// of it: runs that were equal prove less than its word.
  bool mayRun(const TuningRecord &record, std::optional<bool> said) const {
    return !limits.deterministic ||
           (record.repeats.value_or(true) && said.value_or(record.repeats.value_or(false)));
  }
  /// What was measured for a convolution and may run.
  struct Measured {
    cudnn::Plan plan;
    double microseconds;
    double next; ///< Of the fastest other; 0 if there is none.
  };
  std::optional<Measured> fastest(const cudnn::ConvProblem &problem);

  /// The failure at a record of the database.
  Status refuse(const TuningRecord &record, Status status) const;
  /// Counts a problem without a measurement that could be taken; a failure if frozen.
  Status miss(const std::string &library, const std::string &problem);
  std::string estimate(const std::string &text) const;

  cudnn::Planner &planner;
  cudnn::PlanLimits limits;
  const std::string device, path;
  const bool frozen;
  const EngineModel model;
  TuningDatabase database;
  std::set<std::string> asked, missed; ///< Problems, each once.
  std::set<std::string> missedAlternatives;
  std::map<int64_t, std::string> passedOver; ///< Lines of the database, and why.
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CUDA_CHOOSER_H

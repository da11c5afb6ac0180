//===- TuneProgram.cpp - tune of CUDA programs ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/tuning/TuneProgram.h"

#include "codegen/kernels/cublaslt/MatmulTuner.h"
#include "codegen/kernels/cuda/Compare.h"
#include "codegen/kernels/cudnn/Tuner.h"
#include "codegen/kernels/tuning/TuneProblems.h"

#include <exception>
#include <string_view>

using namespace fanfold;

namespace {

bool isMatmul(const Tunable &tunable) {
  return std::string_view(tunable.problem).substr(0, 7) == "matmul ";
}

class CudaTimer final : public ProblemTimer {
public:
  /// Throws what the libraries throw when they start.
  CudaTimer(LaunchTimer launchTimer, ScratchMemory scratchMemory, std::string name)
      : timer(std::move(launchTimer)), scratch(scratchMemory), name(std::move(name)),
        convolutions(cudnn, timer, check, scratch, this->name) {}

  std::string deviceName() const override { return name; }

  std::string libraryName(const Tunable &tunable) const override {
    return isMatmul(tunable) ? cublaslt::libraryName() : cudnn::libraryName(cudnnGetVersion());
  }

  Result<std::vector<TuningRecord>> measure(const Tunable &tunable) override {
    if (isMatmul(tunable)) {
      Result<cublaslt::MatmulProblem> problem = cublaslt::MatmulProblem::parse(tunable.problem);
      if (!problem)
        return problem.status();
      // What the program does not run has no workspace there.
      return cublaslt::measure(blas, timer, check, scratch, name, *problem,
                               tunable.isAlternative ? problem->advisedWorkspaceBytes()
                                                     : tunable.workspaceBytes);
    }
    Result<cudnn::ConvProblem> problem = cudnn::ConvProblem::parse(tunable.problem);
    if (!problem)
      return problem.status();
    // Those that do not repeat too: the compiler takes what it may.
    return convolutions.measure(*problem, {});
  }

private:
  LaunchTimer timer;
  RepeatCheck check{cuda::countDifferences};
  ScratchMemory scratch;
  std::string name;
  cudnn::Handle cudnn;
  cublaslt::Handle blas;
  cudnn::Tuner convolutions;
};

} // namespace

Status fanfold::tuneCudaProgram(const TuneRequest &request) {
  return tuneProblems(request, [&]() -> Result<std::unique_ptr<ProblemTimer>> {
    FANFOLD_RETURN_IF_ERROR(request.device.open(request.program, /*threads=*/0));
    Result<std::string> name = currentDeviceName();
    if (!name)
      return name.status();
    Result<LaunchTimer> timer = LaunchTimer::create();
    if (!timer)
      return timer.status();
    const ScratchMemory scratch(request.device.memoryOfArena(), request.program.arenaBytes);
    try {
      return std::unique_ptr<ProblemTimer>(
          std::make_unique<CudaTimer>(std::move(*timer), scratch, *name));
    } catch (const std::exception &error) {
      return Status::error("starting cuDNN and cuBLASLt: {}", error.what());
    }
  });
}

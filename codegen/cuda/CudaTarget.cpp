//===- CudaTarget.cpp - NVIDIA GPUs ---------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/CudaTarget.h"
#include "codegen/Toolchain.h"
#include "codegen/cuda/CudaKernels.h"
#include "codegen/cuda/CudaToolchain.h"

using namespace mlir;
using namespace fanfold;

Result<std::unique_ptr<ProgramTarget>> CudaTarget::make(const TargetOptions &options) {
  auto target = std::unique_ptr<CudaTarget>(new CudaTarget());
  target->targetName = "cuda:sm_90";
  target->limits.deterministic = options.deterministic;
  Result<cudnn::DeviceDescription> device =
      cudnn::DeviceDescription::read(deviceDirectory() + "/nvidia-h200.json");
  if (!device.ok())
    return std::move(device).status();
  target->device = std::move(*device);
  Result<std::unique_ptr<cudnn::Planner>> planner = cudnn::Planner::create(target->device);
  if (!planner.ok())
    return std::move(planner).status();
  target->planner = std::move(*planner);
  return std::unique_ptr<ProgramTarget>(std::move(target));
}

bool CudaTarget::supports(StringRef precision) const {
  return llvm::is_contained({"fp32", "tf32", "fp16", "bf16"}, precision);
}

Result<cudnn::Plan> CudaTarget::choosePlan(const cudnn::ConvProblem &problem) const {
  Result<const cudnn::Candidates *> candidates = planner->candidates(problem, limits);
  if (!candidates.ok())
    return std::move(candidates).status();
  if ((*candidates)->plans.empty())
    return Status::error("cuDNN has no engine for {}", problem.text());
  return (*candidates)->plans.front();
}

Result<cudnn::Plan> CudaTarget::buildPlan(const cudnn::ConvProblem &problem,
                                          const std::string &engine) const {
  return planner->build(problem, engine);
}

FailureOr<Algorithm> CudaTarget::select(Operation *launch) const {
  const CudaKernel *kernel = findCudaKernel(launch->getName().stripDialect());
  if (!kernel)
    return launch->emitOpError("has no kernel for the target ") << targetName;
  if (!kernel->select)
    return Algorithm();
  auto [it, inserted] = known.try_emplace(launchKey(launch));
  if (inserted) {
    Result<Algorithm> algorithm = kernel->select(*this, launch);
    if (!algorithm.ok()) {
      known.erase(it);
      return launch->emitOpError("has no implementation: ") << algorithm.status().message();
    }
    it->second = *algorithm;
  }
  return it->second;
}

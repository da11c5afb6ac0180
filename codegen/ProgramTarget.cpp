//===- ProgramTarget.cpp - a target that programs are made for ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/ProgramTarget.h"
#include "codegen/cpu/CpuTarget.h"
#ifdef FANFOLD_WITH_CUDA
#include "codegen/cuda/CudaTarget.h"
#endif
#include "passes/Joins.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace fanfold;

std::vector<std::string> fanfold::targetNames() { return {"cpu", "cuda:sm_90"}; }

bool ProgramTarget::takesLess(llvm::ArrayRef<mlir::Operation *> launches,
                              llvm::ArrayRef<mlir::Operation *> others) const {
  double difference = 0;
  for (mlir::Operation *launch : launches)
    difference += seconds(launch);
  for (mlir::Operation *launch : others)
    difference -= seconds(launch);
  return difference < 0;
}

std::string fanfold::launchKey(mlir::Operation *launch) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << launch->getName();
  for (mlir::NamedAttribute attr : launch->getAttrs())
    if (attr.getName() != "layer")
      stream << " " << attr.getName() << "=" << attr.getValue();
  const auto addTensors = [&](mlir::ValueRange tensors) {
    for (mlir::Value tensor : tensors) {
      stream << " " << tensor.getType();
      if (const int64_t pitch = pitchOf(tensor); pitch != kernel::channelsOf(tensor.getType()))
        stream << "/" << pitch;
    }
  };
  addTensors(launch->getOperands());
  stream << " ->";
  addTensors(launch->getResults());
  return key;
}

static Result<std::unique_ptr<ProgramTarget>> makeCudaTarget(const TargetOptions &options) {
#ifdef FANFOLD_WITH_CUDA
  return CudaTarget::make(options);
#else
  return Status::error("this fanfold is built without the CUDA toolkit, which the target {} takes",
                       options.name);
#endif
}

/// What this machine runs best: a driver has left its mark, and there is a toolkit.
static bool hasGpu() {
#ifdef FANFOLD_WITH_CUDA
  return llvm::sys::fs::exists("/dev/nvidiactl");
#else
  return false;
#endif
}

Result<std::unique_ptr<ProgramTarget>> fanfold::makeTarget(const TargetOptions &options) {
  if (options.name == "cuda:sm_90" || (options.name.empty() && hasGpu()))
    return makeCudaTarget(options);
  if (options.name == "cpu" || options.name.empty()) {
    if (!options.tuningDatabase.empty())
      return Status::error("the target cpu has one implementation of every kernel, and nothing "
                           "that the tuning database {} could choose",
                           options.tuningDatabase);
    return std::unique_ptr<ProgramTarget>(std::make_unique<CpuTarget>(options.threads));
  }
  return Status::error("unknown target '{}', expected {}", options.name,
                       fmt::join(targetNames(), " or "));
}

//===- Targets.cpp - the list of targets --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Targets.h"
#include "codegen/Installation.h"
#include "codegen/TargetModule.h"
#include "codegen/cpu/CpuTarget.h"

#include "llvm/Support/FileSystem.h"

#include <dlfcn.h>

using namespace fanfold;

std::vector<std::string> fanfold::targetNames() { return {"cpu", "cuda:sm_90"}; }

static std::string cudaModulePath() { return Installation::get().libraries + "/fanfold-cuda.so"; }

/// The CUDA target needs cuDNN, which most machines do not have: it is loaded when it is asked
/// for. It stays loaded.
static Result<std::unique_ptr<ProgramTarget>> makeCudaTarget(const TargetOptions &options) {
  const std::string path = cudaModulePath();
  if (!llvm::sys::fs::exists(path))
    return Status::error("the target {} needs {}, which is not there; install the package "
                         "fanfold-cuda or, in a build tree, build the target fanfold-cuda",
                         options.name, path);
  void *module = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  auto *make =
      module ? reinterpret_cast<MakeTargetFunction *>(dlsym(module, makeTargetSymbol)) : nullptr;
  if (!make)
    return Status::error("loading the target {}: {}", options.name, dlerror());
  Result<std::unique_ptr<ProgramTarget>> target = Status::error("not made");
  make(FANFOLD_VERSION, options, target);
  return target;
}

/// What this machine runs best: a driver has left its mark, and there is the target.
static bool hasGpu() {
  return llvm::sys::fs::exists("/dev/nvidiactl") && llvm::sys::fs::exists(cudaModulePath());
}

Result<std::unique_ptr<ProgramTarget>> fanfold::makeTarget(const TargetOptions &options) {
  if (options.name == "cuda:sm_90" || (options.name.empty() && hasGpu()))
    return makeCudaTarget(options);
  if (options.name == "cpu" || options.name.empty()) {
    if (!options.device.empty())
      return Status::error("the target cpu is the machine that compiles, found the device {}",
                           options.device);
    if (!options.tuningDatabase.empty())
      return Status::error("the target cpu has one implementation of every kernel, and nothing "
                           "that the tuning database {} could choose",
                           options.tuningDatabase);
    return std::unique_ptr<ProgramTarget>(std::make_unique<CpuTarget>(options.threads));
  }
  return Status::error("unknown target '{}', expected {}", options.name,
                       fmt::join(targetNames(), " or "));
}

//===- CudaModule.cpp - the CUDA target as a library of its own ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/TargetModule.h"
#include "codegen/cuda/CudaTarget.h"

#include <string_view>

using namespace fanfold;

// Named by makeTargetSymbol.
extern "C" void fanfoldMakeTarget(const char *version, const TargetOptions &options,
                                  Result<std::unique_ptr<ProgramTarget>> &result) {
  if (std::string_view(version) != FANFOLD_VERSION)
    result =
        Status::error("found the target {} of Fanfold " FANFOLD_VERSION ", expected that of {}",
                      options.name, version);
  else
    result = CudaTarget::make(options);
}

/// The declaration and the type that is loaded agree.
static_assert(std::is_same_v<decltype(fanfoldMakeTarget), MakeTargetFunction>);

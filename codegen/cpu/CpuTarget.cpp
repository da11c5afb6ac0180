//===- CpuTarget.cpp - the CPU target -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/CpuTarget.h"
#include "codegen/cpu/CpuKernels.h"

#include <omp.h>

using namespace mlir;
using namespace fanfold;

CpuTarget::CpuTarget(int threads) : threadCount(threads ? threads : omp_get_num_procs()) {
  omp_set_num_threads(threadCount);
}

FailureOr<Algorithm> CpuTarget::select(Operation *launch) const {
  const CpuKernel *kernel = findCpuKernel(launch->getName().stripDialect());
  if (!kernel)
    return launch->emitOpError("has no kernel for the target cpu");
  if (!kernel->select)
    return Algorithm();
  auto [it, inserted] = known.try_emplace(launchKey(launch));
  if (inserted) {
    try {
      it->second = kernel->select(launch);
    } catch (const std::exception &error) {
      return launch->emitOpError("is refused by oneDNN: ") << error.what();
    }
  }
  return it->second;
}

//===- CpuTarget.cpp - the CPU target -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/CpuTarget.h"
#include "codegen/cpu/CpuKernels.h"
#include "passes/LaunchWork.h"

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

/// A plan must not depend on how busy this machine is, so no rate is measured here: these
/// are those of a server's core with AVX2 at 2.5 GHz. Products keep one of two units for
/// multiply-adds busy; the rest is scalar code that the compiler vectorises in part.
double CpuTarget::seconds(Operation *launch) const {
  constexpr Roofline machine{/*bytesPerSecond=*/12e9, /*launchSeconds=*/1e-6};
  constexpr double productRate = 2.5e9 * 16, otherRate = 2.5e9;
  return machine.seconds(workOf(launch),
                         threadCount * (isProduct(launch) ? productRate : otherRate));
}

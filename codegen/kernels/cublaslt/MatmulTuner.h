//===- MatmulTuner.h - times algorithms of matrix products on the card ---===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As cudnn/Tuner.h does for convolutions.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMULTUNER_H
#define FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMULTUNER_H

#include "codegen/kernels/cublaslt/Matmul.h"
#include "codegen/kernels/tuning/LaunchTimer.h"
#include "codegen/kernels/tuning/RepeatCheck.h"
#include "codegen/kernels/tuning/ScratchMemory.h"
#include "codegen/kernels/tuning/TuningDatabase.h"

namespace fanfold::cublaslt {

/// "cublaslt 13.1.0": the library of a record. Its choice is Matmul's `algorithm`.
std::string libraryName();

/// A record for each of the heuristic's algorithms that ran within the workspace.
/// Fails if the problem makes no sense or its matrices do not fit into the scratch
/// memory.
Result<std::vector<TuningRecord>> measure(Handle &handle, LaunchTimer &timer, RepeatCheck &check,
                                          ScratchMemory &scratch, const std::string &deviceName,
                                          const MatmulProblem &problem, int64_t workspaceBytes);

} // namespace fanfold::cublaslt

#endif // FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMULTUNER_H

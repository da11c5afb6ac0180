//===- TuneProgram.h - tune of CUDA programs ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_TUNING_TUNEPROGRAM_H
#define FANFOLD_CODEGEN_KERNELS_TUNING_TUNEPROGRAM_H

#include "runtime/Tune.h"

namespace fanfold {

/// What a CUDA program hands to runProgram(): tuneProblems() with cuDNN's and cuBLASLt's
/// candidates on the GPU, engines that are compiled there included, those that do not
/// repeat to the bit too. Tensors and workspaces lie in the program's arena, and nothing
/// else is allocated for them.
Status tuneCudaProgram(const TuneRequest &request);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_KERNELS_TUNING_TUNEPROGRAM_H

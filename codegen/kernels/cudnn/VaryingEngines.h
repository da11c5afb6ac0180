//===- VaryingEngines.h - engines whose bits differ from run to run -------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_VARYINGENGINES_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_VARYINGENGINES_H

#include "codegen/kernels/cudnn/ConvProblem.h"

namespace fanfold::cudnn {

/// Whether an engine was seen to give other bits in another run of the same problem, though
/// cuDNN does not say so of it (CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC).
bool isSeenToVary(const ConvProblem &problem, int64_t engine);

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_VARYINGENGINES_H

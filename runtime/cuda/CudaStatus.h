//===- CudaStatus.h - what CUDA says, as a sentence -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_CUDA_CUDASTATUS_H
#define FANFOLD_RUNTIME_CUDA_CUDASTATUS_H

#include "runtime/Status.h"

#include <cuda_runtime_api.h>

#include <string>

namespace fanfold {

/// The one place where a CUDA code becomes a Status: success, or "WHAT: an illegal
/// memory access was encountered (cudaErrorIllegalAddress)". What a machine lacks or
/// breaks is the user's to mend; everything else is a bug of ours.
Status fromCuda(cudaError_t code, const std::string &what);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_CUDA_CUDASTATUS_H

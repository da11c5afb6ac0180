//===- Accuracy.h - how often the label is among the first ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A figure for the person who watches the training; no gradient.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_ACCURACY_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_ACCURACY_H

#include "codegen/kernels/cuda/Workspaces.h"

#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// *fraction = the rows whose label is among the `top` largest logits, over `rows`. Of
/// equal logits the lower class comes first. A label outside [0, classes), or with the
/// logit NaN, is a miss; another class's NaN ranks before every number. `workspace` has
/// accuracyWorkspaceBytes(rows). Two launches. T is float, __half or __nv_bfloat16.
template <typename T>
void accuracy(cudaStream_t stream, int64_t rows, int64_t classes, int64_t top, const T *logits,
              const int32_t *labels, float *fraction, void *workspace);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_ACCURACY_H

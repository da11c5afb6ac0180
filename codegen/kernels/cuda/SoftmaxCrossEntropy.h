//===- SoftmaxCrossEntropy.h - the loss of a classifier -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// loss = mean over the rows of -sum over classes of target * log(softmax(logits)),
// where the target is (1 - smoothing) at the label plus smoothing / classes
// everywhere, as in PyTorch.
//
// A label below zero marks padding: the row adds nothing to loss or gradient, but
// the divisor stays `rows`. A label of `classes` or more makes the loss NaN, so
// that the run stops; its gradient is zero.
//
// T, of the logits, is float, __half or __nv_bfloat16; P, of the probabilities, is T or
// float.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_SOFTMAXCROSSENTROPY_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_SOFTMAXCROSSENTROPY_H

#include "codegen/kernels/cuda/Workspaces.h"

#include <cuda_runtime_api.h>

namespace fanfold::cuda {

/// *loss = the mean loss; probabilities = softmax(logits), rows x classes, which may be
/// the logits' own memory if P is T. `workspace` has
/// softmaxCrossEntropyWorkspaceBytes(rows). Two launches.
template <typename T, typename P>
void softmaxCrossEntropy(cudaStream_t stream, int64_t rows, int64_t classes, float smoothing,
                         const T *logits, const int32_t *labels, float *loss, P *probabilities,
                         void *workspace);

/// dlogits = *dloss / rows * (probabilities - target), which may be the memory of the
/// probabilities if P is T.
template <typename T, typename P>
void softmaxCrossEntropyGradient(cudaStream_t stream, int64_t rows, int64_t classes,
                                 float smoothing, const P *probabilities, const int32_t *labels,
                                 const float *dloss, T *dlogits);

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_SOFTMAXCROSSENTROPY_H

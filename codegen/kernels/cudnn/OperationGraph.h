//===- OperationGraph.h - a convolution in cuDNN's terms -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Turns a ConvProblem into cuDNN's graph of operations: the convolution and the
// pointwise and statistics operations that are fused with it. Tensors of the graph
// have the identifiers below, by which a run says where they lie.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_OPERATIONGRAPH_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_OPERATIONGRAPH_H

#include "codegen/kernels/cudnn/ConvProblem.h"
#include "codegen/kernels/cudnn/Descriptor.h"

namespace fanfold::cudnn {

/// Names of the tensors that lie in memory. They are in serialised plans: a new one
/// takes a new number.
enum TensorId : int64_t {
  tensorX = 1,            ///< x, or its gradient.
  tensorW = 2,            ///< w, or its gradient.
  tensorY = 3,            ///< y, or its gradient.
  tensorBias = 4,         ///< Of the epilogue, yType, k elements.
  tensorScale = 5,        ///< Of the prologue, f32, c elements.
  tensorShift = 6,        ///< Of the prologue, f32, c elements.
  tensorSum = 7,          ///< Of the epilogue, f32, k elements.
  tensorSumOfSquares = 8, ///< Of the epilogue, f32, k elements.
  firstVirtualTensor = 64 ///< From here on: values that stay inside the kernel.
};

/// What the pointers of x, w and y are multiples of, in bytes: 16, or for a slice of a
/// wider buffer what its channels and the buffer's leave of that.
int64_t alignmentOf(const ConvProblem &problem, TensorId tensor);

/// The finalised graph. Throws Error if cuDNN refuses it. With a handle the graph
/// belongs to the handle's device; without one it belongs to none.
Descriptor makeOperationGraph(const ConvProblem &problem, cudnnHandle_t handle = nullptr);

/// The identifiers of the problem's tensors, in ascending order.
std::vector<int64_t> tensorsOf(const ConvProblem &problem);

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_OPERATIONGRAPH_H

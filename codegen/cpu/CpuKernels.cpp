//===- CpuKernels.cpp - the kernels of the CPU target ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/CpuKernels.h"
#include "codegen/kernels/cpu/BatchNorm.h"
#include "codegen/kernels/cpu/Reduce.h"

using namespace mlir;
using namespace fanfold;

static Algorithm selectStatistics(Operation *op) {
  auto type = cast<ShapedType>(op->getOperand(0).getType());
  int64_t channels = type.getShape().back();
  return {"", static_cast<int64_t>(
                  cpu::batchNormWorkspaceBytes(type.getNumElements() / channels, channels))};
}

static Algorithm selectSumOfSquares(Operation *op) {
  auto type = cast<ShapedType>(op->getOperand(0).getType());
  return {"", static_cast<int64_t>(cpu::sumOfSquaresWorkspaceBytes(type.getNumElements()))};
}

static const CpuKernel otherCpuKernels[] = {
    {"batch_norm_statistics", selectStatistics, emitBatchNormStatistics},
    {"lrn", nullptr, emitLrn},
    {"lrn_grad", nullptr, emitLrnGrad},
    {"softmax_cross_entropy", nullptr, emitSoftmaxCrossEntropy},
    {"softmax_cross_entropy_grad", nullptr, emitSoftmaxCrossEntropyGrad},
    {"accuracy", nullptr, emitAccuracy},
    {"copy", nullptr, emitCopy},
    {"all_reduce_begin", nullptr, emitAllReduceBegin},
    {"all_reduce_end", nullptr, emitAllReduceEnd},
    {"sum_of_squares", selectSumOfSquares, emitSumOfSquares},
    {"max_pool2d", nullptr, emitMaxPool2d},
    {"max_pool2d_grad", nullptr, emitMaxPool2dGrad},
    {"max_pool2d_places", nullptr, emitMaxPool2d},
    {"max_pool2d_places_grad", nullptr, emitMaxPool2dPlacesGrad},
    {"avg_pool2d", nullptr, emitAvgPool2d},
    {"avg_pool2d_grad", nullptr, emitAvgPool2dGrad},
};

const CpuKernel *fanfold::findCpuKernel(StringRef name) {
  for (ArrayRef<CpuKernel> family :
       {cpuProductKernels(), cpuPointwiseKernels(), ArrayRef<CpuKernel>(otherCpuKernels)})
    for (const CpuKernel &kernel : family)
      if (name == kernel.name)
        return &kernel;
  return nullptr;
}

//===- LaunchWork.cpp - what a launch reads, writes and computes ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/LaunchWork.h"
#include "ir/Kernel/KernelDialect.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace fanfold;

Work fanfold::workOf(Operation *launch) {
  llvm::SetVector<Value> tensors;
  // Of a slice's operand, only what becomes the result is read.
  bool slices = isa<kernel::SliceOp>(launch);
  if (!slices)
    tensors.insert(launch->operand_begin(), launch->operand_end());
  tensors.insert(launch->result_begin(), launch->result_end());
  Work work;
  for (Value tensor : tensors)
    work.bytes += static_cast<double>(kernel::byteSize(cast<RankedTensorType>(tensor.getType())));
  if (slices)
    work.bytes *= 2;
  work.flops = cast<kernel::LaunchOpInterface>(launch).getFlops();
  return work;
}

bool fanfold::isProduct(Operation *launch) {
  return isa<kernel::Conv1x1AddOp, kernel::Conv2dOp, kernel::Conv2dDgradOp, kernel::Conv2dWgradOp,
             kernel::Conv2dStatisticsOp, kernel::MatmulOp>(launch);
}

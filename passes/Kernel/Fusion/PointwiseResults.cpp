//===- PointwiseResults.cpp - what pointwise kernels leave behind ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Fusion/PointwiseResults.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

PointwiseOp fanfold::dropResult(PointwiseOp op, unsigned index) {
  if (op.getNumResults() == 1) {
    op.erase();
    return nullptr;
  }
  OpBuilder builder(op);
  SmallVector<Type> types(op.getResultTypes());
  types.erase(types.begin() + index);
  auto sums = static_cast<int64_t>(op.getSums()) - (index >= op.getNumElementwise());
  auto slim =
      PointwiseOp::create(builder, op.getLoc(), types, op.getInputs(), op.getExtentAttr(),
                          builder.getI64IntegerAttr(sums), DenseI64ArrayAttr(), op.getLayerAttr(),
                          StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
  slim.getBody().takeBody(op.getBody());
  slim.getBody().front().back().eraseOperand(index);
  for (unsigned i = 0, j = 0; i < op.getNumResults(); ++i)
    if (i != index)
      op.getResult(i).replaceAllUsesWith(slim.getResult(j++));
  op.erase();
  return slim;
}

/// An earlier result that is equal to result `index`; none if there is none.
static std::optional<unsigned> twinOf(PointwiseOp op, unsigned index) {
  Operation &yield = op.getBody().front().back();
  const bool isSum = index >= op.getNumElementwise();
  for (unsigned i = isSum ? op.getNumElementwise() : 0; i < index; ++i)
    if (yield.getOperand(i) == yield.getOperand(index) &&
        op.getResult(i).getType() == op.getResult(index).getType())
      return i;
  return std::nullopt;
}

void fanfold::dropTwins(PointwiseOp op) {
  for (unsigned i = op.getNumResults(); i-- > 1;)
    if (std::optional<unsigned> twin = twinOf(op, i)) {
      op.getResult(i).replaceAllUsesWith(op.getResult(*twin));
      op = dropResult(op, i);
    }
}

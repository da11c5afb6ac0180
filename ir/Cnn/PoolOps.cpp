//===- PoolOps.cpp - pooling ----------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/CnnDialect.h"
#include "ir/Cnn/Shapes.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

/// Type of a pool's result; `op` is a max_pool2d or an avg_pool2d.
template <typename Op>
static FailureOr<RankedTensorType> inferPool(Op op) {
  RankedTensorType input = tensorType(op.getInput());
  if (failed(requireRank(op, input, 4)) || failed(verifyWindow(op, "kernel", op.getKernel(), 1)) ||
      failed(verifyWindow(op, "stride", op.getStrideAttr(), 1)) ||
      failed(verifyWindow(op, "pad", op.getPadAttr(), 0)))
    return failure();
  ConvWindow w = op.getWindow();
  // A window wholly in the padding would have neither a largest element nor a mean.
  for (auto [pad, kernel] :
       {std::pair(w.pad.height, w.kernel.height), {w.pad.width, w.kernel.width}})
    if (2 * pad > kernel)
      return op.emitOpError("pad is ")
             << pad << ", expected at most " << kernel / 2 << ", half of the kernel " << kernel;
  FailureOr<int64_t> height =
      windowExtent(op, "height", input.getDimSize(1), w.kernel.height, w.stride.height,
                   w.pad.height, /*dilation=*/1, op.getCeil());
  FailureOr<int64_t> width =
      windowExtent(op, "width", input.getDimSize(2), w.kernel.width, w.stride.width, w.pad.width,
                   /*dilation=*/1, op.getCeil());
  if (failed(height) || failed(width))
    return failure();
  return RankedTensorType::get({input.getDimSize(0), *height, *width, input.getDimSize(3)},
                               input.getElementType());
}

FailureOr<RankedTensorType> MaxPool2dOp::inferType() { return inferPool(*this); }

void MaxPool2dOp::buildGradient(OpBuilder &builder, Value gradient,
                                llvm::function_ref<bool(unsigned)>,
                                MutableArrayRef<Value> gradients) {
  ConvWindow w = getWindow();
  gradients[0] = MaxPool2dGradOp::create(
      builder, getLoc(), getInput().getType(), getInput(), getResult(), gradient,
      windowAttr(getContext(), w.kernel), windowAttr(getContext(), w.stride),
      windowAttr(getContext(), w.pad), derivedName(*this, "grad"));
}

FailureOr<RankedTensorType> AvgPool2dOp::inferType() { return inferPool(*this); }

void AvgPool2dOp::buildGradient(OpBuilder &builder, Value gradient,
                                llvm::function_ref<bool(unsigned)>,
                                MutableArrayRef<Value> gradients) {
  ConvWindow w = getWindow();
  gradients[0] = AvgPool2dGradOp::create(
      builder, getLoc(), getInput().getType(), gradient, windowAttr(getContext(), w.kernel),
      windowAttr(getContext(), w.stride), windowAttr(getContext(), w.pad), getCountPadAttr(),
      derivedName(*this, "grad"));
}

FailureOr<RankedTensorType> GlobalAvgPool2dOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (failed(requireRank(*this, input, 4)))
    return failure();
  return RankedTensorType::get({input.getDimSize(0), 1, 1, input.getDimSize(3)},
                               input.getElementType());
}

void GlobalAvgPool2dOp::buildGradient(OpBuilder &builder, Value gradient,
                                      llvm::function_ref<bool(unsigned)>,
                                      MutableArrayRef<Value> gradients) {
  RankedTensorType input = tensorType(getInput());
  DenseI64ArrayAttr image = windowAttr(getContext(), {input.getDimSize(1), input.getDimSize(2)});
  gradients[0] = AvgPool2dGradOp::create(builder, getLoc(), input, gradient, image, image,
                                         windowAttr(getContext(), {0, 0}), UnitAttr(),
                                         derivedName(*this, "grad"));
}

//===- ConvOps.cpp - convolution ------------------------------------------===//
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

LogicalResult Conv2dOp::verify() {
  if (auto filters = dyn_cast<IntegerAttr>(getFilters()); filters && filters.getInt() < 1)
    return emitOpError("has ") << filters.getInt() << " filters, expected at least 1";
  if (auto groups = dyn_cast_or_null<IntegerAttr>(getGroupsAttr()); groups && groups.getInt() < 1)
    return emitOpError("has ") << groups.getInt() << " groups, expected at least 1";
  if (failed(verifyWindow(*this, "kernel", getKernel(), 1)) ||
      failed(verifyWindow(*this, "stride", getStrideAttr(), 1)) ||
      failed(verifyWindow(*this, "pad", getPadAttr(), 0)) ||
      failed(verifyWindow(*this, "dilation", getDilationAttr(), 1)) ||
      failed(verifyInit(*this, getInitAttr())))
    return failure();

  auto input = dyn_cast<RankedTensorType>(getInput().getType());
  auto filter = getFilter() ? dyn_cast<RankedTensorType>(getFilter().getType()) : nullptr;
  if (!input || !filter || input.getRank() != 4 || filter.getRank() != 4)
    return success();
  int64_t channels = input.getDimSize(3) / getGroupCount();
  if (filter.getDimSize(3) != channels)
    return emitOpError("filter has ")
           << filter.getDimSize(3) << " input channels, expected " << channels << " (input "
           << input.getDimSize(3) << " / groups " << getGroupCount() << ")";
  if (filter.getDimSize(0) != toInteger(getFilters(), 0))
    return emitOpError("filter tensor holds ")
           << filter.getDimSize(0) << " filters, expected " << toInteger(getFilters(), 0);
  return success();
}

FailureOr<RankedTensorType> Conv2dOp::inferType() {
  RankedTensorType input = tensorType(getInput());
  if (failed(requireRank(*this, input, 4)))
    return failure();
  int64_t channels = input.getDimSize(3), groups = getGroupCount();
  int64_t filters = toInteger(getFilters(), 0);
  if (channels % groups != 0)
    return emitOpError("has ") << groups << " groups, expected a divisor of the " << channels
                               << " input channels";
  if (filters % groups != 0)
    return emitOpError("has ") << groups << " groups, expected a divisor of the " << filters
                               << " filters";
  ConvWindow w = getWindow();
  FailureOr<int64_t> height =
      windowExtent(*this, "height", input.getDimSize(1), w.kernel.height, w.stride.height,
                   w.pad.height, w.dilation.height, /*ceil=*/false);
  FailureOr<int64_t> width =
      windowExtent(*this, "width", input.getDimSize(2), w.kernel.width, w.stride.width, w.pad.width,
                   w.dilation.width, /*ceil=*/false);
  if (failed(height) || failed(width))
    return failure();
  return RankedTensorType::get({input.getDimSize(0), *height, *width, filters},
                               input.getElementType());
}

SmallVector<VariableSpec> Conv2dOp::getVariableSpecs() {
  RankedTensorType input = tensorType(getInput());
  Window kernel = getWindow().kernel;
  int64_t filters = toInteger(getFilters(), 0);
  int64_t channels = input.getDimSize(3) / getGroupCount();
  int64_t taps = kernel.height * kernel.width;
  auto type = RankedTensorType::get({filters, kernel.height, kernel.width, channels},
                                    input.getElementType());
  return {{"weight", "parameter", type,
           weightInit(getContext(), getInitAttr(), "he_normal", taps * channels,
                      taps * filters / getGroupCount()),
           /*decay=*/true}};
}

int64_t Conv2dOp::getMacs() {
  RankedTensorType result = tensorType(getResult());
  Window kernel = getWindow().kernel;
  return result.getDimSize(1) * result.getDimSize(2) * result.getDimSize(3) * kernel.height *
         kernel.width * (tensorType(getInput()).getDimSize(3) / getGroupCount());
}

void Conv2dOp::buildGradient(OpBuilder &builder, Value gradient,
                             llvm::function_ref<bool(unsigned)> wanted,
                             MutableArrayRef<Value> gradients) {
  ConvWindow window = getWindow();
  DenseI64ArrayAttr stride = windowAttr(getContext(), window.stride);
  DenseI64ArrayAttr pad = windowAttr(getContext(), window.pad);
  DenseI64ArrayAttr dilation = windowAttr(getContext(), window.dilation);
  IntegerAttr groups = builder.getI64IntegerAttr(getGroupCount());
  if (wanted(0))
    gradients[0] =
        Conv2dDgradOp::create(builder, getLoc(), getInput().getType(), gradient, getFilter(),
                              stride, pad, dilation, groups, derivedName(*this, "dgrad"));
  if (wanted(1))
    gradients[1] =
        Conv2dWgradOp::create(builder, getLoc(), getFilter().getType(), getInput(), gradient,
                              stride, pad, dilation, groups, derivedName(*this, "wgrad"));
}

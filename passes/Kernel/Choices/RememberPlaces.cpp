//===- RememberPlaces.cpp - where the largest elements of max pools were --===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_REMEMBERPLACES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
struct RememberPlacesPass : fanfold::impl::RememberPlacesBase<RememberPlacesPass> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    for (auto gradient : llvm::make_early_inc_range(body.getOps<MaxPool2dGradOp>()))
      if (auto pool = gradient.getForward().getDefiningOp<MaxPool2dOp>())
        if (pool.getKernel()[0] * pool.getKernel()[1] <= 255)
          remember(pool, gradient);
  }

  void remember(MaxPool2dOp pool, MaxPool2dGradOp gradient) {
    auto type = cast<RankedTensorType>(pool.getType());
    OpBuilder builder(pool);
    auto places = MaxPool2dPlacesOp::create(
        builder, pool.getLoc(), type, type.clone(builder.getIntegerType(8, /*isSigned=*/false)),
        pool.getInput(), pool.getPrologue(), pool.getKernelAttr(), pool.getStrideAttr(),
        pool.getPadAttr(), pool.getLayerAttr(), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    builder.setInsertionPoint(gradient);
    auto scatter = MaxPool2dPlacesGradOp::create(
        builder, gradient.getLoc(), gradient.getType(), places.getPlaces(), gradient.getGradient(),
        gradient.getKernelAttr(), gradient.getStrideAttr(), gradient.getPadAttr(),
        gradient.getLayerAttr(), StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    gradient.getResult().replaceAllUsesWith(scatter.getResult());
    gradient.erase();
    pool.getResult().replaceAllUsesWith(places.getResult());
    pool.erase();
    ++remembered;
  }
};
} // namespace

//===- FuseStatistics.cpp - sums for batch normalisation beside a convolution ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/TakeForm.h"
#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_FUSESTATISTICS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

namespace {
struct FuseStatisticsPass : fanfold::impl::FuseStatisticsBase<FuseStatisticsPass> {
  explicit FuseStatisticsPass(const Target *target = nullptr) : target(target) {}

  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    for (auto op : llvm::make_early_inc_range(body.getOps<BatchNormStatisticsOp>())) {
      auto conv = op.getInput().getDefiningOp<Conv2dOp>();
      if (conv && !conv.getBias() && !conv.getActivation())
        fuse(conv, op);
    }
  }

  /// Makes the fused form, and takes one of the two.
  void fuse(Conv2dOp conv, BatchNormStatisticsOp statistics) {
    auto type = cast<RankedTensorType>(conv.getType());
    auto sumType = RankedTensorType::get({type.getShape().back()}, Float32Type::get(&getContext()));
    OpBuilder builder(conv);
    auto both = Conv2dStatisticsOp::create(
        builder, FusedLoc::get(&getContext(), {statistics.getLoc(), conv.getLoc()}), type, sumType,
        sumType, conv.getInput(), conv.getFilter(), /*prologue=*/ValueRange(), conv.getStrideAttr(),
        conv.getPadAttr(), conv.getDilationAttr(), conv.getGroupsAttr(), conv.getLayerAttr(),
        StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    builder.setInsertionPoint(statistics);
    auto finalize = BatchNormFinalizeOp::create(
        builder, statistics.getLoc(), statistics.getResultTypes(), both.getSum(),
        both.getSumOfSquares(), statistics.getRunningMean(), statistics.getRunningVariance(),
        builder.getI64IntegerAttr(type.getNumElements() / type.getShape().back()),
        statistics.getEpsilonAttr(), statistics.getMomentumAttr(), statistics.getLayerAttr(),
        StringAttr(), IntegerAttr(), DenseI64ArrayAttr());
    const std::array<Operation *, 2> apart = {conv, statistics}, fused = {both, finalize};
    if (!takesFused(target, "statistics", apart, fused)) {
      finalize.erase();
      both.erase();
      return;
    }
    conv.getResult().replaceAllUsesWith(both.getResult());
    statistics->replaceAllUsesWith(finalize);
    statistics.erase();
    conv.erase();
    ++this->fused;
  }

  const Target *target; ///< Null: one that likes the epilogue.
};
} // namespace

std::unique_ptr<Pass> fanfold::createFuseStatistics(const Target &target) {
  return std::make_unique<FuseStatisticsPass>(&target);
}

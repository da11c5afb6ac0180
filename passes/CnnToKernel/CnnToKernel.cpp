//===- CnnToKernel.cpp - replace layers by launches -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CnnToKernel/Patterns.h"

#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace fanfold {
#define GEN_PASS_DEF_CNNTOKERNEL
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;

StringAttr fanfold::layerOf(Operation *op) { return op->getAttrOfType<StringAttr>("name"); }

DenseI64ArrayAttr fanfold::windowAttr(OpBuilder &builder, cnn::Window window) {
  return builder.getDenseI64ArrayAttr({window.height, window.width});
}

namespace {
struct CnnToKernelPass : fanfold::impl::CnnToKernelBase<CnnToKernelPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateProductPatterns(patterns);
    populatePointwisePatterns(patterns);
    populateNormPatterns(patterns);
    populatePoolPatterns(patterns);
    populateShapePatterns(patterns);
    populateLossPatterns(patterns);
    populateUpdatePatterns(patterns);
    FrozenRewritePatternSet frozen(std::move(patterns));
    for (cnn::StepOp step : getOperation().getOps<cnn::StepOp>()) {
      walkAndApplyPatterns(step, frozen);
      if (failed(checkAndClean(step)))
        return signalPassFailure();
    }
  }

  /// Nothing of the model level may remain but the step's frame; what nobody reads goes.
  LogicalResult checkAndClean(cnn::StepOp step) {
    Block &body = step.getBody().front();
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body.getOperations())))
      if (isOpTriviallyDead(&op))
        op.erase();
    for (Operation &op : body)
      if (!isa<kernel::KernelDialect>(op.getDialect()) &&
          !isa<cnn::ReadOp, cnn::WriteOp, cnn::ScalarOp, cnn::InputOp, cnn::OutputOp>(op))
        return op.emitOpError("has no kernel");
    return success();
  }
};
} // namespace

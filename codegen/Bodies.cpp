//===- Bodies.cpp - functions of one element as C++ -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Bodies.h"

#include "mlir/Conversion/ArithToEmitC/ArithToEmitCPass.h"
#include "mlir/Conversion/FuncToEmitC/FuncToEmitCPass.h"
#include "mlir/Conversion/MathToEmitC/MathToEmitCPass.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/Cpp/CppEmitter.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;
using namespace fanfold;

/// The functions of the C library that MLIR's own conversion leaves out.
template <typename Op>
struct CallLibrary : OpRewritePattern<Op> {
  CallLibrary(MLIRContext *context, StringRef callee)
      : OpRewritePattern<Op>(context), callee(callee) {}
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<emitc::CallOpaqueOp>(op, op->getResultTypes(), callee,
                                                     op->getOperands());
    return success();
  }
  StringRef callee;
};

/// Ordered comparisons are those of C; MLIR's own conversion asks for NaN besides.
struct CompareOrdered : OpRewritePattern<arith::CmpFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::CmpFOp op, PatternRewriter &rewriter) const override {
    std::optional<emitc::CmpPredicate> predicate;
    switch (op.getPredicate()) {
    case arith::CmpFPredicate::OLT:
      predicate = emitc::CmpPredicate::lt;
      break;
    case arith::CmpFPredicate::OGT:
      predicate = emitc::CmpPredicate::gt;
      break;
    default:
      return failure();
    }
    rewriter.replaceOpWithNewOp<emitc::CmpOp>(op, op.getType(), *predicate, op.getLhs(),
                                              op.getRhs());
    return success();
  }
};

FailureOr<std::string> fanfold::emitBodies(ModuleOp module, StringRef specifiers) {
  OwningOpRef<ModuleOp> bodies = ModuleOp::create(module.getLoc());
  for (auto function : module.getOps<func::FuncOp>())
    bodies->push_back(function.clone());

  MLIRContext *context = module.getContext();
  RewritePatternSet patterns(context);
  patterns.add<CallLibrary<math::SqrtOp>>(context, "sqrtf");
  patterns.add<CallLibrary<math::TanhOp>>(context, "tanhf");
  patterns.add<CompareOrdered>(context);
  walkAndApplyPatterns(*bodies, std::move(patterns));

  PassManager manager(context);
  manager.addPass(createConvertMathToEmitC());
  manager.addPass(createConvertArithToEmitC());
  manager.addPass(createConvertFuncToEmitC());
  if (failed(manager.run(*bodies)))
    return failure();
  for (auto function : bodies->getOps<emitc::FuncOp>())
    function.setSpecifiersAttr(Builder(context).getStrArrayAttr({specifiers}));

  std::string text;
  llvm::raw_string_ostream stream(text);
  if (failed(emitc::translateToCpp(*bodies, stream)))
    return failure();
  return text;
}

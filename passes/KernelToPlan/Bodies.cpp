//===- Bodies.cpp - bodies of pointwise kernels as functions --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/KernelToPlan/Bodies.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace fanfold;

ArrayAttr BodyOutliner::outline(Block &body) {
  SmallVector<Attribute> references;
  for (unsigned i = 0; i < body.back().getNumOperands(); ++i)
    references.push_back(outlineResult(body, i));
  return ArrayAttr::get(module.getContext(), references);
}

/// The call that draws the number of a kernel.uniform: kernels::uniform(seed, stream, index).
static Value drawUniform(OpBuilder &builder, kernel::UniformOp op, Value seed, Value index) {
  auto arguments = builder.getArrayAttr(
      {builder.getIndexAttr(0), builder.getI32IntegerAttr(static_cast<int32_t>(op.getStream())),
       builder.getIndexAttr(1)});
  return emitc::CallOpaqueOp::create(builder, op.getLoc(), op.getType(),
                                     "fanfold::kernels::uniform", ValueRange{seed, index},
                                     arguments)
      .getResult(0);
}

FlatSymbolRefAttr BodyOutliner::outlineResult(Block &body, unsigned result) {
  Value yielded = body.back().getOperand(result);

  // What the result needs, in order.
  llvm::SetVector<Operation *> needed;
  if (Operation *definition = yielded.getDefiningOp()) {
    BackwardSliceOptions options;
    options.inclusive = true;
    options.omitBlockArguments = true;
    (void)getBackwardSlice(definition, &needed, options);
  }
  bool random = llvm::any_of(needed, llvm::IsaPred<kernel::UniformOp>);

  SmallVector<Type> types(body.getArgumentTypes());
  OpBuilder builder(module.getContext());
  if (random)
    types.push_back(builder.getI64Type());
  auto function = func::FuncOp::create(builder.getUnknownLoc(), "body",
                                       builder.getFunctionType(types, yielded.getType()));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  IRMapping mapping;
  for (auto [from, to] : llvm::zip(body.getArguments(), entry->getArguments()))
    mapping.map(from, to);
  for (Operation &statement : body.without_terminator()) {
    if (!needed.contains(&statement))
      continue;
    if (auto uniform = dyn_cast<kernel::UniformOp>(statement))
      mapping.map(uniform.getResult(),
                  drawUniform(builder, uniform, mapping.lookup(uniform.getSeed()),
                              entry->getArguments().back()));
    else
      builder.clone(statement, mapping);
  }
  func::ReturnOp::create(builder, builder.getUnknownLoc(), mapping.lookup(yielded));

  std::string text;
  llvm::raw_string_ostream(text) << function;
  auto [it, inserted] = functions.try_emplace(text);
  if (inserted) {
    std::string name = "pointwise_" + std::to_string(functions.size() - 1);
    function.setName(name);
    module.push_back(function);
    it->second = FlatSymbolRefAttr::get(module.getContext(), name);
  } else {
    function.erase();
  }
  return it->second;
}

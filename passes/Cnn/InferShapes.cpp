//===- InferShapes.cpp - give every value its type and every layer its variables -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/Recipe.h"
#include "passes/Passes.h"

namespace fanfold {
#define GEN_PASS_DEF_INFERSHAPES
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

namespace {
struct InferShapesPass : fanfold::impl::InferShapesBase<InferShapesPass> {
  using InferShapesBase::InferShapesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (ModelOp model : module.getOps<ModelOp>()) {
      FailureOr<int64_t> bound = findBatch(module, model);
      if (failed(bound) || failed(inferModel(model, *bound)))
        return signalPassFailure();
    }
  }

  /// The option, else what the model's recipe says.
  FailureOr<int64_t> findBatch(ModuleOp module, ModelOp model) {
    if (batch < 0)
      return model.emitOpError("batch is ") << int64_t(batch) << ", expected a positive number";
    if (batch > 0)
      return int64_t(batch);
    RecipeOp recipe;
    for (RecipeOp op : module.getOps<RecipeOp>())
      if (op.getModel() == model.getSymName())
        recipe = op;
    FailureOr<RecipeValues> values = readRecipe(recipe);
    if (failed(values))
      return failure();
    return values->batch;
  }

  LogicalResult inferModel(ModelOp model, int64_t bound) {
    for (Operation &op : llvm::make_early_inc_range(model.getBody().front())) {
      if (auto input = dyn_cast<InputOp>(op)) {
        auto type = cast<RankedTensorType>(input.getTensorType());
        SmallVector<int64_t> shape(type.getShape());
        if (ShapedType::isDynamic(shape.front()))
          shape.front() = bound;
        type = RankedTensorType::get(shape, type.getElementType());
        if (failed(verifySize(&op, "result", type)))
          return failure();
        input.setTensorType(type);
        input.getResult().setType(type);
        continue;
      }
      if (failed(checkFlat(&op)))
        return failure();
      auto layer = dyn_cast<LayerOpInterface>(op);
      if (!layer)
        continue;
      FailureOr<RankedTensorType> type = layer.inferType();
      if (failed(type) || failed(verifySize(&op, "result", *type)))
        return failure();
      if (!type->getElementType().isF32())
        return op.emitOpError("result is of ")
               << *type << ", expected elements of f32 (cnn.normalize makes them from ui8)";
      op.getResult(0).setType(*type);
      if (failed(addVariables(layer, model)))
        return failure();
    }
    return success();
  }

  LogicalResult checkFlat(Operation *op) {
    bool parametric = isa<UseOp, IfOp>(op);
    op->getAttrDictionary().walk([&](ExprAttr) { parametric = true; });
    if (parametric)
      return op->emitOpError("is parametric, expected expand-blocks to run first");
    return success();
  }

  LogicalResult addVariables(LayerOpInterface layer, ModelOp model) {
    auto name = layer->getAttrOfType<StringAttr>("name");
    SmallVector<VariableSpec> specs = layer.getVariableSpecs();
    for (const VariableSpec &spec : specs)
      if (failed(verifySize(layer, spec.suffix, spec.type)))
        return failure();
    // A file of this level may come back typed: its variables are there already. A layer
    // that owns variables has one input.
    if (!specs.empty() && layer->getNumOperands() > 1)
      return checkVariables(layer, specs);
    for (const VariableSpec &spec : specs) {
      std::string symbol = (name ? name.getValue() : "").str() + "." + spec.suffix.str();
      OpBuilder builder(model);
      auto variable = VariableOp::create(builder, layer.getLoc(), symbol, spec.role, spec.init,
                                         spec.type, spec.decay);
      builder.setInsertionPoint(layer);
      auto read = ReadOp::create(builder, layer.getLoc(), spec.type, variable.getSymName());
      layer->insertOperands(layer->getNumOperands(), read.getResult());
    }
    return success();
  }

  LogicalResult checkVariables(LayerOpInterface layer, ArrayRef<VariableSpec> specs) {
    if (layer->getNumOperands() != 1 + specs.size())
      return layer->emitOpError("has ")
             << layer->getNumOperands() - 1 << " variables, expected " << specs.size();
    for (auto [spec, operand] : llvm::zip(specs, llvm::drop_begin(layer->getOperands())))
      if (operand.getType() != spec.type)
        return layer->emitOpError()
               << spec.suffix << " is of " << operand.getType() << ", expected " << spec.type;
    return success();
  }
};
} // namespace

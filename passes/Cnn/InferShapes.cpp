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
        input.setTensorType(type);
        input.getResult().setType(type);
        continue;
      }
      auto layer = dyn_cast<LayerOpInterface>(op);
      if (!layer)
        continue;
      // A file of this level may come back typed: its variables are there already.
      bool typed = isa<RankedTensorType>(op.getResult(0).getType());
      FailureOr<RankedTensorType> type = layer.inferType();
      if (failed(type))
        return failure();
      if (failed(checkSize(&op, *type)))
        return failure();
      op.getResult(0).setType(*type);
      if (!typed)
        addVariables(layer, model);
    }
    return success();
  }

  /// A tensor larger than this is a mistake, and its size would overflow sums of sizes.
  LogicalResult checkSize(Operation *op, RankedTensorType type) {
    constexpr int64_t most = int64_t(1) << 42;
    int64_t elements = 1;
    for (int64_t extent : type.getShape()) {
      if (extent > most / elements)
        return op->emitOpError("result ") << type << " has more than 2^42 elements";
      elements *= extent;
    }
    return success();
  }

  void addVariables(LayerOpInterface layer, ModelOp model) {
    auto name = layer->getAttrOfType<StringAttr>("name");
    for (const VariableSpec &spec : layer.getVariableSpecs()) {
      std::string symbol = (name ? name.getValue() : "") .str() + "." + spec.suffix.str();
      OpBuilder builder(model);
      auto variable = VariableOp::create(builder, layer.getLoc(), symbol, spec.role, spec.init,
                                         spec.type, spec.decay);
      builder.setInsertionPoint(layer);
      auto read = ReadOp::create(builder, layer.getLoc(), spec.type, variable.getSymName());
      layer->insertOperands(layer->getNumOperands(), read.getResult());
    }
  }
};
} // namespace

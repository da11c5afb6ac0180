//===- VerifyModel.cpp - check that a model is flat and typed -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/Recipe.h"
#include "passes/Passes.h"

#include "llvm/ADT/StringMap.h"

namespace fanfold {
#define GEN_PASS_DEF_VERIFYMODEL
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

namespace {
struct VerifyModelPass : fanfold::impl::VerifyModelBase<VerifyModelPass> {
  void runOnOperation() override {
    if (failed(verifyModule(getOperation())))
      signalPassFailure();
  }

  LogicalResult verifyModule(ModuleOp module) {
    auto models = llvm::to_vector(module.getOps<ModelOp>());
    if (models.size() != 1)
      return module.emitError("found ") << models.size() << " models, expected one cnn.model";
    auto recipes = llvm::to_vector(module.getOps<RecipeOp>());
    if (recipes.size() > 1)
      return recipes[1].emitOpError("is the second recipe, expected at most one");
    if (!recipes.empty() && recipes[0].getModel() != models[0].getSymName())
      return recipes[0].emitOpError("is for @")
             << recipes[0].getModel() << ", expected @" << models[0].getSymName();
    return verifyLayers(models[0]);
  }

  LogicalResult verifyLayers(ModelOp model) {
    llvm::StringMap<Operation *> layers;
    llvm::StringMap<Operation *> inputs;
    for (Operation &op : model.getBody().front()) {
      if (llvm::any_of(op.getResultTypes(), [](Type type) { return !isa<RankedTensorType>(type); }))
        return op.emitOpError("has no type after shape inference");
      if (auto input = dyn_cast<InputOp>(op)) {
        if (!inputs.try_emplace(input.getSource(), input).second)
          return input.emitOpError("reads '") << input.getSource() << "' a second time";
      }
      auto name = op.getAttrOfType<StringAttr>("name");
      if (!name)
        continue;
      auto [it, inserted] = layers.try_emplace(name.getValue(), &op);
      if (!inserted) {
        InFlightDiagnostic error = op.emitOpError("has the name '")
                                   << name.getValue() << "' of another layer";
        error.attachNote(it->second->getLoc()) << "the other layer is here";
        return error;
      }
    }
    auto loss = cast<LossOp>(model.getBody().front().back());
    for (Value value : loss->getOperands()) {
      auto type = cast<RankedTensorType>(value.getType());
      if (type.getRank() != 0 || !type.getElementType().isF32())
        return loss.emitOpError("takes ") << type << ", expected tensor<f32>";
    }
    return success();
  }
};
} // namespace

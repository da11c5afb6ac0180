//===- Optimizers.h - parameter updates by the recipe ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_CNN_OPTIMIZERS_H
#define FANFOLD_PASSES_CNN_OPTIMIZERS_H

#include "ir/Cnn/CnnDialect.h"
#include "ir/Cnn/Recipe.h"

namespace fanfold {

/// Adds the update of each parameter to a training step, with the optimizer's state as
/// variables beside the parameter's.
class Optimizer {
public:
  /// `builder` stands where updates go.
  Optimizer(const cnn::RecipeValues &recipe, mlir::ModuleOp module, mlir::OpBuilder &builder)
      : recipe(recipe), builder(builder), step(builder) {}

  /// Updates `variable`, whose value at the step's begin is `read`, by its gradient.
  void update(cnn::VariableOp variable, cnn::ReadOp read, mlir::Value gradient);

private:
  void updateSgd(cnn::VariableOp variable, cnn::ReadOp read, mlir::Value gradient);
  void updateAdamw(cnn::VariableOp variable, cnn::ReadOp read, mlir::Value gradient);
  void updateLars(cnn::VariableOp variable, cnn::ReadOp read, mlir::Value gradient);

  /// A state variable `NAME.suffix` beside `variable`, zero at first, and its read.
  cnn::ReadOp addState(cnn::VariableOp variable, llvm::StringRef suffix);
  mlir::Value scalar(llvm::StringRef kind);

  const cnn::RecipeValues &recipe;
  mlir::OpBuilder &builder;
  cnn::StepBuilder step;
};

} // namespace fanfold

#endif // FANFOLD_PASSES_CNN_OPTIMIZERS_H

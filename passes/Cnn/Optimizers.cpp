//===- Optimizers.cpp - parameter updates by the recipe -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Cnn/Optimizers.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

Value Optimizer::scalar(StringRef kind) {
  return step.getScalar(kind, builder.getInsertionBlock());
}

ReadOp Optimizer::addState(VariableOp variable, StringRef suffix) {
  std::string name = variable.getSymName().str() + "." + suffix.str();
  auto type = cast<RankedTensorType>(variable.getTensorType());
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfter(variable);
    VariableOp::create(builder, variable.getLoc(), name, "optimizer",
                       fillInit(builder.getContext(), 0.0), type, /*decay=*/false);
  }
  return ReadOp::create(builder, variable.getLoc(), type, name);
}

void Optimizer::update(VariableOp variable, ReadOp read, Value gradient) {
  if (recipe.optimizer == "adamw")
    return updateAdamw(variable, read, gradient);
  // LARS leaves biases and normalisation to plain momentum.
  if (recipe.optimizer == "lars" && variable.getDecay())
    return updateLars(variable, read, gradient);
  updateSgd(variable, read, gradient);
}

void Optimizer::updateSgd(VariableOp variable, ReadOp read, Value gradient) {
  ReadOp velocity = addState(variable, "velocity");
  auto sgd = SgdOp::create(builder, variable.getLoc(), read.getType(), velocity.getType(), read,
                           gradient, velocity, scalar("learning_rate"), scalar("momentum"),
                           scalar("weight_decay"), variable.getDecay(), recipe.nesterov,
                           builder.getStringAttr(variable.getSymName() + ".update"));
  step.writeBack(sgd.getNewParameter(), read);
  step.writeBack(sgd.getNewVelocity(), velocity);
}

void Optimizer::updateAdamw(VariableOp variable, ReadOp read, Value gradient) {
  ReadOp first = addState(variable, "first_moment"), second = addState(variable, "second_moment");
  auto adamw = AdamwOp::create(
      builder, variable.getLoc(), read.getType(), first.getType(), second.getType(), read, gradient,
      first, second, scalar("learning_rate"), scalar("beta1"), scalar("beta2"), scalar("epsilon"),
      scalar("weight_decay"), scalar("bias_correction1"), scalar("bias_correction2"),
      variable.getDecay(), builder.getStringAttr(variable.getSymName() + ".update"));
  step.writeBack(adamw.getNewParameter(), read);
  step.writeBack(adamw.getNewFirstMoment(), first);
  step.writeBack(adamw.getNewSecondMoment(), second);
}

void Optimizer::updateLars(VariableOp variable, ReadOp read, Value gradient) {
  ReadOp velocity = addState(variable, "velocity");
  auto scalarType = RankedTensorType::get({}, builder.getF32Type());
  auto norm = [&](Value value, StringRef suffix) -> Value {
    return SumOfSquaresOp::create(builder, variable.getLoc(), scalarType, value,
                                  builder.getStringAttr(variable.getSymName() + suffix));
  };
  auto lars = LarsOp::create(builder, variable.getLoc(), read.getType(), velocity.getType(), read,
                             gradient, velocity, norm(read, ".norm"), norm(gradient, ".grad_norm"),
                             scalar("learning_rate"), scalar("momentum"), scalar("weight_decay"),
                             scalar("trust"), scalar("epsilon"),
                             builder.getStringAttr(variable.getSymName() + ".update"));
  step.writeBack(lars.getNewParameter(), read);
  step.writeBack(lars.getNewVelocity(), velocity);
}

//===- Recipe.h - what a cnn.recipe says ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one list of recipe clauses and their fields, with defaults. Their ranges are those of
// runtime/Ranges.h, which compiled programs hold their command lines to, too. The
// verifier of cnn.recipe, the optimizer passes and the emitter all read recipes
// through readRecipe().
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_RECIPE_H
#define FANFOLD_IR_CNN_RECIPE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/LogicalResult.h"

#include <cstdint>
#include <string>

namespace fanfold::cnn {

class RecipeOp;

/// A recipe with every default filled in. Fields mean what docs/model-files.md says.
struct RecipeValues {
  int64_t batch = 64;
  double epochs = 10;

  std::string optimizer = "sgd";
  double learningRate = 0.1;
  double referenceBatch = 0;
  double momentum = 0.9;
  double weightDecay = 0;
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double trust = 0.001;

  std::string schedule = "constant";
  double warmupEpochs = 0;
  double finalLearningRate = 0;
  double power = 2;
  double gamma = 0.1;
  llvm::SmallVector<double> milestones;

  double cropPadding = 0;
  bool flip = false;
  bool resizedCrop = false;

  std::string precision = "fp32";
};

/// Reads a recipe; a null op gives the defaults. Fails with a diagnostic at the op for
/// an unknown field, a field of the wrong kind or a value out of range.
llvm::FailureOr<RecipeValues> readRecipe(RecipeOp op);

} // namespace fanfold::cnn

#endif // FANFOLD_IR_CNN_RECIPE_H

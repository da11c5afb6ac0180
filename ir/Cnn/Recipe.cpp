//===- Recipe.cpp - what a cnn.recipe says --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/Recipe.h"
#include "ir/Cnn/CnnDialect.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

namespace {
/// Reads the fields of one clause and complains about what nobody asked for.
class FieldReader {
public:
  FieldReader(RecipeOp op, StringRef clause, DictionaryAttr fields)
      : op(op), clause(clause), fields(fields) {}

  /// The leading keyword, one of `choices`; the target's value is the default.
  void kind(std::string &target, ArrayRef<StringRef> choices) {
    known.push_back("kind");
    if (!fields)
      return;
    auto kind = fields.getAs<StringAttr>("kind");
    if (!kind || !llvm::is_contained(choices, kind.getValue()))
      fail() << "unknown " << clause << " '" << (kind ? kind.getValue() : "")
             << "', expected one of " << llvm::join(choices, ", ");
    else
      target = kind.getValue();
  }

  /// A number within [least, most].
  void number(StringRef name, double &target, double least = 0, double most = 1e30) {
    known.push_back(name);
    Attribute field = fields ? fields.get(name) : nullptr;
    if (!field)
      return;
    auto value = dyn_cast<FloatAttr>(field);
    double given = value ? value.getValueAsDouble() : 0;
    if (!value)
      fail() << clause << " field '" << name << "' is not a number";
    else if (given >= least && given <= most)
      target = given;
    else
      fail() << clause << " field '" << name << "' is " << given << ", expected " << least << " to "
             << most;
  }

  void flag(StringRef name, bool &target) {
    known.push_back(name);
    Attribute field = fields ? fields.get(name) : nullptr;
    if (!field)
      return;
    auto value = dyn_cast<BoolAttr>(field);
    if (!value)
      fail() << clause << " field '" << name << "' is neither true nor false";
    else
      target = value.getValue();
  }

  /// Ascending numbers that are not negative.
  void numbers(StringRef name, SmallVector<double> &target) {
    known.push_back(name);
    Attribute field = fields ? fields.get(name) : nullptr;
    if (!field)
      return;
    auto values = dyn_cast<DenseF64ArrayAttr>(field);
    if (!values || !llvm::is_sorted(values.asArrayRef()) ||
        llvm::any_of(values.asArrayRef(), [](double v) { return !(v >= 0); }))
      fail() << clause << " field '" << name << "' is not a list of ascending numbers";
    else
      target.assign(values.asArrayRef().begin(), values.asArrayRef().end());
  }

  /// After all fields: success if every field given is known and in range.
  LogicalResult finish() {
    if (failed || !fields)
      return failure(failed);
    for (NamedAttribute field : fields)
      if (!llvm::is_contained(known, field.getName().getValue())) {
        SmallVector<StringRef> names(known);
        llvm::erase(names, "kind");
        fail() << clause << " has no field '" << field.getName().getValue() << "', expected one of "
               << llvm::join(names, ", ");
      }
    return failure(failed);
  }

private:
  InFlightDiagnostic fail() {
    failed = true;
    return op.emitOpError();
  }

  RecipeOp op;
  StringRef clause;
  DictionaryAttr fields;
  SmallVector<StringRef> known;
  bool failed = false;
};
} // namespace

FailureOr<RecipeValues> cnn::readRecipe(RecipeOp op) {
  RecipeValues values;
  if (!op)
    return values;
  if (Attribute batch = op.getBatchAttr()) {
    auto integer = dyn_cast<IntegerAttr>(batch);
    if (!integer || integer.getInt() < 1)
      return op.emitOpError("batch is not a positive integer");
    values.batch = integer.getInt();
  }
  values.epochs = toNumber(op.getEpochsAttr(), values.epochs);
  if (!(values.epochs > 0))
    return op.emitOpError("epochs is ") << values.epochs << ", expected a positive number";

  FieldReader optimizer(op, "optimizer", op.getOptimizerAttr());
  optimizer.kind(values.optimizer, {"sgd", "adamw", "lars"});
  bool adamw = values.optimizer == "adamw", lars = values.optimizer == "lars";
  values.learningRate = adamw ? 0.001 : lars ? 1.0 : 0.1;
  values.weightDecay = adamw ? 0.01 : 0.0;
  values.epsilon = lars ? 1e-9 : 1e-8;
  optimizer.number("learning_rate", values.learningRate);
  optimizer.number("weight_decay", values.weightDecay);
  optimizer.number("reference_batch", values.referenceBatch);
  if (adamw) {
    optimizer.number("beta1", values.beta1, 0, 1);
    optimizer.number("beta2", values.beta2, 0, 1);
  } else {
    optimizer.number("momentum", values.momentum, 0, 1);
  }
  if (adamw || lars)
    optimizer.number("epsilon", values.epsilon);
  else
    optimizer.flag("nesterov", values.nesterov);
  if (lars)
    optimizer.number("trust", values.trust);

  FieldReader schedule(op, "schedule", op.getScheduleAttr());
  schedule.kind(values.schedule, {"constant", "step", "cosine", "polynomial"});
  schedule.number("warmup_epochs", values.warmupEpochs);
  if (values.schedule == "cosine" || values.schedule == "polynomial")
    schedule.number("final_learning_rate", values.finalLearningRate);
  if (values.schedule == "polynomial")
    schedule.number("power", values.power);
  if (values.schedule == "step") {
    schedule.numbers("milestones", values.milestones);
    schedule.number("gamma", values.gamma);
  }

  FieldReader augment(op, "augment", op.getAugmentAttr());
  augment.number("crop_padding", values.cropPadding, 0, 1024);
  augment.flag("flip", values.flip);
  augment.flag("resized_crop", values.resizedCrop);

  FieldReader precision(op, "precision", op.getPrecisionAttr());
  precision.kind(values.precision, {"fp32", "tf32", "fp16", "bf16"});

  if (failed(optimizer.finish()) || failed(schedule.finish()) || failed(augment.finish()) ||
      failed(precision.finish()))
    return failure();
  return values;
}

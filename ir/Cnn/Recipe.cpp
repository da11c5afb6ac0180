//===- Recipe.cpp - what a cnn.recipe says --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/Recipe.h"
#include "ir/Cnn/CnnDialect.h"
#include "runtime/Ranges.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

static const NumberRange &rangeOf(StringRef name) {
  const NumberRange *range = ranges::find(name);
  assert(range && "every number of a recipe has its range");
  return *range;
}

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

  /// A number within its range of Ranges.h.
  void number(StringRef name, double &target) {
    known.push_back(name);
    Attribute field = fields ? fields.get(name) : nullptr;
    if (!field)
      return;
    if (auto value = dyn_cast<FloatAttr>(field))
      check(name, target = value.getValueAsDouble());
    else
      fail() << rangeOf(name).complaint(spellSetting(field));
  }

  void flag(StringRef name, bool &target) {
    known.push_back(name);
    Attribute field = fields ? fields.get(name) : nullptr;
    if (!field)
      return;
    auto value = dyn_cast<BoolAttr>(field);
    if (!value)
      fail() << "found " << spellSetting(field) << ", expected " << name << " true or false";
    else
      target = value.getValue();
  }

  /// Ascending numbers, each within the range.
  void numbers(StringRef name, SmallVector<double> &target) {
    known.push_back(name);
    Attribute field = fields ? fields.get(name) : nullptr;
    if (!field)
      return;
    auto values = dyn_cast<DenseF64ArrayAttr>(field);
    if (values)
      target.assign(values.asArrayRef().begin(), values.asArrayRef().end());
    if (!values || !llvm::is_sorted(target))
      fail() << "found " << spellSetting(field) << ", expected " << name
             << " as a list in ascending order";
    for (double value : target)
      check(name, value);
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
  void check(StringRef name, double value) {
    failed |= mlir::failed(verifyNumber(op, rangeOf(name), value));
  }

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
    if (!integer)
      return op.emitOpError(rangeOf("batch").complaint("an expression of parameters"));
    values.batch = integer.getInt();
    if (!rangeOf("batch").contains(double(values.batch)))
      return op.emitOpError(rangeOf("batch").complaint(std::to_string(values.batch)));
  }
  values.epochs = toNumber(op.getEpochsAttr(), values.epochs);
  if (failed(verifyNumber(op, rangeOf("epochs"), values.epochs)))
    return failure();

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
    optimizer.number("beta1", values.beta1);
    optimizer.number("beta2", values.beta2);
  } else {
    optimizer.number("momentum", values.momentum);
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
  augment.number("crop_padding", values.cropPadding);
  augment.flag("flip", values.flip);
  augment.flag("resized_crop", values.resizedCrop);

  FieldReader precision(op, "precision", op.getPrecisionAttr());
  precision.kind(values.precision, {"fp32", "tf32", "fp16", "bf16"});

  if (failed(optimizer.finish()) || failed(schedule.finish()) || failed(augment.finish()) ||
      failed(precision.finish()))
    return failure();
  return values;
}

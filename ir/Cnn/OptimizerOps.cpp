//===- OptimizerOps.cpp - initial values, and what a step offers to layers -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/CnnDialect.h"
#include "runtime/Ranges.h"

#include <cmath>

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

static DictionaryAttr makeInit(MLIRContext *context, StringRef kind, double a, double b) {
  Builder builder(context);
  return builder.getDictionaryAttr({builder.getNamedAttr("kind", builder.getStringAttr(kind)),
                                    builder.getNamedAttr("a", builder.getF64FloatAttr(a)),
                                    builder.getNamedAttr("b", builder.getF64FloatAttr(b))});
}

DictionaryAttr cnn::fillInit(MLIRContext *context, double value) {
  return makeInit(context, "fill", value, 0.0);
}

DictionaryAttr cnn::weightInit(MLIRContext *context, DictionaryAttr clause, StringRef fallback,
                               int64_t fanIn, int64_t fanOut) {
  auto kind = clause ? clause.getAs<StringAttr>("kind") : nullptr;
  StringRef rule = kind ? kind.getValue() : fallback;
  auto in = static_cast<double>(fanIn), out = static_cast<double>(fanOut);
  auto uniform = [&](double bound) { return makeInit(context, "uniform", -bound, bound); };
  if (rule == "he_normal")
    return makeInit(context, "normal", 0.0, std::sqrt(2.0 / in));
  if (rule == "he_uniform")
    return uniform(std::sqrt(6.0 / in));
  if (rule == "glorot_uniform")
    return uniform(std::sqrt(6.0 / (in + out)));
  if (rule == "lecun_uniform")
    return uniform(1.0 / std::sqrt(in));
  assert(rule == "normal" && "verifyInit lets no other rule through");
  return makeInit(context, "normal", 0.0, toNumber(clause.get("std"), 0.01));
}

LogicalResult cnn::verifyInit(Operation *op, DictionaryAttr clause) {
  if (!clause)
    return success();
  auto kind = clause.getAs<StringAttr>("kind");
  StringRef rule = kind ? kind.getValue() : "";
  if (!llvm::is_contained({"he_normal", "he_uniform", "glorot_uniform", "lecun_uniform", "normal"},
                          rule))
    return op->emitOpError("unknown init '")
           << rule
           << "', expected one of he_normal, he_uniform, glorot_uniform, lecun_uniform, normal";
  for (NamedAttribute field : clause)
    if (field.getName() != "kind" && !(rule == "normal" && field.getName() == "std"))
      return op->emitOpError("init '")
             << rule << "' has no field '" << field.getName().getValue() << "'";
  Attribute std = clause.get("std");
  if (!std)
    return success();
  constexpr NumberRange range = {"std", 0, ranges::huge};
  if (auto number = dyn_cast<FloatAttr>(std))
    return verifyNumber(op, range, number.getValueAsDouble());
  return op->emitOpError(range.complaint(spellSetting(std)));
}

//===----------------------------------------------------------------------===//
// StepBuilder
//===----------------------------------------------------------------------===//

Value StepBuilder::getScalar(StringRef kind, Block *step) {
  for (ScalarOp scalar : step->getOps<ScalarOp>())
    if (scalar.getKind() == kind)
      return scalar;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(step);
  Type element = kind == "seed" ? Type(builder.getI32Type()) : Type(builder.getF32Type());
  return ScalarOp::create(builder, builder.getUnknownLoc(), RankedTensorType::get({}, element),
                          kind);
}

void StepBuilder::writeBack(Value value, Value read) {
  auto source = read.getDefiningOp<ReadOp>();
  assert(source && "only a variable can be written back");
  WriteOp::create(builder, value.getLoc(), value, source.getVariableAttr());
}

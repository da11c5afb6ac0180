//===- FrameOps.cpp - blocks, models and steps ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/CnnDialect.h"
#include "ir/Cnn/Expression.h"
#include "ir/Cnn/Recipe.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

/// Gives the body of a block, a model or a branch its terminator's check.
template <typename Terminator>
static LogicalResult verifyEndsIn(Operation *op, Region &region) {
  Block &body = region.front();
  if (body.empty() || !isa<Terminator>(body.back()))
    return op->emitOpError("body does not end in ") << Terminator::getOperationName();
  for (Operation &inner : body.without_terminator())
    if (isa<Terminator>(inner))
      return inner.emitOpError("stands before the end of the body");
  return success();
}

/// What a model file may hold in a body: anything else would be lost while blocks are
/// expanded.
static LogicalResult verifyHoldsLayers(Operation *op, Region &region) {
  for (Operation &inner : region.front().without_terminator())
    if (!isa<LayerOpInterface, InputOp, ReadOp, UseOp, IfOp>(inner))
      return inner.emitOpError("is not a layer, expected only layers in ") << op->getName();
  return success();
}

/// `(name = expression, ...)`, into `fields`.
static ParseResult parseArguments(OpAsmParser &parser, NamedAttrList &fields) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    StringRef name;
    Attribute value;
    if (parser.parseKeyword(&name) || parser.parseEqual() || parseExpression(parser, value))
      return failure();
    if (fields.get(name))
      return parser.emitError(loc, "'") << name << "' is given twice";
    fields.append(name, value);
    return success();
  });
}

static void printArguments(OpAsmPrinter &printer, DictionaryAttr fields) {
  printer << "(";
  llvm::interleaveComma(fields, printer, [&](NamedAttribute field) {
    printer << field.getName().getValue() << " = ";
    printExpression(printer, field.getValue());
  });
  printer << ")";
}

//===----------------------------------------------------------------------===//
// block
//===----------------------------------------------------------------------===//

ParseResult BlockOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr symbol;
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseSymbolName(symbol, "sym_name", result.attributes) ||
      parser.parseArgumentList(arguments, AsmParser::Delimiter::Paren))
    return failure();
  for (OpAsmParser::Argument &argument : arguments)
    argument.type = ValueType::get(parser.getContext());

  SmallVector<Attribute> params;
  NamedAttrList defaults;
  auto parseParam = [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    StringRef name;
    if (parser.parseKeyword(&name))
      return failure();
    StringAttr attr = parser.getBuilder().getStringAttr(name);
    if (llvm::is_contained(params, attr))
      return parser.emitError(loc, "parameter '") << name << "' is declared twice";
    params.push_back(attr);
    if (failed(parser.parseOptionalEqual()))
      return success();
    Attribute value;
    loc = parser.getCurrentLocation();
    if (parseExpression(parser, value))
      return failure();
    if (!isa<IntegerAttr>(value))
      return parser.emitError(loc, "a default is an integer, not an expression of parameters");
    defaults.append(name, value);
    return success();
  };
  if (succeeded(parser.parseOptionalKeyword("params")) &&
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseParam))
    return failure();
  result.addAttribute("params", parser.getBuilder().getArrayAttr(params));
  result.addAttribute("defaults", defaults.getDictionary(parser.getContext()));
  return parser.parseRegion(*result.addRegion(), arguments);
}

void BlockOp::print(OpAsmPrinter &printer) {
  printer << " ";
  printer.printSymbolName(getSymName());
  printer << "(";
  llvm::interleaveComma(getBody().getArguments(), printer,
                        [&](BlockArgument argument) { printer.printOperand(argument); });
  printer << ")";
  if (!getParams().empty()) {
    printer << " params(";
    llvm::interleaveComma(getParams().getAsRange<StringAttr>(), printer, [&](StringAttr name) {
      printer << name.getValue();
      if (Attribute value = getDefaults().get(name))
        printExpression(printer << " = ", value);
    });
    printer << ")";
  }
  printer << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult BlockOp::verify() {
  return failure(failed(verifyEndsIn<YieldOp>(*this, getBody())) ||
                 failed(verifyHoldsLayers(*this, getBody())));
}

//===----------------------------------------------------------------------===//
// use
//===----------------------------------------------------------------------===//

ParseResult UseOp::parse(OpAsmParser &parser, OperationState &result) {
  parseLayerName(parser, result);
  FlatSymbolRefAttr block;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  NamedAttrList arguments;
  if (parser.parseAttribute(block, "block", result.attributes) ||
      parser.parseOperandList(operands, AsmParser::Delimiter::Paren) ||
      (succeeded(parser.parseOptionalKeyword("with")) && parseArguments(parser, arguments)))
    return failure();
  result.addAttribute("arguments", arguments.getDictionary(parser.getContext()));
  if (parseClauses(parser, result.attributes, {{"repeat", Clause::integer}}))
    return failure();
  Type value = ValueType::get(parser.getContext());
  result.addTypes(value);
  return parser.resolveOperands(operands, value, result.operands);
}

void UseOp::print(OpAsmPrinter &printer) {
  printer << " " << getBlockAttr() << "(" << getInputs() << ")";
  if (!getArguments().empty())
    printArguments(printer << " with", getArguments());
  printClauses(printer, *this, {{"repeat", Clause::integer}});
}

void UseOp::getAsmResultNames(OpAsmSetValueNameFn setName) { nameResults(*this, setName); }

//===----------------------------------------------------------------------===//
// if
//===----------------------------------------------------------------------===//

ParseResult IfOp::parse(OpAsmParser &parser, OperationState &result) {
  parseLayerName(parser, result);
  Attribute condition;
  if (parser.parseLParen() || parseExpression(parser, condition) || parser.parseRParen())
    return failure();
  result.addAttribute("condition", condition);
  result.addTypes(ValueType::get(parser.getContext()));
  return failure(parser.parseRegion(*result.addRegion(), {}) || parser.parseKeyword("else") ||
                 parser.parseRegion(*result.addRegion(), {}));
}

void IfOp::print(OpAsmPrinter &printer) {
  printer << "(";
  printExpression(printer, getCondition());
  printer << ") ";
  printer.printRegion(getThenBody());
  printer << " else ";
  printer.printRegion(getElseBody());
}

LogicalResult IfOp::verify() {
  for (Region *body : {&getThenBody(), &getElseBody()}) {
    if (body->getNumArguments() != 0)
      return emitOpError("body has arguments, expected none");
    if (failed(verifyEndsIn<YieldOp>(*this, *body)) || failed(verifyHoldsLayers(*this, *body)))
      return failure();
  }
  return success();
}

void IfOp::getAsmResultNames(OpAsmSetValueNameFn setName) { nameResults(*this, setName); }

//===----------------------------------------------------------------------===//
// model, loss
//===----------------------------------------------------------------------===//

LogicalResult ModelOp::verify() {
  if (getBody().getNumArguments() != 0)
    return emitOpError("body has arguments, expected none");
  return failure(failed(verifyEndsIn<LossOp>(*this, getBody())) ||
                 failed(verifyHoldsLayers(*this, getBody())));
}

ParseResult LossOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::UnresolvedOperand> operands(1);
  SmallVector<Attribute> names;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseOperand(operands[0]))
    return failure();
  auto parseMetric = [&]() -> ParseResult {
    StringRef name;
    if (parser.parseKeyword(&name) || parser.parseEqual() ||
        parser.parseOperand(operands.emplace_back()))
      return failure();
    names.push_back(parser.getBuilder().getStringAttr(name));
    return success();
  };
  if (succeeded(parser.parseOptionalKeyword("metrics")) &&
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseMetric))
    return failure();
  result.addAttribute("metric_names", parser.getBuilder().getArrayAttr(names));
  SmallVector<Type> types(operands.size(), ValueType::get(parser.getContext()));
  if (succeeded(parser.parseOptionalColon())) {
    types.clear();
    if (parser.parseTypeList(types))
      return failure();
  }
  return parser.resolveOperands(operands, types, loc, result.operands);
}

void LossOp::print(OpAsmPrinter &printer) {
  printer << " " << getLoss();
  if (!getMetrics().empty()) {
    printer << " metrics(";
    llvm::interleaveComma(
        llvm::zip(getMetricNames().getAsRange<StringAttr>(), getMetrics()), printer,
        [&](auto pair) { printer << std::get<0>(pair).getValue() << " = " << std::get<1>(pair); });
    printer << ")";
  }
  if (!isa<ValueType>(getLoss().getType()))
    printer << " : " << getOperandTypes();
}

LogicalResult LossOp::verify() {
  llvm::StringSet<> seen;
  for (auto name : getMetricNames().getAsRange<StringAttr>()) {
    if (name.getValue() == "loss")
      return emitOpError("metric is called 'loss', which is the loss itself");
    if (!seen.insert(name.getValue()).second)
      return emitOpError("metric '") << name.getValue() << "' is given twice";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// input
//===----------------------------------------------------------------------===//

ParseResult InputOp::parse(OpAsmParser &parser, OperationState &result) {
  parseLayerName(parser, result);
  StringAttr source;
  Type type;
  if (parser.parseAttribute(source, "source", result.attributes) || parser.parseKeyword("as") ||
      parser.parseType(type))
    return failure();
  result.addAttribute("tensor_type", TypeAttr::get(type));
  Type resultType;
  if (parseElidedTypes(parser, resultType))
    return failure();
  result.addTypes(resultType);
  return success();
}

void InputOp::print(OpAsmPrinter &printer) {
  printer << " " << getSourceAttr() << " as " << getTensorType() << " ";
  printElidedTypes(printer, *this, getType());
}

LogicalResult InputOp::verify() {
  if (getSource().empty() || !llvm::all_of(getSource(), [](char c) {
        return llvm::isAlnum(c) || StringRef("_-.").contains(c);
      }))
    return emitOpError("has the name ") << getSourceAttr() << ", expected letters and digits";
  auto type = dyn_cast<RankedTensorType>(getTensorType());
  if (!type || type.getRank() < 1)
    return emitOpError("is of ") << getTensorType() << ", expected a ranked tensor";
  if (llvm::any_of(type.getShape().drop_front(), ShapedType::isDynamic))
    return emitOpError("is of ") << type << ", expected only the first extent to be dynamic";
  if (llvm::any_of(type.getShape(), [](int64_t e) { return !ShapedType::isDynamic(e) && e < 1; }))
    return emitOpError("is of ") << type << ", expected extents of at least 1";
  if (isa<RankedTensorType>(getType()) && getType() != type)
    return emitOpError("results in ") << getType() << ", expected " << type;
  return success();
}

//===----------------------------------------------------------------------===//
// step
//===----------------------------------------------------------------------===//

LogicalResult cnn::verifySize(Operation *op, StringRef what, ShapedType type) {
  int64_t elements = 1;
  for (int64_t extent : type.getShape()) {
    if (extent > maxElements / elements)
      return op->emitOpError() << what << " " << type << " has more than 2^42 elements";
    elements *= extent;
  }
  return success();
}

LogicalResult cnn::verifyStorable(Operation *op, StringRef what, Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped || !shaped.hasStaticShape() ||
      llvm::any_of(shaped.getShape(), [](int64_t extent) { return extent < 1; }))
    return op->emitOpError() << what << " is of " << type
                             << ", expected a shape of static extents of at least 1";
  Type element = shaped.getElementType();
  if (!element.isF16() && !element.isBF16() && !element.isF32() && !element.isF64() &&
      !element.isSignlessInteger(32) && !element.isSignlessInteger(8) &&
      !element.isUnsignedInteger(8))
    return op->emitOpError() << what << " is of " << type
                             << ", expected elements of f16, bf16, f32, f64, i32, i8 or ui8";
  if (auto memref = dyn_cast<MemRefType>(type); memref && !memref.getLayout().isIdentity())
    return op->emitOpError() << what << " is of " << type
                             << ", expected elements one behind the other";
  return verifySize(op, what, shaped);
}

LogicalResult StepOp::verify() {
  if (getBody().getNumArguments() != 0)
    return emitOpError("body has arguments, expected none");
  llvm::StringMap<Operation *> writes;
  for (Operation &op : getBody().front()) {
    StringRef dialect = op.getName().getDialectNamespace();
    if (dialect != "cnn" && dialect != "kernel")
      return op.emitOpError("stands in a step, expected only ops of cnn and kernel");
    for (Type type : op.getResultTypes())
      if (failed(verifyStorable(&op, "result", type)))
        return failure();
    if (auto write = dyn_cast<WriteOp>(op)) {
      auto [it, inserted] = writes.try_emplace(write.getVariable(), write);
      if (!inserted) {
        InFlightDiagnostic error = write.emitOpError("writes @")
                                   << write.getVariable() << " a second time";
        error.attachNote(it->second->getLoc()) << "the first time is here";
        return error;
      }
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// variable, read, write, scalar
//===----------------------------------------------------------------------===//

LogicalResult cnn::verifyVariableInit(Operation *op, DictionaryAttr init, ShapedType type) {
  auto kind = init.getAs<StringAttr>("kind");
  StringRef rule = kind ? kind.getValue() : "";
  if (rule == "data") {
    auto value = init.getAs<DenseElementsAttr>("value");
    if (!value || value.getElementType() != type.getElementType() ||
        value.getNumElements() != type.getNumElements())
      return op->emitOpError("init has no data of the shape and elements of ") << type;
    return success();
  }
  if (!llvm::is_contained({"fill", "uniform", "normal"}, rule))
    return op->emitOpError("init is of kind '")
           << rule << "', expected one of fill, uniform, normal, data";
  for (StringRef field : {"a", "b"})
    if (!init.getAs<FloatAttr>(field))
      return op->emitOpError("init has no number '") << field << "'";
  return success();
}

LogicalResult VariableOp::verify() {
  if (!llvm::is_contained({"parameter", "statistic", "optimizer", "constant", "gradient"},
                          getRole()))
    return emitOpError("role is '")
           << getRole() << "', expected one of parameter, statistic, optimizer, constant, gradient";
  if (failed(verifyStorable(*this, "variable", getTensorType())))
    return failure();
  return verifyVariableInit(*this, getInit(), cast<ShapedType>(getTensorType()));
}

/// Checks that `op` names a variable of `type`.
static LogicalResult verifyVariable(Operation *op, FlatSymbolRefAttr name, Type type,
                                    SymbolTableCollection &symbols) {
  auto variable = symbols.lookupNearestSymbolFrom<VariableOp>(op, name);
  if (!variable)
    return op->emitOpError("names the unknown variable @") << name.getValue();
  if (variable.getTensorType() == type)
    return success();
  InFlightDiagnostic error = op->emitOpError("is of ")
                             << type << ", expected " << variable.getTensorType();
  error.attachNote(variable.getLoc()) << "the variable is defined here";
  return error;
}

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyVariable(*this, getVariableAttr(), getType(), symbols);
}

LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyVariable(*this, getVariableAttr(), getValue().getType(), symbols);
}

void ReadOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getVariable()); }

void ScalarOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getKind()); }

//===----------------------------------------------------------------------===//
// recipe
//===----------------------------------------------------------------------===//

ArrayRef<Clause> RecipeOp::getClauses() {
  static const Clause clauses[] = {
      {"batch", Clause::integer},      {"epochs", Clause::number},
      {"optimizer", Clause::settings}, {"schedule", Clause::settings},
      {"augment", Clause::settings},   {"precision", Clause::settings}};
  return clauses;
}

ParseResult RecipeOp::parse(OpAsmParser &parser, OperationState &result) {
  FlatSymbolRefAttr model;
  return failure(parser.parseAttribute(model, "model", result.attributes) ||
                 parseClauses(parser, result.attributes, getClauses()));
}

void RecipeOp::print(OpAsmPrinter &printer) {
  printer << " " << getModelAttr();
  printClauses(printer, *this, getClauses());
}

LogicalResult RecipeOp::verify() { return failure(failed(readRecipe(*this))); }

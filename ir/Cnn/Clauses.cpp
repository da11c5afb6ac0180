//===- Clauses.cpp - the clause syntax of model files ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/Clauses.h"
#include "ir/Cnn/CnnDialect.h"
#include "ir/Cnn/Expression.h"
#include "runtime/Ranges.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

bool cnn::isWindow(Attribute attr) {
  auto array = dyn_cast<ArrayAttr>(attr);
  return array && array.size() == 2 &&
         llvm::all_of(array, [](Attribute a) { return isa<IntegerAttr, ExprAttr>(a); });
}

int64_t cnn::toInteger(Attribute attr, int64_t fallback) {
  return attr ? cast<IntegerAttr>(attr).getInt() : fallback;
}

Window cnn::toWindow(Attribute attr, int64_t fallback) {
  if (!attr)
    return {fallback, fallback};
  auto array = cast<ArrayAttr>(attr);
  return {toInteger(array[0], 0), toInteger(array[1], 0)};
}

double cnn::toNumber(Attribute attr, double fallback) {
  return attr ? cast<FloatAttr>(attr).getValueAsDouble() : fallback;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// Parses 1, -0.5, 1.0e-4 and 1e-4. MLIR's lexer takes an exponent only behind a
/// decimal point, so that `1e-4` arrives as `1`, `e`, `-`, `4` and `5e4` as `5`, `e4`.
static ParseResult parseNumber(OpAsmParser &parser, double &result) {
  SMLoc begin = parser.getCurrentLocation();
  bool negative = succeeded(parser.parseOptionalMinus());
  auto checkFinite = [&]() -> ParseResult {
    if (std::isfinite(result))
      return success();
    return parser.emitError(begin, "number is too large");
  };
  const char *digits = parser.getCurrentLocation().getPointer();
  const char *end = digits;
  while (llvm::isDigit(*end)) // The text ends in a zero.
    ++end;
  StringRef run(digits, end - digits);
  if (run.empty())
    return parser.emitError(begin, "expected a number");
  if (digits[run.size()] == '.') {
    if (parser.parseFloat(result))
      return failure();
    result = negative ? -result : result;
    return checkFinite();
  }
  if (*end == 'x')
    return parser.emitError(begin, "expected a decimal number");
  APInt integer; // A number may have more digits than an int64_t.
  (void)parser.parseOptionalInteger(integer);
  std::string text = run.str();
  if (digits[run.size()] == 'e' || digits[run.size()] == 'E') {
    StringRef exponent;
    if (parser.parseKeyword(&exponent))
      return failure();
    text += exponent.str();
    if (exponent.size() == 1) {
      int64_t power;
      bool minus = succeeded(parser.parseOptionalMinus());
      if (!minus)
        (void)parser.parseOptionalPlus();
      if (parser.parseInteger(power))
        return failure();
      text += (minus ? "-" : "+") + std::to_string(power);
    }
  }
  if (StringRef(text).getAsDouble(result))
    return parser.emitError(begin, "expected a number, found '") << text << "'";
  result = negative ? -result : result;
  return checkFinite();
}

std::string cnn::spellNumber(double value) {
  char text[40];
  if (value == std::trunc(value) && std::fabs(value) < 1e15) {
    snprintf(text, sizeof text, "%.0f", value);
    return text;
  }
  for (int digits = 1; digits <= 17; ++digits) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtod(text, nullptr) == value)
      break;
  }
  return text;
}

std::string cnn::spellSetting(Attribute value) {
  if (auto flag = dyn_cast<BoolAttr>(value))
    return flag.getValue() ? "true" : "false";
  if (auto number = dyn_cast<FloatAttr>(value))
    return spellNumber(number.getValueAsDouble());
  if (auto numbers = dyn_cast<DenseF64ArrayAttr>(value))
    return "[" + llvm::join(llvm::map_range(numbers.asArrayRef(), spellNumber), ", ") + "]";
  std::string text; // The generic form can have anything.
  llvm::raw_string_ostream(text) << value;
  return text;
}

LogicalResult cnn::verifyNumber(Operation *op, const NumberRange &range, double value) {
  if (range.contains(value))
    return success();
  return op->emitOpError(range.complaint(spellNumber(value)));
}

//===----------------------------------------------------------------------===//
// Clauses
//===----------------------------------------------------------------------===//

static ParseResult parseSettings(OpAsmParser &parser, Attribute &result) {
  Builder &builder = parser.getBuilder();
  NamedAttrList fields;
  bool first = true;
  auto parseField = [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    StringRef name;
    if (parser.parseKeyword(&name))
      return failure();
    bool leading = std::exchange(first, false);
    if (failed(parser.parseOptionalEqual())) {
      if (!leading)
        return parser.emitError(loc, "expected '= value' behind '") << name << "'";
      fields.append("kind", builder.getStringAttr(name));
      return success();
    }
    if (fields.get(name))
      return parser.emitError(loc, "'") << name << "' is given twice";
    if (succeeded(parser.parseOptionalKeyword("true"))) {
      fields.append(name, builder.getBoolAttr(true));
      return success();
    }
    if (succeeded(parser.parseOptionalKeyword("false"))) {
      fields.append(name, builder.getBoolAttr(false));
      return success();
    }
    double number;
    if (succeeded(parser.parseOptionalLSquare())) {
      SmallVector<double> numbers;
      if (parser.parseCommaSeparatedList(
              [&] { return parseNumber(parser, numbers.emplace_back()); }) ||
          parser.parseRSquare())
        return failure();
      fields.append(name, builder.getDenseF64ArrayAttr(numbers));
      return success();
    }
    if (parseNumber(parser, number))
      return failure();
    fields.append(name, builder.getF64FloatAttr(number));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseField))
    return failure();
  result = fields.getDictionary(parser.getContext());
  return success();
}

static void printSettings(AsmPrinter &printer, DictionaryAttr settings) {
  bool first = true;
  auto separate = [&] {
    if (!std::exchange(first, false))
      printer << ", ";
  };
  if (auto kind = settings.getAs<StringAttr>("kind")) {
    separate();
    printer << kind.getValue();
  }
  for (NamedAttribute field : settings) {
    if (field.getName() == "kind")
      continue;
    separate();
    printer << field.getName().getValue() << " = " << spellSetting(field.getValue());
  }
}

static ParseResult parseClauseValue(OpAsmParser &parser, const Clause &clause, Attribute &result) {
  Builder &builder = parser.getBuilder();
  switch (clause.kind) {
  case Clause::flag:
    result = builder.getUnitAttr();
    return success();
  case Clause::integer:
    return failure(parser.parseLParen() || parseExpression(parser, result) || parser.parseRParen());
  case Clause::window: {
    Attribute height, width;
    if (parser.parseLParen() || parseExpression(parser, height))
      return failure();
    width = height;
    if (succeeded(parser.parseOptionalComma()) && parseExpression(parser, width))
      return failure();
    result = builder.getArrayAttr({height, width});
    return parser.parseRParen();
  }
  case Clause::number: {
    double value;
    if (parser.parseLParen() || parseNumber(parser, value) || parser.parseRParen())
      return failure();
    result = builder.getF64FloatAttr(value);
    return success();
  }
  case Clause::numbers: {
    SmallVector<double> values;
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren,
                                       [&] { return parseNumber(parser, values.emplace_back()); }))
      return failure();
    result = builder.getDenseF64ArrayAttr(values);
    return success();
  }
  case Clause::settings:
    return parseSettings(parser, result);
  }
  llvm_unreachable("unknown clause kind");
}

static void printClauseValue(AsmPrinter &printer, const Clause &clause, Attribute value) {
  switch (clause.kind) {
  case Clause::flag:
    return;
  case Clause::integer:
    printExpression(printer << "(", value);
    break;
  case Clause::window: {
    auto window = cast<ArrayAttr>(value);
    printExpression(printer << "(", window[0]);
    if (window[0] != window[1])
      printExpression(printer << ", ", window[1]);
    break;
  }
  case Clause::number:
    printer << "(" << spellNumber(cast<FloatAttr>(value).getValueAsDouble());
    break;
  case Clause::numbers:
    printer << "(";
    llvm::interleaveComma(cast<DenseF64ArrayAttr>(value).asArrayRef(), printer,
                          [&](double number) { printer << spellNumber(number); });
    break;
  case Clause::settings:
    printSettings(printer << "(", cast<DictionaryAttr>(value));
    break;
  }
  printer << ")";
}

/// The identifier at the parser's position, empty if there is none, without taking
/// it: the name of the next op begins like a clause, but has a dot in it.
static StringRef peekIdentifier(OpAsmParser &parser) {
  const char *text = parser.getCurrentLocation().getPointer();
  if (!llvm::isAlpha(*text) && *text != '_')
    return {};
  const char *end = text;
  while (llvm::isAlnum(*end) || *end == '_' || *end == '.')
    ++end;
  return StringRef(text, end - text);
}

ParseResult cnn::parseClauses(OpAsmParser &parser, NamedAttrList &attributes,
                              ArrayRef<Clause> clauses) {
  while (true) {
    SMLoc loc = parser.getCurrentLocation();
    StringRef name = peekIdentifier(parser);
    if (name.empty() || name.contains('.') || name == "loc")
      break;
    const Clause *clause = llvm::find_if(clauses, [&](const Clause &c) { return name == c.name; });
    if (clause == clauses.end()) {
      auto names = llvm::map_range(clauses, [](const Clause &c) { return StringRef(c.name); });
      InFlightDiagnostic error = parser.emitError(loc, "unknown clause '") << name << "'";
      if (clauses.empty())
        return error << ", expected none";
      return error << ", expected one of " << llvm::join(names, ", ");
    }
    if (attributes.get(name))
      return parser.emitError(loc, "clause '") << name << "' is given twice";
    Attribute value;
    if (parser.parseKeyword(clause->name) || parseClauseValue(parser, *clause, value))
      return failure();
    attributes.append(clause->name, value);
  }
  for (const Clause &clause : clauses)
    if (clause.required && !attributes.get(clause.name))
      return parser.emitError(parser.getNameLoc(), "missing clause '") << clause.name << "'";
  return success();
}

void cnn::printClauses(OpAsmPrinter &printer, Operation *op, ArrayRef<Clause> clauses) {
  for (const Clause &clause : clauses)
    if (Attribute value = op->getAttr(clause.name))
      printClauseValue(printer << " " << clause.name, clause, value);
}

//===----------------------------------------------------------------------===//
// Whole ops
//===----------------------------------------------------------------------===//

void cnn::parseLayerName(OpAsmParser &parser, OperationState &result) {
  StringRef name = parser.getNumResults() ? parser.getResultName(0).first : "";
  if (!name.empty() && !llvm::isDigit(name.front()))
    result.addAttribute("name", parser.getBuilder().getStringAttr(name));
}

void cnn::nameResults(Operation *op, OpAsmSetValueNameFn setName) {
  auto name = op->getAttrOfType<StringAttr>("name");
  if (!name)
    return;
  for (OpResult result : op->getResults())
    setName(result, result.getResultNumber() == 0
                        ? name.getValue()
                        : name.getValue().str() + "." + std::to_string(result.getResultNumber()));
}

ParseResult cnn::parseClauseOp(OpAsmParser &parser, OperationState &result,
                               ArrayRef<Clause> clauses) {
  parseLayerName(parser, result);
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SMLoc operandLoc = parser.getCurrentLocation();
  if (parser.parseOperandList(operands))
    return failure();
  // Without its operand an op takes the name of the next line's value for it.
  if (*parser.getCurrentLocation().getPointer() == '=')
    return parser.emitError(parser.getNameLoc(), "expected an operand");
  if (parseClauses(parser, result.attributes, clauses))
    return failure();
  if (failed(parser.parseOptionalColon())) {
    Type value = ValueType::get(parser.getContext());
    result.addTypes(value);
    return parser.resolveOperands(operands, value, result.operands);
  }
  FunctionType type;
  if (parser.parseType(type) ||
      parser.resolveOperands(operands, type.getInputs(), operandLoc, result.operands))
    return failure();
  result.addTypes(type.getResults());
  return success();
}

void cnn::printClauseOp(OpAsmPrinter &printer, Operation *op, ArrayRef<Clause> clauses) {
  if (op->getNumOperands())
    printer << " " << op->getOperands();
  printClauses(printer, op, clauses);
  if (llvm::any_of(op->getOperandTypes(), llvm::IsaPred<RankedTensorType>) ||
      llvm::any_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>)) {
    printer << " : ";
    printer.printFunctionalType(op);
  }
}

ParseResult cnn::parseElidedTypes(OpAsmParser &parser, Type &type) {
  if (succeeded(parser.parseOptionalColon()))
    return parser.parseType(type);
  type = ValueType::get(parser.getContext());
  return success();
}

void cnn::printElidedTypes(OpAsmPrinter &printer, Operation *, Type type) {
  if (!isa<ValueType>(type))
    printer << ": " << type;
}

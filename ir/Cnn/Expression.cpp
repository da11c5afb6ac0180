//===- Expression.cpp - integer expressions over block parameters ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/Expression.h"
#include "ir/Cnn/CnnDialect.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

//===----------------------------------------------------------------------===//
// Parsing: checks the grammar and keeps the text
//===----------------------------------------------------------------------===//

namespace {
/// Reads an expression from MLIR's token stream into text.
class ExpressionParser {
public:
  explicit ExpressionParser(AsmParser &parser) : parser(parser) {}

  ParseResult parseComparison() {
    if (parseSum())
      return failure();
    if (succeeded(parser.parseOptionalEqual())) {
      text += " == ";
      return failure(parser.parseEqual() || parseSum());
    }
    if (succeeded(parser.parseOptionalLess())) {
      text += " < ";
      return parseSum();
    }
    return success();
  }

  std::string text;

private:
  ParseResult parseSum() {
    if (parseProduct())
      return failure();
    while (true) {
      if (succeeded(parser.parseOptionalPlus()))
        text += " + ";
      else if (succeeded(parser.parseOptionalMinus()))
        text += " - ";
      else
        return success();
      if (parseProduct())
        return failure();
    }
  }

  ParseResult parseProduct() {
    if (parseFactor())
      return failure();
    while (true) {
      if (succeeded(parser.parseOptionalStar()))
        text += " * ";
      else if (succeeded(parser.parseOptionalSlash()))
        text += " / ";
      else
        return success();
      if (parseFactor())
        return failure();
    }
  }

  ParseResult parseFactor() {
    if (succeeded(parser.parseOptionalLParen())) {
      text += "(";
      if (parseComparison() || parser.parseRParen())
        return failure();
      text += ")";
      return success();
    }
    SMLoc loc = parser.getCurrentLocation();
    int64_t integer;
    OptionalParseResult parsed = parser.parseOptionalInteger(integer);
    if (parsed.has_value()) {
      text += std::to_string(integer);
      return *parsed;
    }
    StringRef parameter;
    if (failed(parser.parseOptionalKeyword(&parameter)))
      return parser.emitError(loc, "expected an integer or a parameter of the block");
    text += parameter.str();
    return success();
  }

  AsmParser &parser;
};

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// Evaluates the text of an ExprAttr, which ExpressionParser has checked.
class Evaluator {
public:
  Evaluator(StringRef text, ParameterLookup lookup, std::string &error)
      : rest(text), lookup(lookup), error(error) {}

  std::optional<int64_t> comparison() {
    std::optional<int64_t> left = sum();
    if (left && take("==")) {
      std::optional<int64_t> right = sum();
      return right ? std::optional<int64_t>(*left == *right) : std::nullopt;
    }
    if (left && take("<")) {
      std::optional<int64_t> right = sum();
      return right ? std::optional<int64_t>(*left < *right) : std::nullopt;
    }
    return left;
  }

private:
  std::optional<int64_t> sum() {
    std::optional<int64_t> left = product();
    while (left) {
      bool overflow;
      int64_t value = 0;
      if (take("+")) {
        std::optional<int64_t> right = product();
        if (!right)
          return right;
        overflow = llvm::AddOverflow(*left, *right, value);
      } else if (take("-")) {
        std::optional<int64_t> right = product();
        if (!right)
          return right;
        overflow = llvm::SubOverflow(*left, *right, value);
      } else {
        return left;
      }
      left = overflow ? fail("overflow") : value;
    }
    return left;
  }

  std::optional<int64_t> product() {
    std::optional<int64_t> left = factor();
    while (left) {
      if (take("*")) {
        std::optional<int64_t> right = factor();
        int64_t value = 0;
        if (!right)
          return right;
        left = llvm::MulOverflow(*left, *right, value) ? fail("overflow") : value;
      } else if (take("/")) {
        std::optional<int64_t> right = factor();
        if (!right)
          return right;
        if (*right == 0)
          return fail("division by zero");
        if (*right == -1 && *left == std::numeric_limits<int64_t>::min())
          return fail("overflow");
        left = llvm::divideFloorSigned(*left, *right);
      } else {
        return left;
      }
    }
    return left;
  }

  std::optional<int64_t> factor() {
    if (take("(")) {
      std::optional<int64_t> value = comparison();
      take(")");
      return value;
    }
    rest = rest.ltrim();
    int64_t integer;
    if (!rest.consumeInteger(10, integer))
      return integer;
    StringRef name = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    rest = rest.drop_front(name.size());
    if (std::optional<int64_t> value = lookup(name))
      return value;
    return fail("unknown parameter '" + name.str() + "'");
  }

  bool take(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  std::optional<int64_t> fail(std::string what) {
    error = std::move(what);
    return std::nullopt;
  }

  StringRef rest;
  ParameterLookup lookup;
  std::string &error;
};
} // namespace

ParseResult cnn::parseExpression(AsmParser &parser, Attribute &result) {
  SMLoc loc = parser.getCurrentLocation();
  ExpressionParser expression(parser);
  if (expression.parseComparison())
    return failure();
  auto attr = ExprAttr::get(parser.getContext(), expression.text);
  std::string error;
  bool named = false;
  auto lookup = [&](StringRef) -> std::optional<int64_t> {
    named = true;
    return 1;
  };
  std::optional<int64_t> value = evaluate(attr, lookup, error);
  if (named) {
    result = attr;
    return success();
  }
  if (!value)
    return parser.emitError(loc, error);
  result = parser.getBuilder().getI64IntegerAttr(*value);
  return success();
}

void cnn::printExpression(AsmPrinter &printer, Attribute expression) {
  if (auto integer = dyn_cast<IntegerAttr>(expression))
    printer << integer.getInt();
  else
    printer << cast<ExprAttr>(expression).getText();
}

std::optional<int64_t> cnn::evaluate(Attribute expression, ParameterLookup lookup,
                                     std::string &error) {
  if (auto integer = dyn_cast<IntegerAttr>(expression))
    return integer.getInt();
  return Evaluator(cast<ExprAttr>(expression).getText(), lookup, error).comparison();
}

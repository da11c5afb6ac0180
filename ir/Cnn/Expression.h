//===- Expression.h - integer expressions over block parameters -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The text between the parentheses of a clause, where an integer is expected:
//
//   expression ::= sum (('==' | '<') sum)?
//   sum        ::= product (('+' | '-') product)*
//   product    ::= factor (('*' | '/') factor)*
//   factor     ::= integer | parameter | '(' expression ')'
//
// Division rounds down; a comparison is 1 or 0.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_EXPRESSION_H
#define FANFOLD_IR_CNN_EXPRESSION_H

#include "mlir/IR/OpImplementation.h"

#include <optional>
#include <string>

namespace fanfold::cnn {

/// Looks a parameter up; nothing if there is none of that name.
using ParameterLookup = llvm::function_ref<std::optional<int64_t>(llvm::StringRef)>;

/// Parses an expression into an IntegerAttr (i64) if it names no parameter, else
/// into an ExprAttr.
mlir::ParseResult parseExpression(mlir::AsmParser &parser, mlir::Attribute &result);

/// Prints what parseExpression() reads.
void printExpression(mlir::AsmPrinter &printer, mlir::Attribute expression);

/// The value of an IntegerAttr or ExprAttr. Nothing, and `error` set, for an unknown
/// parameter, a division by zero or an overflow.
std::optional<int64_t> evaluate(mlir::Attribute expression, ParameterLookup lookup,
                                std::string &error);

} // namespace fanfold::cnn

#endif // FANFOLD_IR_CNN_EXPRESSION_H

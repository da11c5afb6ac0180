//===- Clauses.h - the clause syntax of model files -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Model ops are written as operands and clauses, in any order:
//
//   %conv1 = cnn.conv2d %image filters(64) kernel(7) stride(2) pad(3)
//
// Each op lists its clauses once (`clauses` in ODS); parsing, printing and the
// diagnostics for unknown, repeated and missing clauses follow from the list.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_CLAUSES_H
#define FANFOLD_IR_CNN_CLAUSES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpImplementation.h"

namespace fanfold {
struct NumberRange;
}

namespace fanfold::cnn {

/// One clause of an op: the attribute of the same name.
struct Clause {
  enum Kind {
    integer,  ///< `(expression)`: IntegerAttr or ExprAttr.
    window,   ///< `(expression)` or `(expression, expression)`: ArrayAttr of two.
    number,   ///< `(float)`: FloatAttr of f64.
    numbers,  ///< `(float, ...)`: DenseF64ArrayAttr.
    flag,     ///< The keyword alone: UnitAttr.
    settings, ///< `(keyword, field = value, ...)`: DictionaryAttr; the leading keyword
              ///< may be missing and is the field "kind". A value is a number (f64),
              ///< true or false, or a list of numbers in brackets.
  };
  const char *name;
  Kind kind;
  bool required = false;
};

/// Height and width.
struct Window {
  int64_t height;
  int64_t width;
  friend bool operator==(Window a, Window b) { return a.height == b.height && a.width == b.width; }
};

/// Everything that places the window of a convolution or a pool.
struct ConvWindow {
  Window kernel, stride, pad, dilation;
};

/// Whether `attr` is what the clause kind `window` produces.
bool isWindow(mlir::Attribute attr);

/// The attribute's value, or the fallback if it is null. Blocks must be expanded:
/// an expression is a programming error here.
Window toWindow(mlir::Attribute attr, int64_t fallback = 0);
int64_t toInteger(mlir::Attribute attr, int64_t fallback);
double toNumber(mlir::Attribute attr, double fallback);

/// Whole numbers as people write them; else the shortest text that reads back as the same
/// number.
std::string spellNumber(double value);

/// A value in settings as people write it: a number, true or false, a list of numbers.
std::string spellSetting(mlir::Attribute value);

/// Fails with "found 1, expected rate in [0, 1)" unless the number is in the range.
mlir::LogicalResult verifyNumber(mlir::Operation *op, const NumberRange &range, double value);

/// The clauses of an op up to its types, into attributes.
mlir::ParseResult parseClauses(mlir::OpAsmParser &parser, mlir::NamedAttrList &attributes,
                               llvm::ArrayRef<Clause> clauses);
void printClauses(mlir::OpAsmPrinter &printer, mlir::Operation *op, llvm::ArrayRef<Clause> clauses);

/// A whole op of one result: operands, clauses, types.
mlir::ParseResult parseClauseOp(mlir::OpAsmParser &parser, mlir::OperationState &result,
                                llvm::ArrayRef<Clause> clauses);
void printClauseOp(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                   llvm::ArrayRef<Clause> clauses);

/// Sets the attribute `name` from the name of the SSA value that the op defines, if
/// it is not a number.
void parseLayerName(mlir::OpAsmParser &parser, mlir::OperationState &result);

/// Suggests the layer's name for the op's first result, and names derived from it
/// for the others.
void nameResults(mlir::Operation *op, mlir::OpAsmSetValueNameFn setName);

/// `: type` if the type is not !cnn.value; nothing else.
mlir::ParseResult parseElidedTypes(mlir::OpAsmParser &parser, mlir::Type &type);
void printElidedTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::Type type);

} // namespace fanfold::cnn

#endif // FANFOLD_IR_CNN_CLAUSES_H

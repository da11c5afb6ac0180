//===- LayerBase.td - what layers have in common ----------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_LAYERBASE_TD
#define FANFOLD_IR_CNN_LAYERBASE_TD

include "ir/Cnn/CnnDialect.td"
include "ir/Cnn/CnnInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// An op in the clause syntax of model files:
///
///   %name = cnn.op %operand, ... clause(...) ... : (types) -> types
///
/// The clauses are the attributes of the op that `clauses` lists, in any order;
/// the types are left out where no value is typed yet. Clauses.h parses and
/// prints all ops from these lists. The name of the value is the name of the
/// layer.
class Cnn_ClauseOp<string mnemonic, list<Trait> traits = []>
    : Op<Cnn_Dialect, mnemonic,
         traits # [Pure, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let hasCustomAssemblyFormat = 1;
  /// Initialisers of Clause: {"name", Clause::Kind, required}.
  code clauses = "";
  code methods = "";
  code extra = "";
  let extraClassDeclaration = [{
    static ::llvm::ArrayRef<Clause> getClauses() {
      static const std::vector<Clause> clauses = }] # "{" # clauses # "};" # [{
      return clauses;
    }
  }] # methods;
  let extraClassDefinition = [{
    ::mlir::ParseResult $cppClass::parse(::mlir::OpAsmParser &parser,
                                         ::mlir::OperationState &result) {
      return parseClauseOp(parser, result, getClauses());
    }
    void $cppClass::print(::mlir::OpAsmPrinter &printer) {
      printClauseOp(printer, *this, getClauses());
    }
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      nameResults(*this, setName);
    }
  }] # extra;
}

/// A layer: an op that a model file may contain. Its variables follow its inputs
/// once `infer-shapes` has made them. `overrides` lists the methods of
/// LayerOpInterface that it does not take from the default.
class Cnn_Layer<string mnemonic, list<string> overrides = [], list<Trait> traits = []>
    : Cnn_ClauseOp<mnemonic, traits # [
        DeclareOpInterfaceMethods<Cnn_LayerInterface, overrides>]>;

/// A layer with a gradient rule.
class Cnn_DifferentiableLayer<string mnemonic, list<string> overrides = [],
                              list<Trait> traits = []>
    : Cnn_Layer<mnemonic, overrides, traits # [
        DeclareOpInterfaceMethods<Cnn_DifferentiableInterface>]>;

/// An op that only passes create; its operands and results are always typed.
class Cnn_DerivedOp<string mnemonic, list<Trait> traits = []>
    : Op<Cnn_Dialect, mnemonic,
         traits # [Pure, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let extraClassDefinition = [{
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      nameResults(*this, setName);
    }
  }];
}

#endif // FANFOLD_IR_CNN_LAYERBASE_TD

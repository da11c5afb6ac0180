//===- CnnDialect.td - the model level --------------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_CNNDIALECT_TD
#define FANFOLD_IR_CNN_CNNDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Cnn_Dialect : Dialect {
  let name = "cnn";
  let cppNamespace = "::fanfold::cnn";
  let summary = "what a network computes";
  let description = [{
    The model level: a network as a person writes it, and the training step that
    the compiler derives from it, as one graph of tensors.

    ```
    model file --> [cnn] --> kernel --> plan --> generated program
                    ^ you are here
    ```

    Image tensors are NHWC, filters KRSC, dense weights (inputs, units). In a
    model file values have the unshaped type `!cnn.value`; `infer-shapes` replaces
    it, and from there on every value is a ranked tensor. The grammar for people
    is in docs/model-files.md.

    Three kinds of ops live here:

    - frame ops (FrameOps.td): blocks, models, recipes, and the frame of a
      training step (variables, inputs, outputs). The frame is the same at the
      kernel level.
    - layers (the other families): ops that a model file may contain.
    - derived ops: gradients, optimizer updates and the specialised forms of a
      layer in training and evaluation. Only passes create them.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = [];
}

def Cnn_Value : TypeDef<Cnn_Dialect, "Value"> {
  let mnemonic = "value";
  let summary = "a tensor whose type is not inferred yet";
}

def Cnn_Expr : AttrDef<Cnn_Dialect, "Expr"> {
  let mnemonic = "expr";
  let summary = "an integer expression over the parameters of a block";
  let description = [{
    Holds the text of an expression in the grammar of docs/model-files.md, checked
    when it is parsed. `expand-blocks` replaces it by an integer.
  }];
  let parameters = (ins StringRefParameter<"the expression">:$text);
  let assemblyFormat = "`<` $text `>`";
}

/// Any tensor of this level: not inferred yet, or ranked.
def Cnn_Tensor : AnyTypeOf<[Cnn_Value, AnyRankedTensor]>;

/// An integer, or an expression until blocks are expanded.
def Cnn_Int : AnyAttrOf<[I64Attr, Cnn_Expr], "an integer or an expression">;

/// Height and width, each an integer or an expression.
def Cnn_Window : ArrayAttrBase<CPred<"isWindow($_self)">, "height and width"> {
  let storageType = "::mlir::ArrayAttr";
  let returnType = "::mlir::ArrayAttr";
  let convertFromStorage = "$_self";
}

#endif // FANFOLD_IR_CNN_CNNDIALECT_TD

//===- FrameOps.td - what layers stand in -------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_FRAMEOPS_TD
#define FANFOLD_IR_CNN_FRAMEOPS_TD

include "ir/Cnn/LayerBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

//===----------------------------------------------------------------------===//
// Model files
//===----------------------------------------------------------------------===//

def Cnn_BlockOp : Op<Cnn_Dialect, "block", [Symbol, IsolatedFromAbove,
    HasParent<"::mlir::ModuleOp">, NoTerminator]> {
  let summary = "a parametric part of a network";
  let description = [{
    ```mlir
    cnn.block @conv(%x) params(filters, stride = 1) {
      %conv = cnn.conv2d %x filters(filters) kernel(3) stride(stride) pad(1)
      %relu = cnn.relu %conv
      cnn.yield %relu
    }
    ```

    Constraints:
    - (C1) parameters have different names
    - (C2) the body ends in cnn.yield
    - (C3) the body holds layers and uses of blocks alone
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$params,
      DictionaryAttr:$defaults);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Cnn_UseOp : Op<Cnn_Dialect, "use", [
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "an instance of a block, or a chain of them";
  let description = [{
    ```mlir
    %layer1 = cnn.use @bottleneck(%x) with(width = 64, stride = 1) repeat(3)
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$block, Variadic<Cnn_Value>:$inputs,
      DictionaryAttr:$arguments, OptionalAttr<Cnn_Int>:$repeat, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Value:$result);
  let hasCustomAssemblyFormat = 1;
}

def Cnn_IfOp : Op<Cnn_Dialect, "if", [NoTerminator,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "chooses a part of a block by its parameters";
  let description = [{
    ```mlir
    %shortcut = cnn.if(project) {
      %conv = cnn.conv2d %x filters(4 * width) kernel(1) stride(stride)
      cnn.yield %conv
    } else {
      cnn.yield %x
    }
    ```

    Constraints:
    - (C1) both bodies end in cnn.yield
    - (C2) both bodies hold layers and uses of blocks alone
  }];
  let arguments = (ins Cnn_Int:$condition, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Value:$result);
  let regions = (region SizedRegion<1>:$thenBody, SizedRegion<1>:$elseBody);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Cnn_YieldOp : Op<Cnn_Dialect, "yield", [Pure, Terminator,
    ParentOneOf<["BlockOp", "IfOp"]>]> {
  let summary = "the result of a block";
  let arguments = (ins Cnn_Value:$value);
  let assemblyFormat = "$value attr-dict custom<ElidedTypes>(type($value))";
}

def Cnn_ModelOp : Op<Cnn_Dialect, "model", [Symbol, IsolatedFromAbove,
    HasParent<"::mlir::ModuleOp">, NoTerminator]> {
  let summary = "a network from its inputs to its loss";
  let description = [{
    Constraints:
    - (C1) the body ends in cnn.loss, and has no other
    - (C2) the body holds layers and uses of blocks alone
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Cnn_LossOp : Op<Cnn_Dialect, "loss", [Terminator, HasParent<"ModelOp">]> {
  let summary = "what training minimises, and what to report beside it";
  let description = [{
    ```mlir
    cnn.loss %loss metrics(top1 = %top1, top5 = %top5)
    ```

    Constraints:
    - (C1) metrics have different names, and none is called "loss"
  }];
  let arguments = (ins Cnn_Tensor:$loss, Variadic<Cnn_Tensor>:$metrics, StrArrayAttr:$metric_names);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Cnn_RecipeOp : Op<Cnn_Dialect, "recipe", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "how to train a model";
  let description = [{
    ```mlir
    cnn.recipe @resnet50 batch(256) epochs(90)
      optimizer(sgd, learning_rate = 0.1, momentum = 0.9, weight_decay = 1e-4)
      schedule(cosine, warmup_epochs = 5)
    ```

    Clauses and fields are listed in docs/model-files.md; Recipe.h reads them.

    Constraints:
    - (C1) every field is known and within its range
  }];
  let arguments = (ins FlatSymbolRefAttr:$model, OptionalAttr<Cnn_Int>:$batch,
      OptionalAttr<F64Attr>:$epochs, OptionalAttr<DictionaryAttr>:$optimizer,
      OptionalAttr<DictionaryAttr>:$schedule, OptionalAttr<DictionaryAttr>:$augment,
      OptionalAttr<DictionaryAttr>:$precision);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static ::llvm::ArrayRef<Clause> getClauses();
  }];
}

def Cnn_InputOp : Cnn_ClauseOp<"input"> {
  let summary = "a tensor that the data source delivers";
  let description = [{
    ```mlir
    %image = cnn.input "image" as tensor<?x224x224x3xui8>
    ```

    The dynamic extent is the batch; `infer-shapes` binds it.

    Constraints:
    - (C1) the type is a ranked tensor whose first extent, and no other, is dynamic
      in a model file
    - (C2) the result, once it is typed, has that type
    - (C3) the name in quotes has letters, digits and `_`, `-`, `.` alone
  }];
  let arguments = (ins StrAttr:$source, TypeAttr:$tensor_type, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
  let extraClassDefinition = [{
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      nameResults(*this, setName);
    }
  }];
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

def Cnn_VariableOp : Op<Cnn_Dialect, "variable", [Symbol, HasParent<"::mlir::ModuleOp">]> {
  let summary = "a tensor that outlives the step";
  let description = [{
    ```mlir
    cnn.variable @conv1.weight parameter init {kind = "normal", a = 0.0, b = 0.1}
      : tensor<64x7x7x3xf32>
    ```

    The role is one of parameter, statistic, optimizer, constant, gradient. `init` is a
    rule (kind fill, uniform or normal, with a and b as fanfold::Initializer has them)
    or, with kind data, carries the elements in `value`. Weight decay applies under
    `decay`.

    Constraints:
    - (C1) the role is one of those
    - (C2) the tensor is as cnn.step wants its values
    - (C3) init is one of those, and its data fit the tensor
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$role, DictionaryAttr:$init,
      TypeAttrOf<AnyRankedTensor>:$tensor_type, UnitAttr:$decay);
  let assemblyFormat = "$sym_name $role `init` $init `:` $tensor_type attr-dict";
  let hasVerifier = 1;
}

def Cnn_StepOp : Op<Cnn_Dialect, "step", [Symbol, HasParent<"::mlir::ModuleOp">, NoTerminator,
    IsolatedFromAbove]> {
  let summary = "a straight line of ops: @train or @eval";
  let description = [{
    Constraints:
    - (C1) the body has no arguments, and holds ops of the dialects cnn and kernel alone
    - (C2) every value is a tensor with elements that a program can hold (f16, bf16, f32,
      f64, i32, i8, ui8), and of static extents, at least 1, with at most 2^42 elements
    - (C3) a variable is written once at most
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Cnn_ReadOp : Op<Cnn_Dialect, "read", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "the value of a variable when the step begins";
  let description = [{
    Constraints:
    - (C1) there is a cnn.variable of that name, and it has the type of the result
  }];
  let arguments = (ins FlatSymbolRefAttr:$variable);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$variable attr-dict `:` type($result)";
}

def Cnn_WriteOp : Op<Cnn_Dialect, "write", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a variable when the step ends";
  let description = [{
    At most one for each variable of a step; its place among the other ops means nothing.

    Constraints:
    - (C1) there is a cnn.variable of that name, and it has the type of the value
  }];
  let arguments = (ins AnyRankedTensor:$value, FlatSymbolRefAttr:$variable);
  let assemblyFormat = "$value `to` $variable attr-dict `:` type($value)";
}

def Cnn_ScalarOp : Op<Cnn_Dialect, "scalar", [Pure,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a word that the runtime writes before each step";
  let description = [{
    The name is a field of `fanfold::Scalar::Kind` in runtime/Program.h in snake case:
    learning_rate, momentum, weight_decay, beta1, beta2, epsilon, bias_correction1,
    bias_correction2, trust, seed.
  }];
  let arguments = (ins StrAttr:$kind);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind attr-dict `:` type($result)";
}

def Cnn_OutputOp : Op<Cnn_Dialect, "output"> {
  let summary = "a number that the step leaves behind for the runtime: the loss or a metric";
  let arguments = (ins AnyRankedTensor:$value, StrAttr:$metric);
  let assemblyFormat = "$value `as` $metric attr-dict `:` type($value)";
}

#endif // FANFOLD_IR_CNN_FRAMEOPS_TD

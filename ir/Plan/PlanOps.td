//===- PlanOps.td - the plan level --------------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_PLAN_PLANOPS_TD
#define FANFOLD_IR_PLAN_PLANOPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::fanfold::plan";
  let summary = "where every byte lives and when every kernel runs";
  let description = [{
    The plan level: launches over buffers of one arena, in order.

    ```
    model file --> cnn --> kernel --> [plan] --> generated program
                                       ^ you are here
    ```

    A plan.launch is one line of the generated program. Offsets count bytes from the
    start of the arena. Bodies of pointwise kernels are functions (func.func) beside
    the steps.
  }];
}

/// Everything at this level has its size, and elements that a program can hold.
def Plan_MemRef : StaticShapeMemRefOf<[F16, BF16, F32, F64, I32, I8, UI8]>;

def Plan_ArenaOp : Op<Plan_Dialect, "arena", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "the arena of a program and what its plan achieved";
  let description = [{
    `lower_bound` is the largest sum of bytes live at one launch: no plan of this order
    is smaller.
  }];
  let arguments = (ins StrAttr:$model, StrAttr:$source, StrAttr:$target, StrAttr:$precision,
      I64Attr:$batch, I64Attr:$bytes, I64Attr:$lower_bound, I64Attr:$peak_launch);
  let assemblyFormat = "$model attr-dict";
}

def Plan_VariableOp : Op<Plan_Dialect, "variable", [Symbol, HasParent<"::mlir::ModuleOp">]> {
  let summary = "a tensor that outlives the step, and where it lives";
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$role, DictionaryAttr:$init,
      I64Attr:$offset, TypeAttrOf<Plan_MemRef>:$memref_type);
  let description = [{
    Constraints:
    - (C1) the type is one that cnn.step would allow for a value
    - (C2) `init` is as cnn.variable has it
  }];
  let assemblyFormat = "$sym_name $role `at` $offset `init` $init `:` $memref_type attr-dict";
  let hasVerifier = 1;
}

def Plan_StagingOp : Op<Plan_Dialect, "staging", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "where the data source leaves the batches of an input";
  let description = [{
    Constraints:
    - (C1) the type is one that cnn.step would allow for a value
  }];
  let arguments = (ins StrAttr:$input, DenseI64ArrayAttr:$offsets, TypeAttrOf<Plan_MemRef>:$memref_type);
  let assemblyFormat = "$input `at` $offsets `:` $memref_type attr-dict";
  let hasVerifier = 1;
}

def Plan_StepOp : Op<Plan_Dialect, "step", [Symbol, HasParent<"::mlir::ModuleOp">, NoTerminator]> {
  let summary = "launches in order: @train or @eval";
  let description = [{
    Constraints:
    - (C1) the body has no arguments, and holds ops of the dialect plan alone
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Plan_BufferOp : Op<Plan_Dialect, "buffer", [Pure,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a range of the arena that one value occupies";
  let description = [{
    The kind is one of activation, gradient, workspace, input, scalar, metric.
    Under `in_place_of` the value overwrites the buffer of that name.

    Constraints:
    - (C1) the kind is one of those
    - (C2) the type is one that cnn.step would allow for a value, with elements one behind
      the other
  }];
  let arguments = (ins StrAttr:$name, StrAttr:$kind, I64Attr:$offset,
      OptionalAttr<StrAttr>:$in_place_of);
  let results = (outs Plan_MemRef:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $name $kind `at` $offset (`in_place_of` $in_place_of^)? attr-dict `:` type($result)
  }];
}

def Plan_GetOp : Op<Plan_Dialect, "get", [Pure,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "the memory of a variable";
  let arguments = (ins FlatSymbolRefAttr:$variable);
  let results = (outs Plan_MemRef:$result);
  let assemblyFormat = "$variable attr-dict `:` type($result)";
}

def Plan_ViewOp : Op<Plan_Dialect, "view", [Pure]> {
  let summary = "a buffer under another shape";
  let description = [{
    Constraints:
    - (C1) both have the same number of bytes
    - (C2) elements lie one behind the other
  }];
  let hasVerifier = 1;
  let arguments = (ins Plan_MemRef:$input);
  let results = (outs Plan_MemRef:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
}

def Plan_PartOp : Op<Plan_Dialect, "part", [Pure,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a range of the channels of a buffer, or of its first extent";
  let description = [{
    Rows are as far apart as those of the buffer; the offset of the type counts elements
    from its begin. The name is that of the value that is made there.

    ```mlir
    %both = plan.buffer "both" "activation" at 512 : memref<8x96xf16>
    %b = plan.part %both "b" : memref<8x96xf16> to memref<8x32xf16, strided<[96, 1], offset: 64>>
    ```

    Constraints:
    - (C1) both are equal up to the channels, or up to the first extent, and have the same strides
    - (C2) the range lies within the buffer
  }];
  let hasVerifier = 1;
  let arguments = (ins Plan_MemRef:$input, StrAttr:$name);
  let results = (outs Plan_MemRef:$result);
  let assemblyFormat = "$input $name attr-dict `:` type($input) `to` type($result)";
}

def Plan_LaunchOp : Op<Plan_Dialect, "launch", [AttrSizedOperandSegments]> {
  let summary = "one kernel over buffers";
  let description = [{
    `constants` are the attributes of the kernel's op; `bodies` are the functions of a
    pointwise kernel, one for each result. Which kernels take parts for which of their
    buffers is the target's business.
  }];
  let arguments = (ins StrAttr:$kernel, Variadic<Plan_MemRef>:$inputs, Variadic<Plan_MemRef>:$outputs,
      Optional<Plan_MemRef>:$workspace, OptionalAttr<ArrayAttr>:$bodies,
      OptionalAttr<StrAttr>:$layer, OptionalAttr<StrAttr>:$algorithm, F64Attr:$flops,
      DictionaryAttr:$constants);
  let assemblyFormat = [{
    $kernel (`body` $bodies^)? `(` $inputs `)` `->` `(` $outputs `)` (`workspace` `(` $workspace^ `)`)?
    $constants attr-dict `:` type($inputs) `->` `(` type($outputs) `)` (`,` type($workspace)^)?
  }];
}

def Plan_OutputOp : Op<Plan_Dialect, "output"> {
  let summary = "a number that the step leaves behind for the runtime";
  let arguments = (ins Plan_MemRef:$value, StrAttr:$metric);
  let assemblyFormat = "$value `as` $metric attr-dict `:` type($value)";
}

#endif // FANFOLD_IR_PLAN_PLANOPS_TD

//===- ShapeOps.td - ops that move elements -----------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_SHAPEOPS_TD
#define FANFOLD_IR_CNN_SHAPEOPS_TD

include "ir/Cnn/LayerBase.td"

def Cnn_ConcatOp : Cnn_DifferentiableLayer<"concat"> {
  let summary = "tensors side by side along the channels";
  let description = [{
    ```mlir
    %out = cnn.concat %branch1, %branch2, %branch3
    ```

    Constraints:
    - (C1) at least one operand
    - (C2) the operands agree in element type and in every dimension but the last
  }];
  let arguments = (ins Variadic<Cnn_Tensor>:$inputs, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
}

def Cnn_SliceOp : Cnn_DerivedOp<"slice"> {
  let summary = "a range of channels, beginning at `offset`";
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$offset, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_FlattenOp : Cnn_DifferentiableLayer<"flatten"> {
  let summary = "all dimensions but the first become one, in NHWC order";
  let arguments = (ins Cnn_Tensor:$input, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
}

def Cnn_ReshapeOp : Cnn_DerivedOp<"reshape"> {
  let summary = "the same elements under another shape";
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

#endif // FANFOLD_IR_CNN_SHAPEOPS_TD

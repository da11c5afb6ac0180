//===- DenseOps.td - dense layers and biases ----------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_DENSEOPS_TD
#define FANFOLD_IR_CNN_DENSEOPS_TD

include "ir/Cnn/LayerBase.td"

def Cnn_DenseOp : Cnn_DifferentiableLayer<"dense", ["getVariableSpecs", "getMacs"]> {
  let summary = "matrix product with a trained matrix";
  let description = [{
    `result = input * weight`; the weight has the shape (inputs, units). A bias is
    an op of its own.

    ```mlir
    %fc = cnn.dense %flat units(10)
    ```

    Constraints:
    - (C1) the input has rank 2
    - (C2) units is positive
    - (C3) the weight has the shape (inputs, units)
  }];
  let arguments = (ins Cnn_Tensor:$input, Optional<Cnn_Tensor>:$weight, Cnn_Int:$units,
      OptionalAttr<DictionaryAttr>:$init, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
  let clauses = [{ {"units", Clause::integer, true}, {"init", Clause::settings} }];
}

def Cnn_MatmulOp : Cnn_DerivedOp<"matmul"> {
  let summary = "matrix product, either factor transposed or not";
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs, UnitAttr:$transpose_lhs,
      UnitAttr:$transpose_rhs, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_BiasOp : Cnn_DifferentiableLayer<"bias", ["getVariableSpecs"]> {
  let summary = "adds a trained vector over the last dimension";
  let description = [{
    ```mlir
    %bias = cnn.bias %conv
    ```

    Constraints:
    - (C1) the input has rank 2 or more
  }];
  let arguments = (ins Cnn_Tensor:$input, Optional<Cnn_Tensor>:$bias, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
}

def Cnn_ChannelSumOp : Cnn_DerivedOp<"channel_sum"> {
  let summary = "sum over all dimensions but the last: the gradient of a bias";
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

#endif // FANFOLD_IR_CNN_DENSEOPS_TD

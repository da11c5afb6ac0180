//===- PointwiseOps.td - ops that look at one element -------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_POINTWISEOPS_TD
#define FANFOLD_IR_CNN_POINTWISEOPS_TD

include "ir/Cnn/LayerBase.td"

/// A function of one element whose gradient is a function of its result.
class Cnn_Activation<string mnemonic> : Cnn_DifferentiableLayer<mnemonic> {
  let arguments = (ins Cnn_Tensor:$input, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
}

/// `gradient * f'(x)`, as a function of `result = f(x)`.
class Cnn_ActivationGrad<string mnemonic> : Cnn_DerivedOp<mnemonic, [AllTypesMatch<["gradient", "forward", "result"]>]> {
  let arguments = (ins AnyRankedTensor:$gradient, AnyRankedTensor:$forward,
      OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_ReluOp : Cnn_Activation<"relu"> {
  let summary = "max(x, 0); NaN stays NaN";
}

def Cnn_ReluGradOp : Cnn_ActivationGrad<"relu_grad"> {
  let summary = "gradient of relu, from its result";
}

def Cnn_Relu6Op : Cnn_Activation<"relu6"> {
  let summary = "min(max(x, 0), 6); NaN stays NaN";
}

def Cnn_Relu6GradOp : Cnn_ActivationGrad<"relu6_grad"> {
  let summary = "gradient of relu6, from its result";
}

def Cnn_SigmoidOp : Cnn_Activation<"sigmoid"> {
  let summary = "1 / (1 + exp(-x))";
}

def Cnn_SigmoidGradOp : Cnn_ActivationGrad<"sigmoid_grad"> {
  let summary = "gradient of sigmoid, from its result";
}

def Cnn_TanhOp : Cnn_Activation<"tanh"> {
  let summary = "hyperbolic tangent";
}

def Cnn_TanhGradOp : Cnn_ActivationGrad<"tanh_grad"> {
  let summary = "gradient of tanh, from its result";
}

def Cnn_AddOp : Cnn_DifferentiableLayer<"add"> {
  let summary = "sum of two tensors of one shape";
  let description = [{
    ```mlir
    %sum = cnn.add %branch, %shortcut
    ```

    Constraints:
    - (C1) both operands have the same type
  }];
  let arguments = (ins Cnn_Tensor:$lhs, Cnn_Tensor:$rhs, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
}

def Cnn_ScaleOp : Cnn_DifferentiableLayer<"scale"> {
  let summary = "product with a constant";
  let description = [{
    ```mlir
    %scaled = cnn.scale %branch by(0.17)
    ```

    Constraints:
    - (C1) the constant is finite
  }];
  let arguments = (ins Cnn_Tensor:$input, F64Attr:$by, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
  let clauses = [{ {"by", Clause::number, true} }];
}

def Cnn_DropoutOp : Cnn_Layer<"dropout", ["specialize"]> {
  let summary = "zeroes elements at random in training";
  let description = [{
    In a training step each element is zero with probability `rate`, and the others
    are multiplied by 1 / (1 - rate). In an evaluation step it does nothing.

    ```mlir
    %drop6 = cnn.dropout %relu6 rate(0.5)
    ```

    Constraints:
    - (C1) rate is within [0, 1)
  }];
  let arguments = (ins Cnn_Tensor:$input, F64Attr:$rate, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
  let clauses = [{ {"rate", Clause::number, true} }];
}

def Cnn_DropoutApplyOp : Cnn_DerivedOp<"dropout_apply",
    [DeclareOpInterfaceMethods<Cnn_DifferentiableInterface>]> {
  let summary = "dropout in a training step";
  let description = [{
    The mask is a function of the step's seed, of `stream` (one for each dropout layer)
    and of the element's index: no mask is stored, and the gradient is the same op on
    the incoming gradient.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$seed, F64Attr:$rate,
      I64Attr:$stream, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

#endif // FANFOLD_IR_CNN_POINTWISEOPS_TD

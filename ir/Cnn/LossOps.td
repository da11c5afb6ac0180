//===- LossOps.td - losses and metrics ----------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_LOSSOPS_TD
#define FANFOLD_IR_CNN_LOSSOPS_TD

include "ir/Cnn/LayerBase.td"

def Cnn_SoftmaxCrossEntropyOp
    : Cnn_Layer<"softmax_cross_entropy", ["specialize"]> {
  let summary = "cross entropy of softmax(logits), mean over the batch";
  let description = [{
    With smoothing s the target is (1 - s) for the label plus s / classes for every class.

    ```mlir
    %loss = cnn.softmax_cross_entropy %logits, %label smoothing(0.1)
    ```

    Constraints:
    - (C1) logits have rank 2 and two classes or more
    - (C2) labels are i32 of rank 1 and as many as there are rows of logits
    - (C3) smoothing is within [0, 1)
  }];
  let arguments = (ins Cnn_Tensor:$logits, Cnn_Tensor:$labels, OptionalAttr<F64Attr>:$smoothing,
      OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
  let clauses = [{ {"smoothing", Clause::number} }];
}

def Cnn_SoftmaxCrossEntropyForwardOp : Cnn_DerivedOp<"softmax_cross_entropy_forward",
    [DeclareOpInterfaceMethods<Cnn_DifferentiableInterface>]> {
  let summary = "cross entropy in a step: the loss, and the probabilities for its gradient";
  let description = [{
    A sample with a label below zero contributes nothing; the divisor stays the batch.
  }];
  let arguments = (ins AnyRankedTensor:$logits, AnyRankedTensor:$labels, F64Attr:$smoothing,
      OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result, AnyRankedTensor:$probabilities);
}

def Cnn_SoftmaxCrossEntropyGradOp : Cnn_DerivedOp<"softmax_cross_entropy_grad"> {
  let summary = "gradient of cross entropy with respect to the logits";
  let arguments = (ins AnyRankedTensor:$probabilities, AnyRankedTensor:$labels,
      AnyRankedTensor:$gradient, F64Attr:$smoothing, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_AccuracyOp : Cnn_Layer<"accuracy"> {
  let summary = "fraction of the batch whose label is among the first `top` classes";
  let description = [{
    ```mlir
    %top5 = cnn.accuracy %logits, %label top(5)
    ```

    Constraints: (C1) and (C2) of cnn.softmax_cross_entropy, and
    - (C3) top is between 1 and the number of classes
  }];
  let arguments = (ins Cnn_Tensor:$logits, Cnn_Tensor:$labels, OptionalAttr<Cnn_Int>:$top,
      OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let clauses = [{ {"top", Clause::integer} }];
  let methods = [{
    int64_t getTopValue() { return toInteger(getTopAttr(), 1); }
  }];
}

#endif // FANFOLD_IR_CNN_LOSSOPS_TD

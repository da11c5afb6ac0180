//===- ConvOps.td - convolution -----------------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_CONVOPS_TD
#define FANFOLD_IR_CNN_CONVOPS_TD

include "ir/Cnn/LayerBase.td"

def Cnn_Conv2dOp : Cnn_DifferentiableLayer<"conv2d", ["getVariableSpecs", "getMacs"]> {
  let summary = "two-dimensional convolution";
  let description = [{
    `result[n, p, q, k] = sum over r, s, c of input[n, p * stride - pad + r * dilation,
    q * stride - pad + s * dilation, c] * filter[k, r, s, c]`, in `groups` groups of
    channels and filters. Outside the image the input is zero.

    ```mlir
    %conv1 = cnn.conv2d %image filters(64) kernel(7) stride(2) pad(3)
    ```

    Constraints:
    - (C1) the input has rank 4
    - (C2) filters, kernel, stride, dilation and groups are positive, pad is not negative
    - (C3) groups divides the input channels and the filters
    - (C4) the dilated kernel fits into the padded input
    - (C5) the filter has the shape (filters, kernel, kernel, input channels / groups)
  }];
  let arguments = (ins Cnn_Tensor:$input, Optional<Cnn_Tensor>:$filter,
      Cnn_Int:$filters, Cnn_Window:$kernel, OptionalAttr<Cnn_Window>:$stride,
      OptionalAttr<Cnn_Window>:$pad, OptionalAttr<Cnn_Window>:$dilation,
      OptionalAttr<Cnn_Int>:$groups, OptionalAttr<DictionaryAttr>:$init,
      OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
  let clauses = [{
    {"filters", Clause::integer, true}, {"kernel", Clause::window, true},
    {"stride", Clause::window}, {"pad", Clause::window}, {"dilation", Clause::window},
    {"groups", Clause::integer}, {"init", Clause::settings}
  }];
  let methods = [{
    /// The window of the convolution; valid once blocks are expanded.
    ConvWindow getWindow() {
      return {toWindow(getKernel()), toWindow(getStrideAttr(), 1), toWindow(getPadAttr(), 0),
              toWindow(getDilationAttr(), 1)};
    }
    int64_t getGroupCount() { return toInteger(getGroupsAttr(), 1); }
  }];
}

def Cnn_Conv2dDgradOp : Cnn_DerivedOp<"conv2d_dgrad"> {
  let summary = "gradient of a convolution with respect to its input";
  let arguments = (ins AnyRankedTensor:$gradient, AnyRankedTensor:$filter,
      DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad, DenseI64ArrayAttr:$dilation,
      I64Attr:$groups, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_Conv2dWgradOp : Cnn_DerivedOp<"conv2d_wgrad"> {
  let summary = "gradient of a convolution with respect to its filter";
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$gradient,
      DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad, DenseI64ArrayAttr:$dilation,
      I64Attr:$groups, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

#endif // FANFOLD_IR_CNN_CONVOPS_TD

//===- PoolOps.td - pooling ---------------------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_POOLOPS_TD
#define FANFOLD_IR_CNN_POOLOPS_TD

include "ir/Cnn/LayerBase.td"

/// A pool over a window; the result's size is rounded down, or up under `ceil`.
class Cnn_Pool2d<string mnemonic> : Cnn_DifferentiableLayer<mnemonic> {
  code poolMethods = [{
    /// The window; valid once blocks are expanded. The stride is the kernel unless given.
    ConvWindow getWindow() {
      Window kernel = toWindow(getKernel());
      return {kernel, getStrideAttr() ? toWindow(getStrideAttr(), 1) : kernel,
              toWindow(getPadAttr(), 0), Window{1, 1}};
    }
  }];
  let methods = poolMethods;
}

def Cnn_MaxPool2dOp : Cnn_Pool2d<"max_pool2d"> {
  let summary = "largest element of each window";
  let description = [{
    ```mlir
    %pool1 = cnn.max_pool2d %relu1 kernel(3) stride(2) pad(1)
    ```

    Constraints:
    - (C1) the input has rank 4
    - (C2) kernel and stride are positive, pad at most half of the kernel
    - (C3) the window fits into the padded input
  }];
  let arguments = (ins Cnn_Tensor:$input, Cnn_Window:$kernel, OptionalAttr<Cnn_Window>:$stride,
      OptionalAttr<Cnn_Window>:$pad, UnitAttr:$ceil, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let clauses = [{ {"kernel", Clause::window, true}, {"stride", Clause::window},
                   {"pad", Clause::window}, {"ceil", Clause::flag} }];
}

def Cnn_AvgPool2dOp : Cnn_Pool2d<"avg_pool2d"> {
  let summary = "mean of each window";
  let description = [{
    The divisor is the number of elements of the window within the image, or within the
    padded image under `count_pad`.

    ```mlir
    %pool = cnn.avg_pool2d %x kernel(3) stride(1) pad(1)
    ```

    Constraints: as cnn.max_pool2d.
  }];
  let arguments = (ins Cnn_Tensor:$input, Cnn_Window:$kernel, OptionalAttr<Cnn_Window>:$stride,
      OptionalAttr<Cnn_Window>:$pad, UnitAttr:$ceil, UnitAttr:$count_pad,
      OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let clauses = [{ {"kernel", Clause::window, true}, {"stride", Clause::window},
                   {"pad", Clause::window}, {"ceil", Clause::flag},
                   {"count_pad", Clause::flag} }];
}

def Cnn_GlobalAvgPool2dOp : Cnn_DifferentiableLayer<"global_avg_pool2d"> {
  let summary = "mean of each channel of each image";
  let description = [{
    Constraints:
    - (C1) the input has rank 4
  }];
  let arguments = (ins Cnn_Tensor:$input, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
}

def Cnn_MaxPool2dGradOp : Cnn_DerivedOp<"max_pool2d_grad"> {
  let summary = "gradient of max pooling: each window's goes to its first largest element";
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$forward, AnyRankedTensor:$gradient,
      DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad,
      OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_AvgPool2dGradOp : Cnn_DerivedOp<"avg_pool2d_grad"> {
  let summary = "gradient of average pooling";
  let arguments = (ins AnyRankedTensor:$gradient, DenseI64ArrayAttr:$kernel,
      DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad, UnitAttr:$count_pad,
      OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

#endif // FANFOLD_IR_CNN_POOLOPS_TD

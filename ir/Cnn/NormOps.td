//===- NormOps.td - normalisation ---------------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_NORMOPS_TD
#define FANFOLD_IR_CNN_NORMOPS_TD

include "ir/Cnn/LayerBase.td"

def Cnn_NormalizeOp : Cnn_Layer<"normalize"> {
  let summary = "bytes of an image to numbers of mean zero and deviation one";
  let description = [{
    `result = (input / 255 - mean) / std`, per channel.

    ```mlir
    %0 = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
    ```

    Constraints:
    - (C1) the input is of u8 and rank 4
    - (C2) mean and std have one number per channel
    - (C3) std is positive, also as fp32
  }];
  let arguments = (ins Cnn_Tensor:$input, DenseF64ArrayAttr:$mean, DenseF64ArrayAttr:$std,
      OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
  let clauses = [{ {"mean", Clause::numbers, true}, {"std", Clause::numbers, true} }];
}

def Cnn_BatchNormOp : Cnn_Layer<"batch_norm", ["getVariableSpecs", "specialize"]> {
  let summary = "batch normalisation";
  let description = [{
    `result = (input - mean) / sqrt(variance + epsilon) * gamma + beta`, per channel,
    with the statistics of the batch in training and running averages of them in
    evaluation. `momentum` is the weight of the batch in the running averages;
    their variance is the unbiased one, the batch's own is not (Ioffe and Szegedy,
    2015). The clause `gamma` is the first value of the scale.

    ```mlir
    %bn1 = cnn.batch_norm %conv1 epsilon(1e-3)
    ```

    Constraints:
    - (C1) the input has rank 2 or more
    - (C2) epsilon is positive, momentum within [0, 1]
    - (C3) each channel has two values or more (batch * height * width): one has no variance
  }];
  let arguments = (ins Cnn_Tensor:$input, Variadic<Cnn_Tensor>:$variables,
      OptionalAttr<F64Attr>:$epsilon, OptionalAttr<F64Attr>:$momentum,
      OptionalAttr<F64Attr>:$gamma, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let hasVerifier = 1;
  let clauses = [{ {"epsilon", Clause::number}, {"momentum", Clause::number},
                   {"gamma", Clause::number} }];
}

def Cnn_BatchNormForwardOp : Cnn_DerivedOp<"batch_norm_forward",
    [DeclareOpInterfaceMethods<Cnn_DifferentiableInterface>]> {
  let summary = "batch normalisation in a training step";
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$gamma, AnyRankedTensor:$beta,
      AnyRankedTensor:$running_mean, AnyRankedTensor:$running_variance, F64Attr:$epsilon,
      F64Attr:$momentum, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result, AnyRankedTensor:$mean, AnyRankedTensor:$inv_std,
      AnyRankedTensor:$new_running_mean, AnyRankedTensor:$new_running_variance);
}

def Cnn_BatchNormInferenceOp : Cnn_DerivedOp<"batch_norm_inference"> {
  let summary = "batch normalisation in an evaluation step";
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$gamma, AnyRankedTensor:$beta,
      AnyRankedTensor:$running_mean, AnyRankedTensor:$running_variance, F64Attr:$epsilon,
      OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_BatchNormGradOp : Cnn_DerivedOp<"batch_norm_grad"> {
  let summary = "gradient of batch normalisation";
  let arguments = (ins AnyRankedTensor:$gradient, AnyRankedTensor:$input, AnyRankedTensor:$gamma,
      AnyRankedTensor:$mean, AnyRankedTensor:$inv_std, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$input_gradient, AnyRankedTensor:$gamma_gradient,
      AnyRankedTensor:$beta_gradient);
}

def Cnn_LrnOp : Cnn_DifferentiableLayer<"lrn"> {
  let summary = "local response normalisation across channels";
  let description = [{
    `result = input / (k + alpha / size * sum of squares over a window of size channels)^beta`
    (Krizhevsky et al., 2012, with alpha divided by the size as frameworks do). The window of
    channel c is from c - size / 2 to c + (size - 1) / 2, rounded down and clipped to the
    channels there are: of an even size it is longer on the side of the lower channels.

    ```mlir
    %norm1 = cnn.lrn %relu1 size(5) alpha(1e-4) beta(0.75) k(2.0)
    ```

    Constraints:
    - (C1) the input has rank 4
    - (C2) size is within [1, 256]
    - (C3) k is positive, alpha and beta are not negative
  }];
  let arguments = (ins Cnn_Tensor:$input, OptionalAttr<Cnn_Int>:$size, OptionalAttr<F64Attr>:$alpha,
      OptionalAttr<F64Attr>:$beta, OptionalAttr<F64Attr>:$k, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_Tensor:$result);
  let clauses = [{ {"size", Clause::integer}, {"alpha", Clause::number}, {"beta", Clause::number},
                   {"k", Clause::number} }];
  let hasVerifier = 1;
  let methods = [{
    int64_t getSizeValue() { return toInteger(getSizeAttr(), 5); }
    double getAlphaValue() { return toNumber(getAlphaAttr(), 1e-4); }
    double getBetaValue() { return toNumber(getBetaAttr(), 0.75); }
    double getKValue() { return toNumber(getKAttr(), 1.0); }
  }];
}

def Cnn_LrnGradOp : Cnn_DerivedOp<"lrn_grad"> {
  let summary = "gradient of local response normalisation";
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$gradient, I64Attr:$size,
      F64Attr:$alpha, F64Attr:$beta, F64Attr:$k, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

#endif // FANFOLD_IR_CNN_NORMOPS_TD

//===- OptimizerOps.td - parameter updates ------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_OPTIMIZEROPS_TD
#define FANFOLD_IR_CNN_OPTIMIZEROPS_TD

include "ir/Cnn/LayerBase.td"

/// An update of one parameter: results are the new parameter and the new states.
/// `decay` says whether weight decay applies. Hyperparameters are scalars, so that
/// a compiled program can change them.
class Cnn_UpdateOp<string mnemonic> : Cnn_DerivedOp<mnemonic>;

def Cnn_SgdOp : Cnn_UpdateOp<"sgd"> {
  let summary = "stochastic gradient descent with momentum";
  let description = [{
    `g = gradient + weight_decay * parameter; v' = momentum * v + g;
    parameter' = parameter - learning_rate * (nesterov ? g + momentum * v' : v')`
    (Sutskever et al., 2013, in the form of PyTorch's SGD).
  }];
  let arguments = (ins AnyRankedTensor:$parameter, AnyRankedTensor:$gradient,
      AnyRankedTensor:$velocity, AnyRankedTensor:$learning_rate, AnyRankedTensor:$momentum,
      AnyRankedTensor:$weight_decay, UnitAttr:$decay, UnitAttr:$nesterov,
      OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$new_parameter, AnyRankedTensor:$new_velocity);
}

def Cnn_AdamwOp : Cnn_UpdateOp<"adamw"> {
  let summary = "Adam with decoupled weight decay";
  let description = [{
    `m' = beta1 * m + (1 - beta1) * g; s' = beta2 * s + (1 - beta2) * g^2; parameter' =
    parameter * (1 - learning_rate * weight_decay) - learning_rate / correction1 * m' /
    (sqrt(s') / sqrt(correction2) + epsilon)` (Loshchilov and Hutter, 2019).
  }];
  let arguments = (ins AnyRankedTensor:$parameter, AnyRankedTensor:$gradient,
      AnyRankedTensor:$first_moment, AnyRankedTensor:$second_moment,
      AnyRankedTensor:$learning_rate, AnyRankedTensor:$beta1, AnyRankedTensor:$beta2,
      AnyRankedTensor:$epsilon, AnyRankedTensor:$weight_decay, AnyRankedTensor:$correction1,
      AnyRankedTensor:$correction2, UnitAttr:$decay, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$new_parameter, AnyRankedTensor:$new_first_moment,
      AnyRankedTensor:$new_second_moment);
}

def Cnn_SumOfSquaresOp : Cnn_DerivedOp<"sum_of_squares"> {
  let summary = "squared Euclidean norm of a tensor";
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_LarsOp : Cnn_UpdateOp<"lars"> {
  let summary = "momentum with a learning rate adapted to each layer";
  let description = [{
    `rate = trust * |w| / (|g| + weight_decay * |w| + epsilon); v' = momentum * v +
    learning_rate * rate * (g + weight_decay * w); w' = w - v'` (You et al., 2017). Takes
    the squared norms of parameter and gradient. Where a norm is zero the rate is 1.
  }];
  let arguments = (ins AnyRankedTensor:$parameter, AnyRankedTensor:$gradient,
      AnyRankedTensor:$velocity, AnyRankedTensor:$parameter_norm, AnyRankedTensor:$gradient_norm,
      AnyRankedTensor:$learning_rate, AnyRankedTensor:$momentum, AnyRankedTensor:$weight_decay,
      AnyRankedTensor:$trust, AnyRankedTensor:$epsilon, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$new_parameter, AnyRankedTensor:$new_velocity);
}

//===----------------------------------------------------------------------===//
// Several ranks: each trains on its part of the batch.
//===----------------------------------------------------------------------===//

def Cnn_AllReduceOp : Cnn_DerivedOp<"all_reduce", [AllTypesMatch<["input", "result"]>]> {
  let summary = "the mean of a tensor over the ranks of the job";
  let description = [{
    Every rank runs the same step on its own part of the batch, whose losses are means: the mean
    of their gradients is that of the whole batch. A job of one rank leaves the tensor as it is.
  }];
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

//===----------------------------------------------------------------------===//
// Loss scaling (Micikevicius et al., 2018): the loss is multiplied by a power of two, so
// that small gradients survive fp16, and gradients are divided by it again.
//===----------------------------------------------------------------------===//

def Cnn_UnscaleOp : Cnn_DerivedOp<"unscale"> {
  let summary = "a tensor divided by the loss scale";
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$scale, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_AllFiniteOp : Cnn_DerivedOp<"all_finite"> {
  let summary = "1 if no element of any tensor is infinite or not a number, else 0";
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_KeepIfOp : Cnn_DerivedOp<"keep_if"> {
  let summary = "the new value if all gradients are finite, else the old one";
  let arguments = (ins AnyRankedTensor:$finite, AnyRankedTensor:$new_value,
      AnyRankedTensor:$old_value, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
}

def Cnn_AdjustLossScaleOp : Cnn_DerivedOp<"adjust_loss_scale"> {
  let summary = "the loss scale for the next step";
  let description = [{
    Doubles after `interval` clean steps in a row, up to 2^24, and halves after a step
    whose gradients are not all finite, down to 1.
  }];
  let arguments = (ins AnyRankedTensor:$scale, AnyRankedTensor:$clean_steps,
      AnyRankedTensor:$finite, I64Attr:$interval, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$new_scale, AnyRankedTensor:$new_clean_steps);
}

#endif // FANFOLD_IR_CNN_OPTIMIZEROPS_TD

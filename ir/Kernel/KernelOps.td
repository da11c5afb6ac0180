//===- KernelOps.td - the kernel level ----------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_KERNEL_KERNELOPS_TD
#define FANFOLD_IR_KERNEL_KERNELOPS_TD

include "ir/Kernel/KernelInterfaces.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::fanfold::kernel";
  let summary = "which kernel computes it";
  let description = [{
    The kernel level: the training step as launches, still over values.

    ```
    model file --> cnn --> [kernel] --> plan --> generated program
                            ^ you are here
    ```

    An op is exactly one launch, but for those that say where values lie: kernel.view,
    kernel.join, kernel.part, kernel.bucket. The step's frame (cnn.step, cnn.variable, cnn.read,
    cnn.write, cnn.input, cnn.scalar, cnn.output) is the one of the level above. The
    order of the ops is the order of the launches once `schedule` has run.

    Every launch carries `layer`, the name of the model's layer it computes for, and,
    once the passes that decide them have run, `algorithm` (which implementation),
    `workspace_bytes`, and `in_place`: for each result the operand it overwrites, or -1.
    Where an implementation was chosen among several, the discardable attribute `reason`
    says by what. Where something could be fused, `form` says whether it was and why, and
    `alternatives` has the problems that the target would pose to its libraries in the other
    form. Launches of the plan level have the three as well.
  }];
}

/// Everything at this level has its size.
def Kernel_Tensor : StaticShapeTensorOf<[F16, BF16, F32, F64, I32, I8, UI8]>;

class Kernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, traits # [Pure,
        DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  dag kernelArguments = (ins);
  dag kernelResults = (outs Kernel_Tensor:$result);
  let arguments = !con(kernelArguments, (ins OptionalAttr<StrAttr>:$layer,
      OptionalAttr<StrAttr>:$algorithm, OptionalAttr<I64Attr>:$workspace_bytes,
      OptionalAttr<DenseI64ArrayAttr>:$in_place));
  let results = kernelResults;
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  code extra = "";
  let extraClassDefinition = [{
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      nameResults(*this, setName);
    }
  }] # extra;
}

class Kernel_Launch<string mnemonic, list<string> overrides = []>
    : Kernel_Op<mnemonic, [DeclareOpInterfaceMethods<Kernel_LaunchInterface, overrides>]>;

//===----------------------------------------------------------------------===//
// Matrix products
//===----------------------------------------------------------------------===//

def Kernel_Conv2dOp : Kernel_Launch<"conv2d", ["getFlops"]> {
  let summary = "convolution, then bias and activation";
  let description = [{
    `activation` is "relu" or absent. The epilogue is applied to the finished sum, so
    that the bits are those of separate launches.
  }];
  let kernelArguments = (ins Kernel_Tensor:$input, Kernel_Tensor:$filter,
      Optional<Kernel_Tensor>:$bias, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad,
      DenseI64ArrayAttr:$dilation, I64Attr:$groups, OptionalAttr<StrAttr>:$activation);
}

def Kernel_Conv2dDgradOp : Kernel_Launch<"conv2d_dgrad", ["getFlops"]> {
  let summary = "gradient of a convolution with respect to its input";
  let kernelArguments = (ins Kernel_Tensor:$gradient, Kernel_Tensor:$filter,
      DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad, DenseI64ArrayAttr:$dilation,
      I64Attr:$groups);
}

/// A kernel that may normalise and activate its input before it does its work.
class Kernel_PrologueLaunch<string mnemonic, list<string> overrides = []>
    : Kernel_Op<mnemonic, [DeclareOpInterfaceMethods<Kernel_LaunchInterface, overrides>]> {
  let hasVerifier = 1;
  let extraClassDeclaration = "bool hasPrologue() { return !getPrologue().empty(); }";
}

def Kernel_Conv2dWgradOp : Kernel_PrologueLaunch<"conv2d_wgrad", ["getFlops"]> {
  let summary = "gradient of a convolution with respect to its filter";
  let description = [{
    `prologue` as in kernel.conv2d_statistics: the input is that of the convolution.
  }];
  let kernelArguments = (ins Kernel_Tensor:$input, Kernel_Tensor:$gradient,
      Variadic<Kernel_Tensor>:$prologue, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad,
      DenseI64ArrayAttr:$dilation, I64Attr:$groups);
}

def Kernel_Conv2dStatisticsOp : Kernel_PrologueLaunch<"conv2d_statistics", ["getFlops"]> {
  let summary = "convolution, and for each channel the sums of its results and their squares";
  let description = [{
    The sums are of f32, over the results before they are rounded or after, as the
    implementation has it.

    `prologue` is empty, or a scale and a shift for each channel of the input: what is
    convolved is then max(0, input * scale + shift), rounded to the input's type. Padding
    is 0 behind that.

    ```mlir
    %y, %sum, %squares = kernel.conv2d_statistics %x, %w, %scale, %shift {...}
        : (tensor<8x14x14x64xf16>, tensor<32x1x1x64xf16>, tensor<64xf16>, tensor<64xf16>)
        -> (tensor<8x14x14x32xf16>, tensor<32xf32>, tensor<32xf32>)
    ```

    Constraints:
    - (C1) the prologue has no or two operands
    - (C2) both have the input's element type, and one element for each of its channels
  }];
  let kernelArguments = (ins Kernel_Tensor:$input, Kernel_Tensor:$filter,
      Variadic<Kernel_Tensor>:$prologue, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad,
      DenseI64ArrayAttr:$dilation, I64Attr:$groups);
  let kernelResults = (outs Kernel_Tensor:$result, Kernel_Tensor:$sum,
      Kernel_Tensor:$sum_of_squares);
}

def Kernel_Conv1x1AddOp
    : Kernel_Launch<"conv1x1_add", ["getFlops"]> {
  let summary = "1x1 convolution of stride 1, plus bias, plus another tensor, then activation";
  let description = [{
    All is added before the result is rounded. `activation` is "relu" or absent.
  }];
  let kernelArguments = (ins Kernel_Tensor:$input, Kernel_Tensor:$filter, Kernel_Tensor:$bias,
      Kernel_Tensor:$addend, OptionalAttr<StrAttr>:$activation);
}

def Kernel_MatmulOp : Kernel_Launch<"matmul", ["getFlops"]> {
  let summary = "matrix product, then bias and activation";
  let kernelArguments = (ins Kernel_Tensor:$lhs, Kernel_Tensor:$rhs,
      Optional<Kernel_Tensor>:$bias, UnitAttr:$transpose_lhs, UnitAttr:$transpose_rhs,
      OptionalAttr<StrAttr>:$activation);
}

//===----------------------------------------------------------------------===//
// Element by element
//===----------------------------------------------------------------------===//

def Kernel_PointwiseOp : Kernel_Op<"pointwise", [NoTerminator,
    DeclareOpInterfaceMethods<Kernel_LaunchInterface, ["getInPlaceOperands", "getFlops"]>]> {
  let summary = "a function of one element, and sums of such functions over each channel";
  let description = [{
    Works on a space of `rows` by `channels` elements (`extent`), the last dimension of
    its tensors being the channels. An operand has either every element of the space, or
    one for each channel, or one. The region computes from the operands' elements the
    results' elements; the last `sums` results are summed over the rows, one number for
    each channel.

    A result that is not summed may be cut: it has only some of the channels, from its number
    in `first_channels` on as many as its type says.

    ```mlir
    %dz, %db, %dg = kernel.pointwise %dy, %y, %x, %mean, %inv_std {extent = array<i64: 4096, 64>,
        sums = 2 : i64} : (...) -> (tensor<1x64x64x64xf32>, tensor<64xf32>, tensor<64xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
        ...
        kernel.yield %dz, %dz, %product : f32, f32, f32
    }
    ```

    Constraints:
    - (C1) an operand has rows * channels, channels or 1 elements
    - (C2) a summed result has `channels` elements, any other rows * channels, or with
      `first_channels` rows of fewer
    - (C3) the region takes one scalar for each operand and yields one for each result,
      of the tensors' element types
    - (C4) `first_channels` has a number for each result that is not summed, such that its
      channels are among those that there are
  }];
  let kernelArguments = (ins Variadic<Kernel_Tensor>:$inputs, DenseI64ArrayAttr:$extent,
      DefaultValuedAttr<I64Attr, "0">:$sums, OptionalAttr<DenseI64ArrayAttr>:$first_channels);
  let kernelResults = (outs Variadic<Kernel_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results) $body";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getRows() { return getExtent()[0]; }
    int64_t getChannels() { return getExtent()[1]; }
    int64_t getElements() { return getRows() * getChannels(); }
    /// Results that are not sums.
    unsigned getNumElementwise() { return getNumResults() - getSums(); }
    bool isFull(unsigned operand);
    /// First of the channels that an elementwise result has.
    int64_t getFirstChannel(unsigned result) {
      return getFirstChannels() ? (*getFirstChannels())[result] : 0;
    }
    /// Whether an elementwise result lacks some of the channels.
    bool isCut(unsigned result);
    ::llvm::LogicalResult verifyChannels(unsigned result);
  }];
}

def Kernel_ConvPointwiseOp : Kernel_Op<"conv_pointwise", [NoTerminator,
    DeclareOpInterfaceMethods<Kernel_LaunchInterface, ["getInPlaceOperands", "getFlops"]>]> {
  let summary = "a convolution of stride 1 or its data gradient, and a kernel.pointwise behind it";
  let description = [{
    `image` is the input of the convolution, or with `gradient` the gradient of its output.
    What follows is a kernel.pointwise whose first argument is the product, rounded to the
    image's type; the other operands are `inputs`.

    ```mlir
    %dz, %sum = kernel.conv_pointwise %dy, %w, %other, %y {extent = array<i64: 4096, 64>,
        gradient, pad = array<i64: 0, 0>, sums = 1 : i64} : (tensor<1x64x64x16xf16>,
        tensor<16x1x1x64xf16>, tensor<1x64x64x64xf16>, tensor<1x64x64x64xf16>)
        -> (tensor<1x64x64x64xf16>, tensor<64xf32>) {
      ^bb0(%dx: f32, %0: f32, %1: f32):
        ...
        kernel.yield %dz, %dz : f32, f32
    }
    ```

    Constraints:
    - (C1) to (C3) of kernel.pointwise
    - (C4) image, filter and the product, whose rows and channels are `extent`, are of one
      type and fit
  }];
  let kernelArguments = (ins Kernel_Tensor:$image, Kernel_Tensor:$filter,
      Variadic<Kernel_Tensor>:$inputs, DenseI64ArrayAttr:$pad, UnitAttr:$gradient,
      DenseI64ArrayAttr:$extent, DefaultValuedAttr<I64Attr, "0">:$sums);
  let kernelResults = (outs Variadic<Kernel_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results) $body";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getRows() { return getExtent()[0]; }
    int64_t getChannels() { return getExtent()[1]; }
    int64_t getElements() { return getRows() * getChannels(); }
    unsigned getNumElementwise() { return getNumResults() - getSums(); }
    /// Operands before `inputs`.
    static constexpr unsigned productOperands = 2;
  }];
}

def Kernel_PointwiseManyOp : Kernel_Op<"pointwise_many", [NoTerminator,
    DeclareOpInterfaceMethods<Kernel_LaunchInterface, ["getInPlaceOperands", "getFlops"]>]> {
  let summary = "one function of one element over many tensors, in one launch";
  let description = [{
    `counts` has the number of elements of each problem. The operands are those of the
    first problem, of the second, ..., and `scalars` operands of one element that all
    problems share; the results likewise. The region is that of a kernel.pointwise for one
    problem.

    ```mlir
    %w0, %w1 = kernel.pointwise_many %a0, %g0, %a1, %g1, %rate {counts = array<i64: 9408, 64>,
        scalars = 1 : i64} : (...) -> (tensor<64x7x7x3xf32>, tensor<64xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32):
        ...
    }
    ```

    Constraints:
    - (C1) all problems have equally many operands and equally many results, of the same
      element types
    - (C2) each has as many elements as its problem's count
    - (C3) the region takes one scalar for each operand of a problem and each shared one,
      and yields one for each result of a problem, of the tensors' element types
  }];
  let kernelArguments = (ins Variadic<Kernel_Tensor>:$inputs, DenseI64ArrayAttr:$counts,
      DefaultValuedAttr<I64Attr, "0">:$scalars);
  let kernelResults = (outs Variadic<Kernel_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results) $body";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Operands that one problem has of its own.
    int64_t getOperandsEach() {
      return (static_cast<int64_t>(getNumOperands()) - static_cast<int64_t>(getScalars())) /
             static_cast<int64_t>(getCounts().size());
    }
    int64_t getResultsEach() {
      return static_cast<int64_t>(getNumResults()) / static_cast<int64_t>(getCounts().size());
    }
  }];
}

def Kernel_YieldOp : Op<Kernel_Dialect, "yield",
    [Pure, Terminator, ParentOneOf<["PointwiseOp", "ConvPointwiseOp", "PointwiseManyOp"]>]> {
  let summary = "the elements of the results";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def Kernel_UniformOp : Op<Kernel_Dialect, "uniform", [Pure]> {
  let summary = "a random number in [0, 1), a function of seed, stream and element";
  let description = [{
    Stands in the body of a kernel.pointwise. The algorithm is in
    codegen/kernels/Random.h.
  }];
  let arguments = (ins I32:$seed, I64Attr:$stream);
  let results = (outs F32:$result);
  let assemblyFormat = "$seed attr-dict";
}

def Kernel_SumOfSquaresOp : Kernel_Launch<"sum_of_squares"> {
  let summary = "squared Euclidean norm of a tensor";
  let kernelArguments = (ins Kernel_Tensor:$input);
}

def Kernel_AllFiniteOp : Kernel_Launch<"all_finite"> {
  let summary = "1 if no element of any tensor is infinite or not a number, else 0";
  let kernelArguments = (ins Variadic<Kernel_Tensor>:$inputs);
}

//===----------------------------------------------------------------------===//
// Normalisation, pooling, losses
//===----------------------------------------------------------------------===//

def Kernel_BatchNormStatisticsOp : Kernel_Launch<"batch_norm_statistics", ["getInPlaceOperands"]> {
  let summary = "mean and 1 / sqrt(variance + epsilon) of each channel, and running averages";
  let kernelArguments = (ins Kernel_Tensor:$input, Kernel_Tensor:$running_mean,
      Kernel_Tensor:$running_variance, F64Attr:$epsilon, F64Attr:$momentum);
  let kernelResults = (outs Kernel_Tensor:$mean, Kernel_Tensor:$inv_std,
      Kernel_Tensor:$new_running_mean, Kernel_Tensor:$new_running_variance);
}

def Kernel_BatchNormFinalizeOp : Kernel_Launch<"batch_norm_finalize", ["getInPlaceOperands"]> {
  let summary = "what batch_norm_statistics gives, from sums over `rows` rows";
  let kernelArguments = (ins Kernel_Tensor:$sum, Kernel_Tensor:$sum_of_squares,
      Kernel_Tensor:$running_mean, Kernel_Tensor:$running_variance, I64Attr:$rows,
      F64Attr:$epsilon, F64Attr:$momentum);
  let kernelResults = (outs Kernel_Tensor:$mean, Kernel_Tensor:$inv_std,
      Kernel_Tensor:$new_running_mean, Kernel_Tensor:$new_running_variance);
}

// Folding batch normalisation into the 1x1 convolution before it is explained in
// codegen/kernels/cuda/NormFold.h. `spread` is the filter times the sum of input times
// input over the `rows` pixels; sums and their products are of f32.

def Kernel_FoldNormOp : Kernel_Launch<"fold_norm", ["getInPlaceOperands"]> {
  let summary = "filter and bias of a 1x1 convolution with batch normalisation in them";
  let kernelArguments = (ins Kernel_Tensor:$filter, Kernel_Tensor:$spread,
      Kernel_Tensor:$input_sum, Kernel_Tensor:$gamma, Kernel_Tensor:$beta,
      Kernel_Tensor:$running_mean, Kernel_Tensor:$running_variance, I64Attr:$rows,
      F64Attr:$epsilon, F64Attr:$momentum);
  let kernelResults = (outs Kernel_Tensor:$result, Kernel_Tensor:$bias,
      Kernel_Tensor:$inv_std, Kernel_Tensor:$new_running_mean,
      Kernel_Tensor:$new_running_variance);
}

def Kernel_FoldNormGradOp : Kernel_Launch<"fold_norm_grad"> {
  let summary = "gradients of filter and gamma, and filters for the gradient of the input";
  let description = [{
    `product` is the sum over the pixels of gradient times input.
  }];
  let kernelArguments = (ins Kernel_Tensor:$filter, Kernel_Tensor:$product,
      Kernel_Tensor:$spread, Kernel_Tensor:$input_sum, Kernel_Tensor:$gradient_sum,
      Kernel_Tensor:$inv_std, Kernel_Tensor:$gamma, I64Attr:$rows);
  let kernelResults = (outs Kernel_Tensor:$result, Kernel_Tensor:$gamma_gradient,
      Kernel_Tensor:$scaled_filter, Kernel_Tensor:$weighted_filter);
}

def Kernel_FoldNormInputOp : Kernel_Launch<"fold_norm_input"> {
  let summary = "the filter and the shift that give the input's part of its own gradient";
  let kernelArguments = (ins Kernel_Tensor:$square, Kernel_Tensor:$scaled_filter,
      Kernel_Tensor:$input_sum, Kernel_Tensor:$gradient_sum, I64Attr:$rows);
  let kernelResults = (outs Kernel_Tensor:$result, Kernel_Tensor:$shift);
}

def Kernel_LrnOp : Kernel_Launch<"lrn"> {
  let summary = "local response normalisation";
  let kernelArguments = (ins Kernel_Tensor:$input, I64Attr:$size, F64Attr:$alpha,
      F64Attr:$beta, F64Attr:$k);
}

def Kernel_LrnGradOp : Kernel_Launch<"lrn_grad"> {
  let summary = "gradient of local response normalisation";
  let kernelArguments = (ins Kernel_Tensor:$input, Kernel_Tensor:$gradient, I64Attr:$size,
      F64Attr:$alpha, F64Attr:$beta, F64Attr:$k);
}

def Kernel_MaxPool2dOp : Kernel_PrologueLaunch<"max_pool2d"> {
  let summary = "largest element of each window";
  let description = [{
    `prologue` is empty, or a centre, a scale and a shift for each channel: the elements are
    then max(0, (input - centre) * scale + shift), rounded to the input's type. The largest
    has the bits that separate launches give it.

    ```mlir
    %y = kernel.max_pool2d %x, %mean, %scale, %beta {...}
        : (tensor<8x14x14x64xf16>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>)
        -> tensor<8x7x7x64xf16>
    ```

    Constraints:
    - (C1) the prologue has no or three operands
    - (C2) they are of f32, and have one element for each channel
  }];
  let kernelArguments = (ins Kernel_Tensor:$input, Variadic<Kernel_Tensor>:$prologue,
      DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad);
}

def Kernel_MaxPool2dGradOp : Kernel_Launch<"max_pool2d_grad"> {
  let summary = "gradient of max pooling";
  let kernelArguments = (ins Kernel_Tensor:$input, Kernel_Tensor:$forward,
      Kernel_Tensor:$gradient, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride,
      DenseI64ArrayAttr:$pad);
}

def Kernel_MaxPool2dPlacesOp : Kernel_PrologueLaunch<"max_pool2d_places"> {
  let summary = "largest element of each window, and its place in the window (ui8)";
  let description = [{
    `prologue` as in kernel.max_pool2d. With it, the place among elements that it makes equal
    is that of any one of them.
  }];
  let kernelArguments = (ins Kernel_Tensor:$input, Variadic<Kernel_Tensor>:$prologue,
      DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad);
  let kernelResults = (outs Kernel_Tensor:$result, Kernel_Tensor:$places);
}

def Kernel_MaxPool2dPlacesGradOp : Kernel_Launch<"max_pool2d_places_grad"> {
  let summary = "gradient of max pooling from the places of the largest elements";
  let kernelArguments = (ins Kernel_Tensor:$places, Kernel_Tensor:$gradient,
      DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad);
}

def Kernel_AvgPool2dOp : Kernel_Launch<"avg_pool2d"> {
  let summary = "mean of each window";
  let kernelArguments = (ins Kernel_Tensor:$input, DenseI64ArrayAttr:$kernel,
      DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad, UnitAttr:$count_pad);
}

def Kernel_AvgPool2dGradOp : Kernel_Launch<"avg_pool2d_grad"> {
  let summary = "gradient of average pooling";
  let kernelArguments = (ins Kernel_Tensor:$gradient, DenseI64ArrayAttr:$kernel,
      DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad, UnitAttr:$count_pad);
}

def Kernel_SoftmaxCrossEntropyOp : Kernel_Launch<"softmax_cross_entropy"> {
  let summary = "cross entropy of softmax(logits), mean over the batch, and the probabilities";
  let kernelArguments = (ins Kernel_Tensor:$logits, Kernel_Tensor:$labels, F64Attr:$smoothing);
  let kernelResults = (outs Kernel_Tensor:$loss, Kernel_Tensor:$probabilities);
}

def Kernel_SoftmaxCrossEntropyGradOp : Kernel_Launch<"softmax_cross_entropy_grad"> {
  let summary = "gradient of cross entropy with respect to the logits";
  let kernelArguments = (ins Kernel_Tensor:$probabilities, Kernel_Tensor:$labels,
      Kernel_Tensor:$gradient, F64Attr:$smoothing);
}

def Kernel_AccuracyOp : Kernel_Launch<"accuracy"> {
  let summary = "fraction of the batch whose label is among the first `top` classes";
  let kernelArguments = (ins Kernel_Tensor:$logits, Kernel_Tensor:$labels, I64Attr:$top);
}

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

// Side by side in their own memory or in common memory: place-slices replaces concat and
// slice by kernel.join, kernel.part and the copies that are left.

def Kernel_ConcatOp : Kernel_Launch<"concat"> {
  let summary = "tensors side by side along the channels, or one behind the other";
  let description = [{
    Where the operands differ from the result in their first extent, they are stacked along it, as
    filters are for a convolution that makes the channels of all of them.
  }];
  let kernelArguments = (ins Variadic<Kernel_Tensor>:$inputs);
}

def Kernel_SliceOp : Kernel_Launch<"slice"> {
  let summary = "a range of channels, or of the first extent, beginning at `offset`";
  let kernelArguments = (ins Kernel_Tensor:$input, I64Attr:$offset);
}

// Folding is explained in codegen/kernels/cuda/Fold.h.

def Kernel_FoldImageOp : Kernel_Launch<"fold_image"> {
  let summary = "pixels times scale plus shift, s x s of them side by side as channels";
  let kernelArguments = (ins Kernel_Tensor:$input, Kernel_Tensor:$scale, Kernel_Tensor:$shift,
      I64Attr:$stride, DenseI64ArrayAttr:$pad);
}

def Kernel_FoldFilterOp : Kernel_Launch<"fold_filter"> {
  let summary = "the filter for a folded image";
  let kernelArguments = (ins Kernel_Tensor:$input, I64Attr:$stride);
}

def Kernel_UnfoldFilterOp : Kernel_Launch<"unfold_filter"> {
  let summary = "gradient of a filter from that of its folded form";
  let kernelArguments = (ins Kernel_Tensor:$input, I64Attr:$stride);
}

def Kernel_CopyOp : Kernel_Launch<"copy"> {
  let summary = "the same elements in another place";
  let kernelArguments = (ins Kernel_Tensor:$input);
}

def Kernel_JoinOp : Kernel_Op<"join"> {
  let summary = "tensors that lie side by side or one behind the other, as one; no launch";
  let description = [{
    The operands are made in their places in the result's memory, so that their rows are as
    far apart as the result's are long. Stacked along the first extent, as kernel.concat has it,
    they lie one behind the other.

    ```mlir
    %a = kernel.pointwise ... -> tensor<8x14x14x64xf16>
    %b = kernel.max_pool2d ... -> tensor<8x14x14x32xf16>
    %both = kernel.join %a, %b : (...) -> tensor<8x14x14x96xf16>
    ```

    Constraints:
    - (C1) operands and result are equal up to the channels, or up to the first extent, and the
      operands' extents add up to the result's
    - (C2) an operand is the result of a launch or, side by side, of a kernel.join
  }];
  let kernelArguments = (ins Variadic<Kernel_Tensor>:$inputs);
  let hasVerifier = 1;
}

def Kernel_PartOp : Kernel_Op<"part"> {
  let summary = "a range of channels or of the first extent where it lies, beginning at `offset`; no launch";
  let description = [{
    The rows of the result are as far apart as the operand's.

    Constraints:
    - (C1) operand and result are equal up to the channels, or up to the first extent, and the
      range lies within the operand's; or the operand has one extent, and the range are the
      elements from `offset` on
  }];
  let kernelArguments = (ins Kernel_Tensor:$input, I64Attr:$offset);
  let hasVerifier = 1;
}

def Kernel_ViewOp : Kernel_Op<"view"> {
  let summary = "the same bytes under another shape; no launch";
  let kernelArguments = (ins Kernel_Tensor:$input);
}

//===----------------------------------------------------------------------===//
// Exchange between the ranks of a job
//===----------------------------------------------------------------------===//

def Kernel_AllReduceOp : Kernel_Launch<"all_reduce", ["getInPlaceOperands", "getFlops"]> {
  let summary = "the means of tensors over the ranks of the job, in one exchange";
  let description = [{
    `bucket-gradients` makes few of many; `place-slices` replaces them by kernel.bucket, which has
    the tensors in one range of memory, kernel.all_reduce_begin and kernel.all_reduce_end.

    ```mlir
    %0:2 = kernel.all_reduce %conv.wgrad, %fc.wgrad : (tensor<8x3x3x8xf16>, tensor<800x10xf16>)
        -> (tensor<8x3x3x8xf16>, tensor<800x10xf16>)
    ```

    Constraints:
    - (C1) there is an operand, and results are of the operands' types, one for each
    - (C2) all are of one element type
  }];
  let kernelArguments = (ins Variadic<Kernel_Tensor>:$inputs);
  let kernelResults = (outs Variadic<Kernel_Tensor>:$outputs);
  let hasVerifier = 1;
}

def Kernel_BucketOp : Kernel_Op<"bucket"> {
  let summary = "tensors of any shape that lie one behind the other, as one; no launch";
  let description = [{
    The operands are made in their places in the result's memory, each at a multiple of
    `bucketAlignment` elements; what lies between them has no meaning.

    Constraints:
    - (C1) the result has one extent, which is where the last operand's place ends, and the
      operands' element type
    - (C2) an operand is the result of a launch
  }];
  let kernelArguments = (ins Variadic<Kernel_Tensor>:$inputs);
  let hasVerifier = 1;
}

class Kernel_Exchange<string mnemonic>
    : Kernel_Launch<mnemonic, ["getInPlaceOperands", "getFlops"]>;

def Kernel_AllReduceBeginOp : Kernel_Exchange<"all_reduce_begin"> {
  let summary = "begins to replace elements by their means over the ranks of the job";
  let description = [{
    Launches go on beside it. Nobody but the kernel.all_reduce_end of the same `ticket` reads the
    result, and nobody writes to its memory in between.
  }];
  let kernelArguments = (ins Kernel_Tensor:$input, I64Attr:$ticket);
  let hasVerifier = 1;
}

def Kernel_AllReduceEndOp : Kernel_Exchange<"all_reduce_end"> {
  let summary = "waits for what the kernel.all_reduce_begin of the same ticket began";
  let kernelArguments = (ins Kernel_Tensor:$input, I64Attr:$ticket);
}

#endif // FANFOLD_IR_KERNEL_KERNELOPS_TD

//===- Passes.td - every pass, in the order of the pipeline -----*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PASSES_TD
#define FANFOLD_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// cnn
//===----------------------------------------------------------------------===//

def ExpandBlocks : Pass<"expand-blocks", "::mlir::ModuleOp"> {
  let summary = "replace every use of a block by its ops";
  let description = [{
    Evaluates the expressions of clauses, chooses the branches of cnn.if, gives every
    layer its full name, and removes the blocks.

    ```mlir
    cnn.block @conv(%x) params(filters) {
      %conv = cnn.conv2d %x filters(2 * filters) kernel(3)
      cnn.yield %conv
    }
    ...
    %stem = cnn.use @conv(%image) with(filters = 8)
    ```

    becomes

    ```mlir
    %stem.conv = cnn.conv2d %image filters(16) kernel(3)
    ```

    The location of an op remembers the uses it came through.
  }];
  let dependentDialects = ["::fanfold::cnn::CnnDialect"];
  let statistics = [Statistic<"expanded", "uses-expanded", "Instances of blocks expanded">];
}

def InferShapes : Pass<"infer-shapes", "::mlir::ModuleOp"> {
  let summary = "give every value its type, and every layer its variables";
  let description = [{
    Binds the batch, walks the model from its inputs and asks each layer for the type of
    its result and for the variables it owns.

    ```mlir
    %conv1 = cnn.conv2d %0 filters(20) kernel(5)
    ```

    becomes, with `cnn.variable @conv1.weight` beside the model,

    ```mlir
    %conv1.weight = cnn.read @conv1.weight : tensor<20x5x5x1xf32>
    %conv1 = cnn.conv2d %0, %conv1.weight filters(20) kernel(5) : (...) -> tensor<...>
    ```
  }];
  let options = [Option<"batch", "batch", "int64_t", /*default=*/"0",
                        "Samples in a step; 0: as the recipe says">];
  let dependentDialects = ["::fanfold::cnn::CnnDialect"];
}

def VerifyModel : Pass<"verify-model", "::mlir::ModuleOp"> {
  let summary = "check that a model is flat and typed";
  let description = [{
    After this pass a module holds one model without blocks, whose values are all ranked
    tensors, whose layers have different names, and at most one recipe, which names it.
  }];
}

def BuildSteps : Pass<"build-steps", "::mlir::ModuleOp"> {
  let summary = "turn the model into a training step and an evaluation step";
  let description = [{
    `cnn.model` becomes `cnn.step @train` and `cnn.step @eval`; each layer takes the form
    it has there (batch normalisation with the batch's statistics or the running ones,
    dropout or nothing). `cnn.loss` becomes cnn.output.
  }];
  let dependentDialects = ["::fanfold::cnn::CnnDialect"];
}

def BuildBackward : Pass<"build-backward", "::mlir::ModuleOp"> {
  let summary = "add gradients and parameter updates to the training step";
  let description = [{
    Reverse-mode differentiation of @train: from the loss backwards, each op's gradient
    rule is asked once, when the gradient of its result is whole; gradients of a value
    with several readers are added. A parameter is updated as soon as its gradient is
    whole. The optimizer is the recipe's.
  }];
  let options = [Option<"keepGradients", "keep-gradients", "bool", "false",
                        "Keep every parameter's gradient as variable grad/NAME">];
  let dependentDialects = ["::fanfold::cnn::CnnDialect"];
}

//===----------------------------------------------------------------------===//
// cnn -> kernel
//===----------------------------------------------------------------------===//

def ScaleLoss : Pass<"scale-loss", "::mlir::ModuleOp"> {
  let summary = "scale the loss so that gradients survive fp16";
  let description = [{
    Does nothing unless the module's `fanfold.precision` is fp16. The loss's gradient
    becomes the variable @loss_scale, parameter gradients are divided by it, updates of a
    step whose gradients are not all finite are dropped, and the scale follows
    (cnn.adjust_loss_scale). Nothing of it asks the host.
  }];
  let options = [Option<"start", "start", "double", "65536.0", "The first scale">,
                 Option<"interval", "interval", "int64_t", "2000",
                        "Clean steps after which the scale doubles">];
  let dependentDialects = ["::fanfold::cnn::CnnDialect"];
}

def CnnToKernel : Pass<"cnn-to-kernel", "::mlir::ModuleOp"> {
  let summary = "replace layers by launches";
  let description = [{
    Ops on single elements become kernel.pointwise, one launch each: fusing them is the
    business of `fuse-pointwise`. Everything else has a kernel of its own. Ops whose
    results nobody reads disappear.
  }];
  let dependentDialects = ["::fanfold::kernel::KernelDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

//===----------------------------------------------------------------------===//
// kernel
//===----------------------------------------------------------------------===//

def LowerPrecision : Pass<"lower-precision", "::mlir::ModuleOp"> {
  let summary = "keep activations and their gradients in fp16 or bf16";
  let description = [{
    As the module's `fanfold.precision` says. Activations, their gradients and the operands
    of matrix products become narrow. Variables, parameter gradients, numbers for each
    channel, the loss and the arithmetic of pointwise bodies stay in fp32. Parameters that
    enter matrix products are copied.
  }];
  let dependentDialects = ["::fanfold::kernel::KernelDialect", "::mlir::arith::ArithDialect"];
}

def FoldImages : Pass<"fold-images", "::fanfold::cnn::StepOp"> {
  let summary = "give images as many channels as the target likes";
  let description = [{
    Three channels fill no memory instruction and no matrix unit. Where convolutions alone
    read normalised images, all with the same stride, as many neighbouring pixels as the
    stride has become one of more channels, and the convolution gets stride 1
    (codegen/kernels/cuda/Fold.h). Rows are padded with channels of zeros.
  }];
  let statistics = [Statistic<"folded", "images-folded", "Images that got more channels">];
}

def FoldNorms : Pass<"fold-norms", "::fanfold::cnn::StepOp"> {
  let summary = "fold batch normalisation into the 1x1 convolution before it";
  let description = [{
    The statistics of what a 1x1 convolution makes follow from sums over its input and from
    its filter, and so do the gradients of filter and input from the gradient behind the
    normalisation (codegen/kernels/cuda/NormFold.h). Where the convolution makes many
    channels of few, those sums are the smaller work:

        %y = kernel.conv2d %a, %w                          // forward
        %z = batch normalisation of %y; add %s; ReLU
        %dy = gradient of batch normalisation from %dz, %y // backward
        %da = kernel.conv2d_dgrad %dy, %w
        %dw = kernel.conv2d_wgrad %a, %dy

    becomes one convolution of %a, with the normalisation in its filter and bias, %s and the
    ReLU in its epilogue, and in the backward pass products of %dz and %a alone. %y and %dy
    are gone. Where something else reads %y, all stays as it is.

    In half precision only: there the extra products run on matrix units, and what the
    differences of sums lose is far below what rounding tensors to half precision does.
    Done where the target's times say that it is faster.
  }];
  let statistics = [Statistic<"folded", "norms-folded", "Convolutions rewritten">];
}

def FuseEpilogues : Pass<"fuse-epilogues", "::fanfold::cnn::StepOp"> {
  let summary = "let matrix products add the bias and apply the activation";
  let description = [{
    A kernel.conv2d or kernel.matmul whose only reader is a pointwise kernel that adds a
    vector over the channels takes the vector as bias; one whose only reader is a ReLU
    takes it as activation.

    ```mlir
    %0 = kernel.conv2d %x, %w
    %1 = kernel.pointwise %0, %b { ^bb0(%a, %c): %s = arith.addf %a, %c ... }
    ```

    becomes `kernel.conv2d %x, %w, %b`. The bits of the result stay the same.
  }];
  let statistics = [Statistic<"fused", "epilogues-fused", "Pointwise kernels fused">];
}

def MergeFans : Pass<"merge-fans", "::fanfold::cnn::StepOp"> {
  let summary = "make one convolution of those that read one input";
  let description = [{
    Convolutions of one input with windows of one kind, as the 1x1 ones at the begin of an
    Inception module, become one with all of their filters, which reads the input once; and so do
    their gradients:

    ```mlir
    %a = kernel.conv2d %x, %v
    %b = kernel.conv2d %x, %w
    ...
    %dx = sum of %s, kernel.conv2d_dgrad %da, %v and kernel.conv2d_dgrad %db, %w
    %dv = kernel.conv2d_wgrad %x, %da
    %dw = kernel.conv2d_wgrad %x, %db
    ```

    becomes

    ```mlir
    %vw = kernel.concat %v, %w    // along the first dimension: one behind the other
    %ab = kernel.conv2d %x, %vw
    %a = kernel.slice %ab {offset = 0 : i64}
    %b = kernel.slice %ab {offset = 64 : i64}
    ...
    %dab = kernel.concat %da, %db // along the channels: side by side
    %dx = sum of %s and kernel.conv2d_dgrad %dab, %vw
    %dvw = kernel.conv2d_wgrad %x, %dab
    %dv = kernel.slice %dvw {offset = 0 : i64}
    %dw = kernel.slice %dvw {offset = 64 : i64}
    ```

    place-slices makes the parts where they lie. Each of the three is done where the target says
    that it pays (Target::chooseForm). Channels that do not begin where the target wants rows of
    parts to begin stay apart, and so do convolutions with an epilogue.
  }];
  let statistics = [Statistic<"merged", "fans-merged", "Fans of convolutions that are one">];
}

def FuseStatistics : Pass<"fuse-statistics", "::fanfold::cnn::StepOp"> {
  let summary = "take the sums for batch normalisation where they are cheap";
  let description = [{
    kernel.conv2d and kernel.batch_norm_statistics become kernel.conv2d_statistics and
    kernel.batch_norm_finalize where the target has such an epilogue and says that it pays
    (Target::chooseForm): the tensor is not read for its statistics. Where there was a
    choice, `form` and `alternatives` say what it was.

    The sums of a concatenation are those of its parts, side by side. A dense block
    normalises all that its layers have made, after each layer; so every part is summed once,
    by the convolution that makes it or by a kernel that reads it, for all statistics that it
    is in:

    ```mlir
    %c = kernel.concat %a, %b
    %d = kernel.concat %c, %e
    %mean, ... = kernel.batch_norm_statistics %c
    %mean2, ... = kernel.batch_norm_statistics %d
    ```

    becomes, in half precision and if the target's times say that it is faster,

    ```mlir
    %sa, %qa = kernel.pointwise %a { x, x * x } {sums = 2}
    %b, %sb, %qb = kernel.conv2d_statistics ...
    %sc = kernel.concat %sa, %sb
    %qc = kernel.concat %qa, %qb
    %mean, ... = kernel.batch_norm_finalize %sc, %qc
    %e, %se, %qe = kernel.conv2d_statistics ...
    %sd = kernel.concat %sc, %se
    ...
    ```

    Later passes let vectors lie side by side, as they do with the tensors.
  }];
  let statistics = [Statistic<"fused", "statistics-fused", "Statistics that read no tensor">];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def RememberPlaces : Pass<"remember-places", "::fanfold::cnn::StepOp"> {
  let summary = "keep the places of the largest elements of max pools for their gradients";
  let description = [{
    A byte for each window, instead of the pool's input and output: its gradient reads
    fewer bytes and compares nothing.
  }];
  let statistics = [Statistic<"remembered", "pools-remembered", "Pools that keep their places">];
}

def FusePointwise : Pass<"fuse-pointwise", "::fanfold::cnn::StepOp"> {
  let summary = "merge pointwise kernels that follow each other";
  let description = [{
    Two kernel.pointwise of the same extent, one of which reads a result of the other,
    become one if all other readers allow it. A result that others read too stays a result
    of the merged kernel. Neither the order of operations on an element nor the order
    of a sum changes, so the bits of the results stay the same.
  }];
  let statistics = [Statistic<"fused", "kernels-fused", "Pointwise kernels fused">];
}

def RecomputeOperands : Pass<"recompute-operands", "::fanfold::cnn::StepOp"> {
  let summary = "compute operands of pointwise kernels again where that moves fewer bytes";
  let description = [{
    The gradient of a ReLU behind batch normalisation asks for the sign of what went into
    it. The kernel reads the normalisation's input anyway, for its sums: with a few numbers
    for each channel it computes the sign instead of reading the ReLU's output.
  }];
  let statistics = [Statistic<"recomputed", "operands-recomputed", "Operands not read any more">];
}

def FusePrologues : Pass<"fuse-prologues", "::fanfold::cnn::StepOp"> {
  let summary = "let convolutions normalise and activate what they read";
  let description = [{
    A pointwise kernel that computes max(0, scale * y + shift), with a scale and a shift for
    each channel, and whose result is read by kernel.conv2d_statistics and
    kernel.conv2d_wgrad alone: batch normalisation and ReLU, between two convolutions.

    ```mlir
    %a = kernel.pointwise %y, %mean, %inv_std, %gamma, %beta { ... }
    %z, %s, %q = kernel.conv2d_statistics %a, %w
    %dw = kernel.conv2d_wgrad %a, %dz
    ```

    becomes, if the target says that it pays (Target::chooseForm),

    ```mlir
    %scale, %shift = kernel.pointwise %mean, %inv_std, %gamma, %beta { ... }
    %z, %s, %q = kernel.conv2d_statistics %y, %w, %scale, %shift
    %dw = kernel.conv2d_wgrad %y, %dz, %scale, %shift
    ```

    and the tensor is neither written nor kept for the weight gradient. All its readers take
    the prologue or none: as long as one reads the tensor, it is written. Scale and shift are
    rounded to y's type, which moves results in the last bits. Where there was a choice,
    `form` and `alternatives` say what it was.
  }];
  let statistics = [Statistic<"fused", "prologues-fused", "Pointwise kernels fused">];
}

def FuseConvPointwise : Pass<"fuse-conv-pointwise", "::fanfold::cnn::StepOp"> {
  let summary = "run pointwise kernels on the products of convolutions";
  let description = [{
    A convolution, or the gradient of one's input, and a kernel.pointwise that reads its
    result

    ```mlir
    %dx = kernel.conv2d_dgrad %dy, %w
    %dz, %sum = kernel.pointwise %other, %dx, %y { ... }
    ```

    become one launch, if the target says that it pays (Target::chooseForm):

    ```mlir
    %dz, %sum = kernel.conv_pointwise %dy, %w, %other, %y { ... }
    ```

    The product is written only for readers that come later; it is a result then. `form` and
    `alternatives` say what the choice was. The step is the one that trains: others keep
    their launches.
  }];
  let statistics = [Statistic<"fused", "pointwise-fused", "Pointwise kernels fused">];
}

def FusePoolPrologues : Pass<"fuse-pool-prologues", "::fanfold::cnn::StepOp"> {
  let summary = "let max pools normalise and activate what they choose";
  let description = [{
    A pointwise kernel that computes max(0, (x - centre) * scale + shift), with a number each
    for each channel, and whose result is read by max pools alone: batch normalisation and
    ReLU. The function never falls where the scale is not negative, and never rises where it
    is, rounding and all; so the pool finds the largest or the smallest x of a window, and
    computes the function of it alone.

    ```mlir
    %a = kernel.pointwise %x, %mean, %inv_std, %gamma, %beta { ... }
    %y, %places = kernel.max_pool2d_places %a
    ```

    becomes

    ```mlir
    %scale = kernel.pointwise %inv_std, %gamma { ... }
    %y, %places = kernel.max_pool2d_places %x, %mean, %scale, %beta
    ```

    The bits of the maxima stay the same. The place of one is another where different x give
    it: where all are below zero, and the gradient of the ReLU is none, or where they are
    rounded to one number.
  }];
  let statistics = [Statistic<"fused", "pool-prologues-fused", "Pointwise kernels fused">];
}

def MergeUpdates : Pass<"merge-updates", "::fanfold::cnn::StepOp"> {
  let summary = "update all parameters of one kind in one launch";
  let description = [{
    Pointwise kernels whose results only become variables, and those that copy variables,
    are merged into one kernel.pointwise_many where their bodies and shared operands are
    equal. A launch costs microseconds, which is what most updates take; gradients live
    until the last of them is whole.
  }];
  let statistics = [Statistic<"merged", "launches-merged", "Launches that became part of one">];
}

def BucketGradients : Pass<"bucket-gradients", "::fanfold::cnn::StepOp"> {
  let summary = "exchange gradients between ranks in few large blocks";
  let description = [{
    One kernel.all_reduce of several tensors takes the place of one for each gradient. A bucket
    takes gradients of one element type in the order that they are made, until it has `bytes`;
    what reads a gradient moves behind its bucket. Metrics have a bucket of their own. Where a
    value is made as one and exchanged in slices, it is exchanged as one.

    ```mlir
    %a = kernel.conv2d_wgrad ...
    %a.mean = kernel.all_reduce %a
    %w = kernel.pointwise %a.mean ...
    %b = kernel.conv2d_wgrad ...
    %b.mean = kernel.all_reduce %b
    ```

    becomes

    ```mlir
    %a = kernel.conv2d_wgrad ...
    %b = kernel.conv2d_wgrad ...
    %means:2 = kernel.all_reduce %a, %b
    %w = kernel.pointwise %means#0 ...
    ```
  }];
  let options = [Option<"bytes", "bytes", "int64_t", "26214400", "Bytes that close a bucket">];
  let statistics = [Statistic<"buckets", "buckets", "Exchanges that are left">];
}

def SelectAlgorithms : Pass<"select-algorithms", "::fanfold::cnn::StepOp"> {
  let summary = "ask the target for each launch's implementation and workspace";
  let description = [{
    Sets `algorithm`, `workspace_bytes` and, where there was a choice, `reason`.
  }];
}

def Schedule : Pass<"schedule", "::fanfold::cnn::StepOp"> {
  let summary = "order the launches so that the peak is low";
  let description = [{
    Takes the better of the order the ops are in and a list schedule that, of the launches
    that are ready, takes the one that adds fewest live bytes. A step with places
    (kernel.join, kernel.part) has its order already.
  }];
  let statistics = [Statistic<"moved", "launches-moved", "Launches in another place than before">];
}

def InsertCheckpoints : Pass<"insert-checkpoints", "::mlir::ModuleOp"> {
  let summary = "compute values again instead of keeping them, until the arena fits a budget";
  let description = [{
    Takes the fastest plan whose arena has at most `budget` bytes; 0: every plan fits.
    A value that the backward pass needs late is dropped and its launch stands a second
    time, right before the first late reader:

    ```mlir
    %a = kernel.conv2d %x, %w {layer = "conv"}
    ...
    %g = kernel.conv2d_wgrad %a, %dy
    ```

    becomes

    ```mlir
    %a = kernel.conv2d %x, %w {layer = "conv"}
    ...
    %conv.again = kernel.conv2d %x, %w {layer = "conv.again"}
    %g = kernel.conv2d_wgrad %conv.again, %dy
    ```

    Launches that make the new value of a variable run once: running averages follow each
    batch once. Every other launch makes the same bits again, so those of the step stay.
    A budget that no plan fits is an error with the peak of the smallest plan, by kind.

    The module's `fanfold.recomputation` says how many `launches` of its first step run again,
    the modelled `seconds` of that step without them, and the `extra_seconds` that they take.
  }];
  let options = [Option<"budget", "budget", "int64_t", "0", "Bytes of the arena; 0: any">,
                 Option<"inPlace", "in-place", "bool", "true",
                        "What place-slices and mark-in-place will be told">];
  let statistics = [Statistic<"runsAgain", "runs-again", "Launches that run again">];
}

def PlaceSlices : Pass<"place-slices", "::fanfold::cnn::StepOp"> {
  let summary = "make concatenated tensors side by side, and read slices where they lie";
  let description = [{
    Replaces kernel.concat and kernel.slice by kernel.join and kernel.part, which move
    nothing, and by copies of what cannot be made or read in place.

    ```mlir
    %a = kernel.pointwise ...
    %b = kernel.conv2d ...
    %both = kernel.concat %a, %b
    %again = kernel.slice %both {offset = 64 : i64}
    %c = kernel.pointwise %again ...
    ```

    becomes, if pointwise kernels take tensors whose rows lie apart and convolutions do not,

    ```mlir
    %a = kernel.pointwise ...
    %b = kernel.conv2d ...
    %copy = kernel.copy %b
    %both = kernel.join %a, %copy
    %again = kernel.part %both {offset = 64 : i64}
    %c = kernel.pointwise %again ...
    ```

    What ranks exchange at once gets one range of memory: kernel.all_reduce becomes

    ```mlir
    %bucket = kernel.bucket %a, %b
    %begun = kernel.all_reduce_begin %bucket {ticket = 0 : i64}
    ...                                          // launches that do not need the means
    %means = kernel.all_reduce_end %begun {ticket = 0 : i64}
    %a.mean = kernel.part %means {offset = 0 : i64}
    ```

    A slice of what a pointwise kernel makes, read by one that does not take parts, is neither
    copied nor a part: the kernel gets a result for it (`first_channels`).

    Convolutions and matrix products whose libraries take parts may do better over packed
    tensors and with a copy. So the target chooses, as for fusions (Target::chooseForm), when all
    is placed: then it is known in what a part lies. `form` and `alternatives` say what the
    choice was, and a product that runs in place is told anew how.

    An operand is made in its place if its launch and all of its readers take it there,
    and if it has no other place: it is concatenated once, and is no output and no variable.
    Where the result is concatenated again, all lies in the outer result. A slice is read
    where it lies if all of its readers take it there, and if it is not one of a variable,
    whose new value may come before them. Written values are settled first, as
    mark-in-place does it.
  }];
  let options = [Option<"enable", "enable", "bool", "true",
                        "False: copy every operand and every slice">];
  let statistics = [Statistic<"placed", "placed", "Operands and slices that are not copied">,
                    Statistic<"copied", "copied", "Operands and slices that are copied">];
}

def MarkInPlace : Pass<"mark-in-place", "::fanfold::cnn::StepOp"> {
  let summary = "choose the results that overwrite an operand";
  let description = [{
    A result takes over an operand's memory if the kernel can work so and the launch is
    the operand's last reader: a value that another branch still reads is never
    overwritten, nor is a part of a larger tensor; one whose parts or slices are still read
    neither. The new value of a variable is made in the variable's own memory: in
    place, or directly if nobody reads the old value any more, or by a kernel.copy behind
    the last reader. After this pass, every value that a cnn.write takes lives in its
    variable.
  }];
  let options = [Option<"enable", "enable", "bool", "true", "Overwrite operands">];
  let statistics = [Statistic<"marked", "results-in-place", "Results that overwrite an operand">,
                    Statistic<"copied", "copies", "Copies into variables">];
}

//===----------------------------------------------------------------------===//
// kernel -> plan
//===----------------------------------------------------------------------===//

def PlanMemory : Pass<"plan-memory", "::mlir::ModuleOp"> {
  let summary = "give every value its place in the arena";
  let description = [{
    Computes when each value is live, packs all of them into one arena, and writes the
    plan: variables at the bottom, then the data source's staging slots, then everything
    that lives within a step. The steps share their memory: only one runs at a time.
  }];
  let options = [Option<"sharing", "sharing", "bool", "true",
                        "Let values that are never live together share memory">];
  let dependentDialects = ["::fanfold::plan::PlanDialect", "::mlir::func::FuncDialect",
                           "::mlir::emitc::EmitCDialect"];
}

//===----------------------------------------------------------------------===//
// plan
//===----------------------------------------------------------------------===//

def VerifyPlan : Pass<"verify-plan", "::mlir::ModuleOp"> {
  let summary = "check that no launch overwrites bytes that somebody still needs";
  let description = [{
    Replays the plan with nothing but offsets: every byte remembers which value was
    written to it last, and every launch must find its inputs' bytes as they were
    written. Shares no code with the planner.
  }];
}

#endif // FANFOLD_PASSES_PASSES_TD

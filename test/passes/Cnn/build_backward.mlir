// RUN: fanfold-opt %s --infer-shapes=batch=4 --build-steps --build-backward --split-input-file | FileCheck %s

// The gradient of each layer, last layer first; the input of the model gets none.
cnn.model @chain {
  %x = cnn.input "x" as tensor<?x6x6x3xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %conv = cnn.conv2d %x filters(8) kernel(3) stride(2) pad(1) dilation(2) groups(1)
  %bias = cnn.bias %conv
  %relu = cnn.relu %bias
  %flat = cnn.flatten %relu
  %fc = cnn.dense %flat units(10)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
// CHECK-DAG: cnn.variable @loss.gradient "constant" init {a = 1.000000e+00 : f64, b = 0.000000e+00 : f64, kind = "fill"} : tensor<f32>
// CHECK-DAG: cnn.variable @conv.weight.velocity "optimizer" init {a = 0.000000e+00 : f64, b = 0.000000e+00 : f64, kind = "fill"} : tensor<8x3x3x3xf32>
// CHECK-DAG: cnn.variable @fc.weight.velocity "optimizer"
// CHECK-DAG: cnn.variable @bias.bias.velocity "optimizer"
// CHECK-LABEL: cnn.step @train
// CHECK: %loss.gradient = cnn.read @loss.gradient : tensor<f32>
// CHECK: %loss.grad = cnn.softmax_cross_entropy_grad %loss.1, %label, %loss.gradient {name = "loss.grad", smoothing = 0.000000e+00 : f64}
// CHECK: %fc.dgrad = cnn.matmul %loss.grad, %fc.weight {name = "fc.dgrad", transpose_rhs} : (tensor<4x10xf32>, tensor<32x10xf32>) -> tensor<4x32xf32>
// CHECK: %fc.wgrad = cnn.matmul %flat, %loss.grad {name = "fc.wgrad", transpose_lhs} : (tensor<4x32xf32>, tensor<4x10xf32>) -> tensor<32x10xf32>
// A parameter is updated as soon as its gradient is whole and that of all ranks, before the
// gradients of the layers below.
// CHECK: %fc.weight.mean = cnn.all_reduce %fc.wgrad {name = "fc.weight.mean"} : (tensor<32x10xf32>) -> tensor<32x10xf32>
// CHECK: %fc.weight.update, %fc.weight.update.1 = cnn.sgd %fc.weight, %fc.weight.mean, %fc.weight.velocity, %learning_rate, %momentum, %weight_decay {decay, name = "fc.weight.update"}
// CHECK: cnn.write %fc.weight.update to @fc.weight
// CHECK: cnn.write %fc.weight.update.1 to @fc.weight.velocity
// CHECK: %flat.grad = cnn.reshape %fc.dgrad {name = "flat.grad"} : (tensor<4x32xf32>) -> tensor<4x2x2x8xf32>
// CHECK: %relu.grad = cnn.relu_grad %flat.grad, %relu {name = "relu.grad"}
// CHECK: %bias.bgrad = cnn.channel_sum %relu.grad {name = "bias.bgrad"} : (tensor<4x2x2x8xf32>) -> tensor<8xf32>
// Weight decay spares biases.
// CHECK: cnn.sgd %bias.bias, %bias.bias.mean, %bias.bias.velocity, %learning_rate, %momentum, %weight_decay {name = "bias.bias.update"}
// CHECK-NOT: dgrad
// CHECK: %conv.wgrad = cnn.conv2d_wgrad %x, %relu.grad {dilation = array<i64: 2, 2>, groups = 1 : i64, name = "conv.wgrad", pad = array<i64: 1, 1>, stride = array<i64: 2, 2>}
// CHECK: cnn.sgd %conv.weight, %conv.weight.mean
// Metrics are those of all ranks, too.
// CHECK: %loss.mean = cnn.all_reduce %loss
// CHECK: cnn.output %loss.mean as "loss"
// CHECK-LABEL: cnn.step @eval
// CHECK-NOT: {{grad|sgd}}
// CHECK: cnn.output %loss as "loss"
// CHECK-NEXT: }

// -----

// A value with several readers: its gradients are added.
cnn.model @fork {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %fc = cnn.dense %x units(4)
  %a = cnn.tanh %fc
  %b = cnn.sigmoid %fc
  %c = cnn.scale %fc by(0.5)
  %ab = cnn.add %a, %b
  %abc = cnn.add %ab, %c
  %twice = cnn.add %abc, %abc
  %loss = cnn.softmax_cross_entropy %twice, %label
  cnn.loss %loss
}
// CHECK-LABEL: cnn.step @train
// CHECK: %loss.grad = cnn.softmax_cross_entropy_grad
// One reader that takes a value twice counts twice.
// CHECK: %abc.fork = cnn.add %loss.grad, %loss.grad
// CHECK: %c.grad = cnn.scale %abc.fork by(0.5)
// CHECK: %b.grad = cnn.sigmoid_grad %abc.fork, %b
// CHECK: %fc.fork = cnn.add %c.grad, %b.grad
// CHECK: %a.grad = cnn.tanh_grad %abc.fork, %a
// CHECK: %fc.fork_0 = cnn.add %fc.fork, %a.grad
// CHECK: cnn.matmul %x, %fc.fork_0 {name = "fc.wgrad", transpose_lhs}

// -----

// What has no parameter below it gets no gradient, and a metric has none.
cnn.model @inactive {
  %x = cnn.input "x" as tensor<?x4x4x3xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %pool = cnn.max_pool2d %x kernel(2)
  %conv = cnn.conv2d %x filters(3) kernel(2) stride(2)
  %both = cnn.concat %pool, %conv
  %lrn = cnn.lrn %both
  %bn = cnn.batch_norm %lrn
  %drop = cnn.dropout %bn rate(0.5)
  %up = cnn.avg_pool2d %drop kernel(2) count_pad
  %max = cnn.max_pool2d %up kernel(1)
  %six = cnn.relu6 %max
  %mean = cnn.global_avg_pool2d %six
  %flat = cnn.flatten %mean
  %top1 = cnn.accuracy %flat, %label
  %loss = cnn.softmax_cross_entropy %flat, %label
  cnn.loss %loss metrics(top1 = %top1)
}
// CHECK-LABEL: cnn.step @train
// CHECK: %top1 = cnn.accuracy
// CHECK-NOT: top1
// CHECK: %flat.grad = cnn.reshape
// CHECK: %mean.grad = cnn.avg_pool2d_grad %flat.grad {kernel = array<i64: 1, 1>, name = "mean.grad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>}
// CHECK: %six.grad = cnn.relu6_grad %mean.grad, %six
// CHECK: %max.grad = cnn.max_pool2d_grad %up, %max, %six.grad
// CHECK: %up.grad = cnn.avg_pool2d_grad %max.grad {count_pad, kernel = array<i64: 2, 2>
// The mask of dropout is drawn again.
// CHECK: %drop.grad = cnn.dropout_apply %up.grad, %seed {name = "drop.grad", rate = 5.000000e-01 : f64, stream = 0 : i64}
// CHECK: %bn.grad, %bn.grad.1, %bn.grad.2 = cnn.batch_norm_grad %drop.grad, %lrn, %bn.gamma, %bn.1, %bn.2
// Updates come where the backward walk meets the parameter's read.
// CHECK: cnn.sgd %bn.beta, %bn.beta.mean
// CHECK: cnn.sgd %bn.gamma, %bn.gamma.mean
// CHECK: %lrn.grad = cnn.lrn_grad %both, %bn.grad {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, k = 1.000000e+00 : f64, name = "lrn.grad", size = 5 : i64}
// CHECK: %both.grad = cnn.slice %lrn.grad {name = "both.grad", offset = 3 : i64} : (tensor<4x2x2x6xf32>) -> tensor<4x2x2x3xf32>
// CHECK-NOT: cnn.slice
// CHECK: %conv.wgrad = cnn.conv2d_wgrad %x, %both.grad
// CHECK-NOT: pool.grad
// CHECK: }

// -----

// A running statistic is written and gets no gradient.
cnn.model @statistics {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %bn = cnn.batch_norm %x
  %loss = cnn.softmax_cross_entropy %bn, %label
  cnn.loss %loss
}
// CHECK-LABEL: cnn.step @train
// CHECK: cnn.write %bn.3 to @bn.running_mean
// CHECK: cnn.write %bn.4 to @bn.running_variance
// CHECK-COUNT-2: cnn.sgd
// CHECK-NOT: cnn.sgd

// RUN: fanfold-opt %s --infer-shapes=batch=4 --build-steps | FileCheck %s

// CHECK-NOT: cnn.model
cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %bn = cnn.batch_norm %x epsilon(0.5) momentum(0.25)
  %drop = cnn.dropout %bn rate(0.5)
  %drop2 = cnn.dropout %drop rate(0.25)
  %relu = cnn.relu %drop2
  %unused = cnn.tanh %relu
  %loss = cnn.softmax_cross_entropy %relu, %label smoothing(0.1)
  %top1 = cnn.accuracy %relu, %label
  cnn.loss %loss metrics(top1 = %top1)
}

// Training: the batch's statistics, whose running averages are written; dropout with a
// stream for each layer; the probabilities for the gradient. What nobody reads is gone.
// CHECK-LABEL: cnn.step @train {
// CHECK-DAG: %seed = cnn.scalar "seed" : tensor<i32>
// CHECK-DAG: %x = cnn.input "x"
// CHECK: %bn, %bn.1, %bn.2, %bn.3, %bn.4 = cnn.batch_norm_forward %x, %bn.gamma, %bn.beta, %bn.running_mean, %bn.running_variance {epsilon = 5.000000e-01 : f64, momentum = 2.500000e-01 : f64, name = "bn"}
// CHECK: cnn.write %bn.3 to @bn.running_mean : tensor<4xf32>
// CHECK: cnn.write %bn.4 to @bn.running_variance : tensor<4xf32>
// CHECK: %drop = cnn.dropout_apply %bn, %seed {name = "drop", rate = 5.000000e-01 : f64, stream = 0 : i64}
// CHECK: %drop2 = cnn.dropout_apply %drop, %seed {name = "drop2", rate = 2.500000e-01 : f64, stream = 1 : i64}
// CHECK: %relu = cnn.relu %drop2
// CHECK-NOT: tanh
// CHECK: %loss, %loss.1 = cnn.softmax_cross_entropy_forward %relu, %label {name = "loss", smoothing = 1.000000e-01 : f64}
// CHECK: %top1 = cnn.accuracy %relu, %label
// CHECK: cnn.output %loss as "loss" : tensor<f32>
// CHECK: cnn.output %top1 as "top1" : tensor<f32>
// CHECK: }

// Evaluation: running statistics, no dropout, and nothing written.
// CHECK-LABEL: cnn.step @eval {
// CHECK-NOT: cnn.scalar
// CHECK: %bn = cnn.batch_norm_inference %x, %bn.gamma, %bn.beta, %bn.running_mean, %bn.running_variance {epsilon = 5.000000e-01 : f64, name = "bn"}
// CHECK-NOT: cnn.write
// CHECK: %relu = cnn.relu %bn
// CHECK: cnn.softmax_cross_entropy_forward
// CHECK: cnn.output %loss as "loss" : tensor<f32>
// CHECK: cnn.output %top1 as "top1" : tensor<f32>

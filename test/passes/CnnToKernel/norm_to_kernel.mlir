// RUN: fanfold-opt %s --cnn-to-kernel | FileCheck %s

// Constants of the normalisation: 1 / (255 std) and -mean / std for each channel, made
// once for all steps.
// CHECK-DAG: cnn.variable @normalize.scale "constant" init {kind = "data", value = dense<[0.00784313772, 0.0156862754]> : tensor<2xf32>} : tensor<2xf32>
// CHECK-DAG: cnn.variable @normalize.shift "constant" init {kind = "data", value = dense<[-5.000000e-01, -1.000000e+00]> : tensor<2xf32>} : tensor<2xf32>
// CHECK-NOT: cnn.variable

// CHECK-LABEL: cnn.step @train
cnn.step @train {
  %image = cnn.input "image" as tensor<4x3x3x2xui8> : tensor<4x3x3x2xui8>
  %c = cnn.input "c" as tensor<2xf32> : tensor<2xf32>
  // CHECK: %normalize.scale = cnn.read @normalize.scale
  // CHECK: %normalize.shift = cnn.read @normalize.shift
  // CHECK: %normalize = kernel.pointwise %image, %normalize.scale, %normalize.shift {extent = array<i64: 36, 2>, layer = "normalize"} : (tensor<4x3x3x2xui8>, tensor<2xf32>, tensor<2xf32>) -> tensor<4x3x3x2xf32> {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: i8, %[[A:.*]]: f32, %[[B:.*]]: f32):
  // CHECK-NEXT:   %[[F:.*]] = arith.uitofp %[[X]] : i8 to f32
  // CHECK-NEXT:   %[[P:.*]] = arith.mulf %[[F]], %[[A]] : f32
  // CHECK-NEXT:   arith.addf %[[P]], %[[B]] : f32
  %normalize = cnn.normalize %image mean(0.25, 0.25) std(0.5, 0.25) : (tensor<4x3x3x2xui8>) -> tensor<4x3x3x2xf32>
  // Statistics are a launch of their own; applying them is pointwise.
  // CHECK: %bn.statistics, %bn.statistics.1, %bn.statistics.2, %bn.statistics.3 = kernel.batch_norm_statistics %normalize, %c, %c {epsilon = 1.000000e-03 : f64, layer = "bn.statistics", momentum = 1.000000e-01 : f64} : (tensor<4x3x3x2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  // CHECK: %bn = kernel.pointwise %normalize, %bn.statistics, %bn.statistics.1, %c, %c {extent = array<i64: 36, 2>, layer = "bn"}
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[MEAN:.*]]: f32, %[[INV:.*]]: f32, %[[GAMMA:.*]]: f32, %[[BETA:.*]]: f32):
  // CHECK-DAG:    %[[CENTRED:.*]] = arith.subf %[[X]], %[[MEAN]] : f32
  // CHECK-DAG:    %[[SCALE:.*]] = arith.mulf %[[INV]], %[[GAMMA]] : f32
  // CHECK:        %[[PRODUCT:.*]] = arith.mulf %[[CENTRED]], %[[SCALE]] : f32
  // CHECK:        arith.addf %[[PRODUCT]], %[[BETA]] : f32
  %bn:5 = cnn.batch_norm_forward %normalize, %c, %c, %c, %c {epsilon = 1.0e-3 : f64, momentum = 0.1 : f64, name = "bn"} : (tensor<4x3x3x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<4x3x3x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  // The gradient is two launches: sums, and what needs them.
  // CHECK: %bn.grad.sums, %bn.grad.sums.1 = kernel.pointwise %bn, %normalize, %bn.statistics, %bn.statistics.1 {extent = array<i64: 36, 2>, layer = "bn.grad.sums", sums = 2 : i64}
  // CHECK: kernel.pointwise %bn, %normalize, %bn.statistics, %bn.statistics.1, %c, %bn.grad.sums, %bn.grad.sums.1 {extent = array<i64: 36, 2>, layer = "bn.grad"}
  // 1 / 36
  // CHECK: arith.constant 0.027777778 : f32
  %g:3 = cnn.batch_norm_grad %bn#0, %normalize, %c, %bn#1, %bn#2 {name = "bn.grad"} : (tensor<4x3x3x2xf32>, tensor<4x3x3x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<4x3x3x2xf32>, tensor<2xf32>, tensor<2xf32>)
  // CHECK: %lrn = kernel.lrn %{{.*}} {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, k = 2.000000e+00 : f64, layer = "lrn", size = 5 : i64}
  %lrn = cnn.lrn %g#0 k(2) : (tensor<4x3x3x2xf32>) -> tensor<4x3x3x2xf32>
  // CHECK: kernel.lrn_grad %lrn, %{{.*}} {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, k = 2.000000e+00 : f64, size = 5 : i64}
  %lg = cnn.lrn_grad %lrn, %g#0 {alpha = 1.0e-4 : f64, beta = 0.75 : f64, k = 2.0 : f64, size = 5 : i64} : (tensor<4x3x3x2xf32>, tensor<4x3x3x2xf32>) -> tensor<4x3x3x2xf32>
  cnn.output %lg as "lg" : tensor<4x3x3x2xf32>
  cnn.output %g#1 as "g1" : tensor<2xf32>
  cnn.output %bn#3 as "mean" : tensor<2xf32>
}

// CHECK-LABEL: cnn.step @eval
cnn.step @eval {
  %image = cnn.input "image" as tensor<4x3x3x2xui8> : tensor<4x3x3x2xui8>
  %c = cnn.input "c" as tensor<2xf32> : tensor<2xf32>
  // CHECK: cnn.read @normalize.scale
  %normalize = cnn.normalize %image mean(0.25, 0.25) std(0.5, 0.25) : (tensor<4x3x3x2xui8>) -> tensor<4x3x3x2xf32>
  // CHECK-NOT: statistics
  // CHECK: %bn = kernel.pointwise %normalize, %c, %c, %c, %c {extent = array<i64: 36, 2>, layer = "bn"}
  // CHECK: arith.constant 1.000000e-03 : f32
  // CHECK: math.sqrt
  %bn = cnn.batch_norm_inference %normalize, %c, %c, %c, %c {epsilon = 1.0e-3 : f64, name = "bn"} : (tensor<4x3x3x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<4x3x3x2xf32>
  cnn.output %bn as "bn" : tensor<4x3x3x2xf32>
}

// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s
// RUN: fanfold-opt %s --infer-shapes=batch=4 | FileCheck %s --check-prefix=SHAPE
// RUN: fanfold-opt %s --infer-shapes=batch=4 | fanfold-opt | FileCheck %s --check-prefix=SHAPE

// SHAPE-DAG: cnn.variable @bn.gamma "parameter" init {a = 2.500000e-01 : f64, b = 0.000000e+00 : f64, kind = "fill"} : tensor<3xf32>{{$}}
// SHAPE-DAG: cnn.variable @bn.beta "parameter" init {a = 0.000000e+00 : f64, b = 0.000000e+00 : f64, kind = "fill"} : tensor<3xf32>{{$}}
// SHAPE-DAG: cnn.variable @bn.running_mean "statistic" init {a = 0.000000e+00 : f64, b = 0.000000e+00 : f64, kind = "fill"} : tensor<3xf32>{{$}}
// SHAPE-DAG: cnn.variable @bn.running_variance "statistic" init {a = 1.000000e+00 : f64, b = 0.000000e+00 : f64, kind = "fill"} : tensor<3xf32>{{$}}

// CHECK-LABEL: cnn.model @norm
// SHAPE-LABEL: cnn.model @norm
cnn.model @norm {
  %image = cnn.input "image" as tensor<?x6x6x3xui8>
  // CHECK: %normalize = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  // SHAPE: %normalize = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225) : (tensor<4x6x6x3xui8>) -> tensor<4x6x6x3xf32>
  %normalize = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  // CHECK: %bn = cnn.batch_norm %normalize epsilon(0.001) momentum(0.01) gamma(0.25)
  // SHAPE: %bn = cnn.batch_norm %normalize, %bn.gamma, %bn.beta, %bn.running_mean, %bn.running_variance epsilon(0.001) momentum(0.01) gamma(0.25) : (tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<4x6x6x3xf32>
  %bn = cnn.batch_norm %normalize epsilon(1e-3) momentum(0.01) gamma(0.25)
  // CHECK: %lrn = cnn.lrn %bn size(3) alpha(0.0001) beta(0.5) k(2)
  // SHAPE: %lrn = cnn.lrn %bn {{.*}} : (tensor<4x6x6x3xf32>) -> tensor<4x6x6x3xf32>
  %lrn = cnn.lrn %bn size(3) alpha(1e-4) beta(0.5) k(2.0)
  // Batch normalisation also follows dense layers.
  %flat = cnn.flatten %lrn
  // SHAPE: %flat_bn = cnn.batch_norm %flat, {{.*}} -> tensor<4x108xf32>
  %flat_bn = cnn.batch_norm %flat
  cnn.loss %flat_bn
}

// The derived ops, as passes make them.
// CHECK-LABEL: cnn.step @derived
cnn.step @derived {
  %x = cnn.input "x" as tensor<4x6x6x3xf32> : tensor<4x6x6x3xf32>
  %c = cnn.input "c" as tensor<3xf32> : tensor<3xf32>
  // CHECK: %bn, %bn.1, %bn.2, %bn.3, %bn.4 = cnn.batch_norm_forward %x, %c, %c, %c, %c {epsilon = 1.000000e-03 : f64, momentum = 1.000000e-01 : f64, name = "bn"}
  %y:5 = cnn.batch_norm_forward %x, %c, %c, %c, %c {epsilon = 1.0e-3 : f64, momentum = 0.1 : f64, name = "bn"} : (tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
  // CHECK: cnn.batch_norm_inference %x, %c, %c, %c, %c {epsilon = 1.000000e-03 : f64}
  %e = cnn.batch_norm_inference %x, %c, %c, %c, %c {epsilon = 1.0e-3 : f64} : (tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: cnn.batch_norm_grad %x, %bn, %c, %bn.1, %bn.2 :
  %g:3 = cnn.batch_norm_grad %x, %y#0, %c, %y#1, %y#2 : (tensor<4x6x6x3xf32>, tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>)
  // CHECK: cnn.lrn_grad %x, %bn {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, k = 1.000000e+00 : f64, size = 5 : i64}
  %l = cnn.lrn_grad %x, %y#0 {alpha = 1.0e-4 : f64, beta = 0.75 : f64, k = 1.0 : f64, size = 5 : i64} : (tensor<4x6x6x3xf32>, tensor<4x6x6x3xf32>) -> tensor<4x6x6x3xf32>
}

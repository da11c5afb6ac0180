// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(fuse-statistics))' --split-input-file | FileCheck %s

// The sums come out of the convolution; what is left of the statistics is small.
// CHECK-LABEL: cnn.step @fires
cnn.step @fires {
  %x = cnn.input "x" as tensor<4x8x8x3xf32> : tensor<4x8x8x3xf32>
  %w = cnn.input "w" as tensor<6x3x3x3xf32> : tensor<6x3x3x3xf32>
  %c = cnn.input "c" as tensor<6xf32> : tensor<6xf32>
  // CHECK: %conv, %conv.1, %conv.2 = kernel.conv2d_statistics %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x3xf32>, tensor<6x3x3x3xf32>) -> (tensor<4x6x6x6xf32>, tensor<6xf32>, tensor<6xf32>)
  %conv = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x3xf32>, tensor<6x3x3x3xf32>) -> tensor<4x6x6x6xf32>
  // Means are over batch, height and width: 4 x 6 x 6.
  // CHECK-NEXT: %bn, %bn.1, %bn.2, %bn.3 = kernel.batch_norm_finalize %conv.1, %conv.2, %c, %c {{.*}}= 144 : i64
  // CHECK-NOT: batch_norm_statistics
  %bn:4 = kernel.batch_norm_statistics %conv, %c, %c {epsilon = 1.0e-3 : f64, layer = "bn", momentum = 0.1 : f64} : (tensor<4x6x6x6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>)
  // CHECK: cnn.output %conv as "conv"
  // CHECK: cnn.output %bn as "mean"
  cnn.output %conv as "conv" : tensor<4x6x6x6xf32>
  cnn.output %bn#0 as "mean" : tensor<6xf32>
}

// -----

// Statistics are of the convolution's own result: behind an activation there are others,
// and what no convolution makes has none.
// CHECK-LABEL: cnn.step @does_not_fire
cnn.step @does_not_fire {
  %x = cnn.input "x" as tensor<4x8x8x3xf32> : tensor<4x8x8x3xf32>
  %w = cnn.input "w" as tensor<3x3x3x3xf32> : tensor<3x3x3x3xf32>
  %c = cnn.input "c" as tensor<3xf32> : tensor<3xf32>
  // CHECK: kernel.conv2d %x, %w {activation = "relu"
  // CHECK: kernel.batch_norm_statistics %conv
  // CHECK: kernel.batch_norm_statistics %x
  // CHECK-NOT: conv2d_statistics
  %conv = kernel.conv2d %x, %w {activation = "relu", dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x3xf32>, tensor<3x3x3x3xf32>) -> tensor<4x6x6x3xf32>
  %a:4 = kernel.batch_norm_statistics %conv, %c, %c {epsilon = 1.0e-3 : f64, layer = "a", momentum = 0.1 : f64} : (tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
  %b:4 = kernel.batch_norm_statistics %x, %c, %c {epsilon = 1.0e-3 : f64, layer = "b", momentum = 0.1 : f64} : (tensor<4x8x8x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
  cnn.output %a#0 as "a" : tensor<3xf32>
  cnn.output %b#0 as "b" : tensor<3xf32>
}

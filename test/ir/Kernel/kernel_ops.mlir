// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s

// CHECK-LABEL: cnn.step @kernels
cnn.step @kernels {
  %x = cnn.input "x" as tensor<4x6x6x3xf32> : tensor<4x6x6x3xf32>
  %w = cnn.input "w" as tensor<8x3x3x3xf32> : tensor<8x3x3x3xf32>
  %b = cnn.input "b" as tensor<8xf32> : tensor<8xf32>
  %c = cnn.input "c" as tensor<3xf32> : tensor<3xf32>
  %label = cnn.input "label" as tensor<4xi32> : tensor<4xi32>
  // The result has the layer's name; what passes have decided is in the attributes.
  // CHECK: %conv = kernel.conv2d %x, %w, %b {activation = "relu", algorithm = "brgconv", dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>, workspace_bytes = 64 : i64} : (tensor<4x6x6x3xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>) -> tensor<4x4x4x8xf32>
  %0 = kernel.conv2d %x, %w, %b {activation = "relu", algorithm = "brgconv", dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>, workspace_bytes = 64 : i64} : (tensor<4x6x6x3xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>) -> tensor<4x4x4x8xf32>
  // CHECK: kernel.conv2d_dgrad %conv, %w
  %1 = kernel.conv2d_dgrad %0, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x4x4x8xf32>, tensor<8x3x3x3xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: kernel.conv2d_wgrad %x, %conv
  %2 = kernel.conv2d_wgrad %x, %0 {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x6x6x3xf32>, tensor<4x4x4x8xf32>) -> tensor<8x3x3x3xf32>
  // CHECK: %[[FLAT:.*]] = kernel.view %conv : (tensor<4x4x4x8xf32>) -> tensor<4x128xf32>
  %3 = kernel.view %0 : (tensor<4x4x4x8xf32>) -> tensor<4x128xf32>
  // CHECK: kernel.matmul %[[FLAT]], %[[FLAT]] {transpose_rhs} : (tensor<4x128xf32>, tensor<4x128xf32>) -> tensor<4x4xf32>
  %4 = kernel.matmul %3, %3 {transpose_rhs} : (tensor<4x128xf32>, tensor<4x128xf32>) -> tensor<4x4xf32>
  // CHECK: %bn, %bn.1, %bn.2, %bn.3 = kernel.batch_norm_statistics %x, %c, %c {epsilon = 1.000000e-03 : f64, in_place = array<i64: -1, -1, 1, 2>, layer = "bn", momentum = 1.000000e-01 : f64}
  %5:4 = kernel.batch_norm_statistics %x, %c, %c {epsilon = 1.0e-3 : f64, in_place = array<i64: -1, -1, 1, 2>, layer = "bn", momentum = 0.1 : f64} : (tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
  // CHECK: kernel.lrn %x
  %6 = kernel.lrn %x {alpha = 1.0e-4 : f64, beta = 0.75 : f64, k = 1.0 : f64, size = 5 : i64} : (tensor<4x6x6x3xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: kernel.lrn_grad %x, %x
  %7 = kernel.lrn_grad %x, %x {alpha = 1.0e-4 : f64, beta = 0.75 : f64, k = 1.0 : f64, size = 5 : i64} : (tensor<4x6x6x3xf32>, tensor<4x6x6x3xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: %max = kernel.max_pool2d %x
  %8 = kernel.max_pool2d %x {kernel = array<i64: 2, 2>, layer = "max", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x6x6x3xf32>) -> tensor<4x3x3x3xf32>
  // CHECK: kernel.max_pool2d_grad %x, %max, %max
  %9 = kernel.max_pool2d_grad %x, %8, %8 {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x6x6x3xf32>, tensor<4x3x3x3xf32>, tensor<4x3x3x3xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: kernel.avg_pool2d %x {count_pad,
  %10 = kernel.avg_pool2d %x {count_pad, kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x6x6x3xf32>) -> tensor<4x3x3x3xf32>
  // CHECK: kernel.avg_pool2d_grad
  %11 = kernel.avg_pool2d_grad %10 {count_pad, kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x3x3x3xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: %loss, %loss.1 = kernel.softmax_cross_entropy
  %12:2 = kernel.softmax_cross_entropy %4, %label {layer = "loss", smoothing = 0.0 : f64} : (tensor<4x4xf32>, tensor<4xi32>) -> (tensor<f32>, tensor<4x4xf32>)
  // CHECK: kernel.softmax_cross_entropy_grad %loss.1, %label, %loss
  %13 = kernel.softmax_cross_entropy_grad %12#1, %label, %12#0 {smoothing = 0.0 : f64} : (tensor<4x4xf32>, tensor<4xi32>, tensor<f32>) -> tensor<4x4xf32>
  // CHECK: kernel.accuracy {{.*}} {top = 2 : i64}
  %14 = kernel.accuracy %4, %label {top = 2 : i64} : (tensor<4x4xf32>, tensor<4xi32>) -> tensor<f32>
  // CHECK: kernel.concat %x, %x
  %15 = kernel.concat %x, %x : (tensor<4x6x6x3xf32>, tensor<4x6x6x3xf32>) -> tensor<4x6x6x6xf32>
  // CHECK: kernel.slice {{.*}} {offset = 1 : i64}
  %16 = kernel.slice %15 {offset = 1 : i64} : (tensor<4x6x6x6xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: %[[A:.*]] = kernel.copy %x
  %17 = kernel.copy %x : (tensor<4x6x6x3xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: %[[JOIN:.*]] = kernel.join %[[A]], %[[A]] : (tensor<4x6x6x3xf32>, tensor<4x6x6x3xf32>) -> tensor<4x6x6x6xf32>
  %19 = kernel.join %17, %17 : (tensor<4x6x6x3xf32>, tensor<4x6x6x3xf32>) -> tensor<4x6x6x6xf32>
  // CHECK: kernel.part %[[JOIN]] {offset = 2 : i64} : (tensor<4x6x6x6xf32>) -> tensor<4x6x6x4xf32>
  %20 = kernel.part %19 {offset = 2 : i64} : (tensor<4x6x6x6xf32>) -> tensor<4x6x6x4xf32>
  // CHECK: kernel.sum_of_squares %x
  %18 = kernel.sum_of_squares %x : (tensor<4x6x6x3xf32>) -> tensor<f32>
}

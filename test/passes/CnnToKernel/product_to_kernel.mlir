// RUN: fanfold-opt %s --cnn-to-kernel | FileCheck %s

// CHECK-LABEL: cnn.step @products
cnn.step @products {
  %x = cnn.input "x" as tensor<4x9x7x6xf32> : tensor<4x9x7x6xf32>
  %w = cnn.input "w" as tensor<8x3x1x3xf32> : tensor<8x3x1x3xf32>
  // CHECK: %conv = kernel.conv2d %x, %w {dilation = array<i64: 2, 1>, groups = 2 : i64, layer = "conv", pad = array<i64: 1, 0>, stride = array<i64: 2, 3>} : (tensor<4x9x7x6xf32>, tensor<8x3x1x3xf32>) -> tensor<4x4x3x8xf32>
  %conv = cnn.conv2d %x, %w filters(8) kernel(3, 1) stride(2, 3) pad(1, 0) dilation(2, 1) groups(2) : (tensor<4x9x7x6xf32>, tensor<8x3x1x3xf32>) -> tensor<4x4x3x8xf32>
  // Clauses that are not given have their defaults.
  // CHECK: kernel.conv2d %{{.*}} {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "plain", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>}
  %v = cnn.input "v" as tensor<2x1x1x6xf32> : tensor<2x1x1x6xf32>
  %plain = cnn.conv2d %x, %v filters(2) kernel(1) : (tensor<4x9x7x6xf32>, tensor<2x1x1x6xf32>) -> tensor<4x9x7x2xf32>
  // CHECK: %d = kernel.conv2d_dgrad %conv, %w {dilation = array<i64: 2, 1>, groups = 2 : i64, layer = "d", pad = array<i64: 1, 0>, stride = array<i64: 2, 3>} : (tensor<4x4x3x8xf32>, tensor<8x3x1x3xf32>) -> tensor<4x9x7x6xf32>
  %d = cnn.conv2d_dgrad %conv, %w {dilation = array<i64: 2, 1>, groups = 2 : i64, name = "d", pad = array<i64: 1, 0>, stride = array<i64: 2, 3>} : (tensor<4x4x3x8xf32>, tensor<8x3x1x3xf32>) -> tensor<4x9x7x6xf32>
  // CHECK: %g = kernel.conv2d_wgrad %x, %conv {dilation = array<i64: 2, 1>, groups = 2 : i64, layer = "g", pad = array<i64: 1, 0>, stride = array<i64: 2, 3>} : (tensor<4x9x7x6xf32>, tensor<4x4x3x8xf32>) -> tensor<8x3x1x3xf32>
  %g = cnn.conv2d_wgrad %x, %conv {dilation = array<i64: 2, 1>, groups = 2 : i64, name = "g", pad = array<i64: 1, 0>, stride = array<i64: 2, 3>} : (tensor<4x9x7x6xf32>, tensor<4x4x3x8xf32>) -> tensor<8x3x1x3xf32>
  %a = cnn.input "a" as tensor<4x5xf32> : tensor<4x5xf32>
  %b = cnn.input "b" as tensor<5x2xf32> : tensor<5x2xf32>
  // CHECK: %fc = kernel.matmul %a, %b {layer = "fc"} : (tensor<4x5xf32>, tensor<5x2xf32>) -> tensor<4x2xf32>
  %fc = cnn.dense %a, %b units(2) : (tensor<4x5xf32>, tensor<5x2xf32>) -> tensor<4x2xf32>
  // CHECK: kernel.matmul %a, %fc {transpose_lhs} : (tensor<4x5xf32>, tensor<4x2xf32>) -> tensor<5x2xf32>
  %fw = cnn.matmul %a, %fc {transpose_lhs} : (tensor<4x5xf32>, tensor<4x2xf32>) -> tensor<5x2xf32>
  // CHECK: kernel.matmul %fc, %b {transpose_rhs} : (tensor<4x2xf32>, tensor<5x2xf32>) -> tensor<4x5xf32>
  %fd = cnn.matmul %fc, %b {transpose_rhs} : (tensor<4x2xf32>, tensor<5x2xf32>) -> tensor<4x5xf32>
  cnn.output %plain as "plain" : tensor<4x9x7x2xf32>
  cnn.output %d as "d" : tensor<4x9x7x6xf32>
  cnn.output %g as "g" : tensor<8x3x1x3xf32>
  cnn.output %fw as "fw" : tensor<5x2xf32>
  cnn.output %fd as "fd" : tensor<4x5xf32>
}

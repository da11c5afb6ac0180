// RUN: fanfold-opt %s --cnn-to-kernel | FileCheck %s

// CHECK-LABEL: cnn.step @pools
cnn.step @pools {
  %x = cnn.input "x" as tensor<4x7x8x3xf32> : tensor<4x7x8x3xf32>
  // The stride is the kernel's size unless given; rounding up is in the shape alone.
  // CHECK: %max = kernel.max_pool2d %x {kernel = array<i64: 2, 3>, layer = "max", pad = array<i64: 1, 0>, stride = array<i64: 2, 3>} : (tensor<4x7x8x3xf32>) -> tensor<4x4x3x3xf32>
  %max = cnn.max_pool2d %x kernel(2, 3) pad(1, 0) ceil : (tensor<4x7x8x3xf32>) -> tensor<4x4x3x3xf32>
  // CHECK: kernel.max_pool2d_grad %x, %max, %max {kernel = array<i64: 2, 3>, layer = "max.grad", pad = array<i64: 1, 0>, stride = array<i64: 2, 3>}
  %0 = cnn.max_pool2d_grad %x, %max, %max {kernel = array<i64: 2, 3>, name = "max.grad", pad = array<i64: 1, 0>, stride = array<i64: 2, 3>} : (tensor<4x7x8x3xf32>, tensor<4x4x3x3xf32>, tensor<4x4x3x3xf32>) -> tensor<4x7x8x3xf32>
  // CHECK: %avg = kernel.avg_pool2d %{{.*}} {count_pad, kernel = array<i64: 3, 3>, layer = "avg", pad = array<i64: 1, 1>, stride = array<i64: 1, 1>}
  %avg = cnn.avg_pool2d %0 kernel(3) stride(1) pad(1) count_pad : (tensor<4x7x8x3xf32>) -> tensor<4x7x8x3xf32>
  // CHECK: kernel.avg_pool2d_grad %avg {kernel = array<i64: 3, 3>, layer = "avg.grad", pad = array<i64: 1, 1>, stride = array<i64: 1, 1>}
  %1 = cnn.avg_pool2d_grad %avg {kernel = array<i64: 3, 3>, name = "avg.grad", pad = array<i64: 1, 1>, stride = array<i64: 1, 1>} : (tensor<4x7x8x3xf32>) -> tensor<4x7x8x3xf32>
  // A global pool is one window.
  // CHECK: %mean = kernel.avg_pool2d %{{.*}} {kernel = array<i64: 7, 8>, layer = "mean", pad = array<i64: 0, 0>, stride = array<i64: 7, 8>} : (tensor<4x7x8x3xf32>) -> tensor<4x1x1x3xf32>
  %mean = cnn.global_avg_pool2d %1 : (tensor<4x7x8x3xf32>) -> tensor<4x1x1x3xf32>
  cnn.output %mean as "mean" : tensor<4x1x1x3xf32>
}

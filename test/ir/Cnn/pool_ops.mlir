// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s
// RUN: fanfold-opt %s --infer-shapes=batch=4 | FileCheck %s --check-prefix=SHAPE
// RUN: fanfold-opt %s --infer-shapes=batch=4 | fanfold-opt | FileCheck %s --check-prefix=SHAPE

// CHECK-LABEL: cnn.model @pool
// SHAPE-LABEL: cnn.model @pool
cnn.model @pool {
  %x = cnn.input "x" as tensor<?x7x8x3xf32>
  // The stride is the kernel's size unless given.
  // CHECK: %max = cnn.max_pool2d %x kernel(2)
  // SHAPE: %max = cnn.max_pool2d %x kernel(2) : (tensor<4x7x8x3xf32>) -> tensor<4x3x4x3xf32>
  %max = cnn.max_pool2d %x kernel(2)
  // CHECK: %up = cnn.max_pool2d %x kernel(2) ceil
  // SHAPE: %up = {{.*}} -> tensor<4x4x4x3xf32>
  %up = cnn.max_pool2d %x kernel(2) ceil
  // No window begins behind the image: (7 + 2 - 2 + 1) / 2 + 1 = 5 would.
  // SHAPE: %inside = {{.*}} -> tensor<4x4x5x3xf32>
  %inside = cnn.max_pool2d %x kernel(2) stride(2) pad(1) ceil
  // CHECK: %avg = cnn.avg_pool2d %x kernel(3, 2) stride(2, 1) pad(1, 0) ceil count_pad
  // SHAPE: %avg = {{.*}} -> tensor<4x4x7x3xf32>
  %avg = cnn.avg_pool2d %x count_pad ceil pad(1, 0) stride(2, 1) kernel(3, 2)
  // CHECK: %global = cnn.global_avg_pool2d %x
  // SHAPE: %global = cnn.global_avg_pool2d %x : (tensor<4x7x8x3xf32>) -> tensor<4x1x1x3xf32>
  %global = cnn.global_avg_pool2d %x
  cnn.loss %global
}

// The derived ops, as passes make them.
// CHECK-LABEL: cnn.step @gradients
cnn.step @gradients {
  %x = cnn.input "x" as tensor<4x6x6x3xf32> : tensor<4x6x6x3xf32>
  %y = cnn.input "y" as tensor<4x3x3x3xf32> : tensor<4x3x3x3xf32>
  // CHECK: cnn.max_pool2d_grad %x, %y, %y {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>}
  %0 = cnn.max_pool2d_grad %x, %y, %y {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x6x6x3xf32>, tensor<4x3x3x3xf32>, tensor<4x3x3x3xf32>) -> tensor<4x6x6x3xf32>
  // CHECK: cnn.avg_pool2d_grad %y {count_pad, kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>}
  %1 = cnn.avg_pool2d_grad %y {count_pad, kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x3x3x3xf32>) -> tensor<4x6x6x3xf32>
}

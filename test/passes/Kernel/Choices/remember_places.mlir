// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(remember-places))' --split-input-file | FileCheck %s

// The gradient reads where the largest elements were, and neither of the images.
// CHECK-LABEL: cnn.step @fires
cnn.step @fires {
  %x = cnn.input "x" as tensor<4x8x8x3xf32> : tensor<4x8x8x3xf32>
  %dy = cnn.input "dy" as tensor<4x4x4x3xf32> : tensor<4x4x4x3xf32>
  // CHECK: %max, %max.1 = kernel.max_pool2d_places %x {kernel = array<i64: 2, 2>, layer = "max", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x3xf32>) -> (tensor<4x4x4x3xf32>, tensor<4x4x4x3xui8>)
  %max = kernel.max_pool2d %x {kernel = array<i64: 2, 2>, layer = "max", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x3xf32>) -> tensor<4x4x4x3xf32>
  // CHECK-NEXT: %max.grad = kernel.max_pool2d_places_grad %max.1, %dy {kernel = array<i64: 2, 2>, layer = "max.grad", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x4x4x3xui8>, tensor<4x4x4x3xf32>) -> tensor<4x8x8x3xf32>
  %dx = kernel.max_pool2d_grad %x, %max, %dy {kernel = array<i64: 2, 2>, layer = "max.grad", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x3xf32>, tensor<4x4x4x3xf32>, tensor<4x4x4x3xf32>) -> tensor<4x8x8x3xf32>
  // CHECK-NOT: max_pool2d_grad
  // CHECK: cnn.output %max as "y"
  cnn.output %max as "y" : tensor<4x4x4x3xf32>
  cnn.output %dx as "dx" : tensor<4x8x8x3xf32>
}

// -----

// A place has eight bits: windows of 16x16 have one too many.
// CHECK-LABEL: cnn.step @does_not_fire
cnn.step @does_not_fire {
  %x = cnn.input "x" as tensor<1x32x32x1xf32> : tensor<1x32x32x1xf32>
  %dy = cnn.input "dy" as tensor<1x2x2x1xf32> : tensor<1x2x2x1xf32>
  // CHECK: kernel.max_pool2d %x
  // CHECK: kernel.max_pool2d_grad %x, %max, %dy
  // CHECK-NOT: places
  %max = kernel.max_pool2d %x {kernel = array<i64: 16, 16>, layer = "max", pad = array<i64: 0, 0>, stride = array<i64: 16, 16>} : (tensor<1x32x32x1xf32>) -> tensor<1x2x2x1xf32>
  %dx = kernel.max_pool2d_grad %x, %max, %dy {kernel = array<i64: 16, 16>, layer = "max.grad", pad = array<i64: 0, 0>, stride = array<i64: 16, 16>} : (tensor<1x32x32x1xf32>, tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) -> tensor<1x32x32x1xf32>
  cnn.output %dx as "dx" : tensor<1x32x32x1xf32>
}

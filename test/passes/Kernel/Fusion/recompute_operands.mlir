// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(recompute-operands))' --split-input-file | FileCheck %s

// The sign is computed from what the kernel reads anyway; a result that nobody reads any
// more is not written.
// CHECK-LABEL: cnn.step @batch_norm
cnn.step @batch_norm {
  %x = cnn.input "x" as tensor<8x4xf32> : tensor<8x4xf32>
  %dy = cnn.input "dy" as tensor<8x4xf32> : tensor<8x4xf32>
  %scale = cnn.input "scale" as tensor<4xf32> : tensor<4xf32>
  // CHECK: %y = kernel.pointwise %x, %scale
  %y = kernel.pointwise %x, %scale {extent = array<i64: 8, 4>, layer = "y", sums = 0 : i64} : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %b : f32
    kernel.yield %0 : f32
  }
  // CHECK: %sums = kernel.pointwise %dy, %x, %scale {extent = array<i64: 8, 4>, layer = "sums", sums = 1 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: ^bb0(%[[DY:.*]]: f32, %[[X:.*]]: f32, %[[SCALE:.*]]: f32):
  // CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[X]], %[[SCALE]]
  // CHECK-NEXT: %[[DZ:.*]] = arith.mulf %[[DY]], %[[Y]]
  // CHECK-NEXT: %[[TERM:.*]] = arith.mulf %[[DZ]], %[[X]]
  // CHECK-NEXT: kernel.yield %[[TERM]] : f32
  %dz, %sum = kernel.pointwise %dy, %y, %x {extent = array<i64: 8, 4>, layer = "sums", sums = 1 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.mulf %0, %c : f32
    kernel.yield %0, %1 : f32, f32
  }
  // CHECK: %dx = kernel.pointwise %x, %sums, %dy, %scale
  %dx = kernel.pointwise %dz, %x, %sum {extent = array<i64: 8, 4>, layer = "dx", sums = 0 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32> {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %b, %c : f32
    %1 = arith.subf %a, %0 : f32
    kernel.yield %1 : f32
  }
  cnn.output %y as "y" : tensor<8x4xf32>
  cnn.output %dx as "dx" : tensor<8x4xf32>
}

// -----

// A sum of two tensors costs more to compute again than to read.
// CHECK-LABEL: cnn.step @residual
cnn.step @residual {
  %x = cnn.input "x" as tensor<8x4xf32> : tensor<8x4xf32>
  %s = cnn.input "s" as tensor<8x4xf32> : tensor<8x4xf32>
  %dy = cnn.input "dy" as tensor<8x4xf32> : tensor<8x4xf32>
  %y = kernel.pointwise %x, %s {extent = array<i64: 8, 4>, layer = "y", sums = 0 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    kernel.yield %0 : f32
  }
  // CHECK: %dz = kernel.pointwise %dy, %y {
  %dz = kernel.pointwise %dy, %y {extent = array<i64: 8, 4>, layer = "dz", sums = 0 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %b : f32
    kernel.yield %0 : f32
  }
  cnn.output %y as "y" : tensor<8x4xf32>
  cnn.output %dz as "dz" : tensor<8x4xf32>
}

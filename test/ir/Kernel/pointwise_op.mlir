// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s

// CHECK-LABEL: cnn.step @pointwise
cnn.step @pointwise {
  %x = cnn.input "x" as tensor<2x2x3xui8> : tensor<2x2x3xui8>
  %c = cnn.input "c" as tensor<3xf32> : tensor<3xf32>
  %s = cnn.scalar "seed" : tensor<i32>
  // Operands of every size, and both kinds of results.
  // CHECK: %y, %y.1 = kernel.pointwise %x, %c, %seed {extent = array<i64: 4, 3>, layer = "y", sums = 1 : i64} : (tensor<2x2x3xui8>, tensor<3xf32>, tensor<i32>) -> (tensor<2x2x3xf32>, tensor<3xf32>) {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: i8, %[[C:.*]]: f32, %[[S:.*]]: i32):
  // CHECK-NEXT:   %[[F:.*]] = arith.uitofp %[[X]] : i8 to f32
  // CHECK-NEXT:   %[[R:.*]] = kernel.uniform %[[S]] {stream = 1 : i64}
  // CHECK-NEXT:   %[[P:.*]] = arith.mulf %[[F]], %[[R]] : f32
  // CHECK-NEXT:   kernel.yield %[[P]], %[[C]] : f32, f32
  %0:2 = kernel.pointwise %x, %c, %s {extent = array<i64: 4, 3>, layer = "y", sums = 1 : i64} : (tensor<2x2x3xui8>, tensor<3xf32>, tensor<i32>) -> (tensor<2x2x3xf32>, tensor<3xf32>) {
  ^body(%a: i8, %b: f32, %d: i32):
    %f = arith.uitofp %a : i8 to f32
    %r = kernel.uniform %d {stream = 1 : i64}
    %p = arith.mulf %f, %r : f32
    kernel.yield %p, %b : f32, f32
  }

  // A result that has the channels from the second on.
  // CHECK: %all, %all.1 = kernel.pointwise %x, %c {extent = array<i64: 4, 3>, first_channels = array<i64: 0, 1>, layer = "all"} : (tensor<2x2x3xui8>, tensor<3xf32>) -> (tensor<2x2x3xf32>, tensor<2x2x2xf32>) {
  %1:2 = kernel.pointwise %x, %c {extent = array<i64: 4, 3>, first_channels = array<i64: 0, 1>, layer = "all"} : (tensor<2x2x3xui8>, tensor<3xf32>) -> (tensor<2x2x3xf32>, tensor<2x2x2xf32>) {
  ^body(%a: i8, %b: f32):
    kernel.yield %b, %b : f32, f32
  }
}

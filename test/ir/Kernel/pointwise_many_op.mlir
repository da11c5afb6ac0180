// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s

// CHECK-LABEL: cnn.step @many
cnn.step @many {
  %a = cnn.input "a" as tensor<6xf32> : tensor<6xf32>
  %b = cnn.input "b" as tensor<2x2xf32> : tensor<2x2xf32>
  %rate = cnn.scalar "learning_rate" : tensor<f32>
  // CHECK: %scaled, %scaled.1 = kernel.pointwise_many %a, %b, %learning_rate {counts = array<i64: 6, 4>, layer = "scaled", scalars = 1 : i64} : (tensor<6xf32>, tensor<2x2xf32>, tensor<f32>) -> (tensor<6xf16>, tensor<2x2xf16>) {
  // CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32):
  %0:2 = kernel.pointwise_many %a, %b, %rate {counts = array<i64: 6, 4>, layer = "scaled", scalars = 1 : i64} : (tensor<6xf32>, tensor<2x2xf32>, tensor<f32>) -> (tensor<6xf16>, tensor<2x2xf16>) {
  ^bb0(%x: f32, %y: f32):
    %1 = arith.mulf %x, %y : f32
    kernel.yield %1 : f32
  }
}

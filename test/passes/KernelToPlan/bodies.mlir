// RUN: fanfold-opt %s --plan-memory | FileCheck %s

// One function for each result, of what that result needs; equal functions are made once.
// CHECK-LABEL: plan.step @train
// CHECK: plan.launch "pointwise" body [@pointwise_0, @pointwise_1]
// CHECK: plan.launch "pointwise" body [@pointwise_1]
// CHECK: plan.launch "pointwise" body [@pointwise_2]
// CHECK: plan.launch "pointwise" body [@pointwise_3]
// CHECK: func.func private @pointwise_0(%[[X:.*]]: f32) -> f32 {
// CHECK-NEXT: return %[[X]] : f32
// CHECK: func.func private @pointwise_1(%[[X:.*]]: f32) -> f32 {
// CHECK-NEXT: %[[T:.*]] = math.tanh %[[X]] : f32
// CHECK-NEXT: return %[[T]] : f32
// CHECK: func.func private @pointwise_2(%[[X:.*]]: f32, %[[Y:.*]]: f32) -> f32 {
// CHECK-NEXT: %[[S:.*]] = arith.subf %[[Y]], %[[X]] : f32
// CHECK-NEXT: return %[[S]] : f32
// One that draws random numbers takes the element's index, last.
// CHECK: func.func private @pointwise_3(%{{.*}}: f32, %[[SEED:.*]]: i32, %[[INDEX:.*]]: i64) -> f32 {
// CHECK-NEXT: %[[R:.*]] = emitc.call_opaque "fanfold::kernels::uniform"(%[[SEED]], %[[INDEX]]) {args = [0 : index, 5 : i32, 1 : index]} : (i32, i64) -> f32
// CHECK-NEXT: return %[[R]] : f32
// CHECK-NOT: func.func
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %seed = cnn.scalar "seed" : tensor<i32>
  %0:2 = kernel.pointwise %x {extent = array<i64: 4, 3>} : (tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  ^bb0(%a: f32):
    %t = math.tanh %a : f32
    kernel.yield %a, %t : f32, f32
  }
  %1 = kernel.pointwise %0#1 {extent = array<i64: 4, 3>} : (tensor<4x3xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: f32):
    %t = math.tanh %a : f32
    kernel.yield %t : f32
  }
  %2 = kernel.pointwise %0#0, %1 {extent = array<i64: 4, 3>} : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: f32, %b: f32):
    %s = arith.subf %b, %a : f32
    kernel.yield %s : f32
  }
  %3 = kernel.pointwise %2, %seed {extent = array<i64: 4, 3>} : (tensor<4x3xf32>, tensor<i32>) -> tensor<4x3xf32> {
  ^bb0(%a: f32, %s: i32):
    %r = kernel.uniform %s {stream = 5 : i64}
    kernel.yield %r : f32
  }
  cnn.output %3 as "y" : tensor<4x3xf32>
}

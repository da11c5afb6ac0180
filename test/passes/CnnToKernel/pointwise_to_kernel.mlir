// RUN: fanfold-opt %s --cnn-to-kernel | FileCheck %s

// CHECK-LABEL: cnn.step @pointwise
cnn.step @pointwise {
  %x = cnn.input "x" as tensor<4x2x2x3xf32> : tensor<4x2x2x3xf32>
  %b = cnn.input "b" as tensor<3xf32> : tensor<3xf32>
  %seed = cnn.scalar "seed" : tensor<i32>
  // The space of the kernel is rows by channels; a vector has one element for each channel.
  // CHECK: %bias = kernel.pointwise %x, %b {extent = array<i64: 16, 3>, layer = "bias"} : (tensor<4x2x2x3xf32>, tensor<3xf32>) -> tensor<4x2x2x3xf32> {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[B:.*]]: f32):
  // CHECK-NEXT:   %[[SUM:.*]] = arith.addf %[[X]], %[[B]] : f32
  // CHECK-NEXT:   kernel.yield %[[SUM]] : f32
  // CHECK-NEXT: }
  %bias = cnn.bias %x, %b : (tensor<4x2x2x3xf32>, tensor<3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: %add = kernel.pointwise %bias, %x {{.*}} {
  // CHECK: arith.addf
  %add = cnn.add %bias, %x : (tensor<4x2x2x3xf32>, tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: %scale = kernel.pointwise %add {{.*}} {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
  // CHECK-NEXT:   %[[C:.*]] = arith.constant 5.000000e-01 : f32
  // CHECK-NEXT:   arith.mulf %[[X]], %[[C]] : f32
  %scale = cnn.scale %add by(0.5) : (tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // x < 0 ? 0 : x keeps a NaN.
  // CHECK: %relu = kernel.pointwise %scale {{.*}} {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
  // CHECK-NEXT:   %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK-NEXT:   %[[LESS:.*]] = arith.cmpf olt, %[[X]], %[[ZERO]] : f32
  // CHECK-NEXT:   %[[Y:.*]] = arith.select %[[LESS]], %[[ZERO]], %[[X]] : f32
  // CHECK-NEXT:   kernel.yield %[[Y]] : f32
  %relu = cnn.relu %scale : (tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: %relu6 = kernel.pointwise %relu {{.*}} {
  // CHECK: %[[SIX:.*]] = arith.constant 6.000000e+00 : f32
  // CHECK: %[[Y:.*]] = arith.select
  // CHECK: %[[MORE:.*]] = arith.cmpf ogt, %[[Y]], %[[SIX]] : f32
  // CHECK: arith.select %[[MORE]], %[[SIX]], %[[Y]] : f32
  %relu6 = cnn.relu6 %relu : (tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: %sigmoid = kernel.pointwise %relu6 {{.*}} {
  // CHECK: math.exp
  // CHECK: arith.divf
  %sigmoid = cnn.sigmoid %relu6 : (tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: %tanh = kernel.pointwise %sigmoid {{.*}} {
  // CHECK: math.tanh
  %tanh = cnn.tanh %sigmoid : (tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: %drop = kernel.pointwise %tanh, %seed {{.*}} : (tensor<4x2x2x3xf32>, tensor<i32>) -> tensor<4x2x2x3xf32> {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[SEED:.*]]: i32):
  // CHECK: %[[DRAWN:.*]] = kernel.uniform %[[SEED]] {stream = 7 : i64}
  // CHECK: %[[SCALE:.*]] = arith.constant 1.33333337 : f32
  // CHECK: %[[KEPT:.*]] = arith.mulf %[[X]], %[[SCALE]] : f32
  // CHECK: %[[RATE:.*]] = arith.constant 2.500000e-01 : f32
  // CHECK: %[[LESS:.*]] = arith.cmpf olt, %[[DRAWN]], %[[RATE]] : f32
  // CHECK: arith.select %[[LESS]], %{{.*}}, %[[KEPT]] : f32
  %drop = cnn.dropout_apply %tanh, %seed {name = "drop", rate = 0.25 : f64, stream = 7 : i64} : (tensor<4x2x2x3xf32>, tensor<i32>) -> tensor<4x2x2x3xf32>
  // Gradients of activations are functions of the result.
  // CHECK: kernel.pointwise %drop, %relu {{.*}}layer = "relu.grad"
  // CHECK: arith.cmpf ogt
  %rg = cnn.relu_grad %drop, %relu {name = "relu.grad"} : (tensor<4x2x2x3xf32>, tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: kernel.pointwise %{{.*}}, %relu6 {{.*}}layer = "relu6.grad"
  // CHECK-COUNT-2: arith.cmpf ogt
  %r6g = cnn.relu6_grad %rg, %relu6 {name = "relu6.grad"} : (tensor<4x2x2x3xf32>, tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: kernel.pointwise %{{.*}}, %sigmoid {{.*}}layer = "sigmoid.grad"
  // CHECK-NEXT: ^bb0(%[[DY:.*]]: f32, %[[Y:.*]]: f32):
  // CHECK-NEXT:   %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
  // CHECK-NEXT:   %[[R:.*]] = arith.subf %[[ONE]], %[[Y]] : f32
  // CHECK-NEXT:   %[[D:.*]] = arith.mulf %[[Y]], %[[R]] : f32
  // CHECK-NEXT:   arith.mulf %[[DY]], %[[D]] : f32
  %sg = cnn.sigmoid_grad %r6g, %sigmoid {name = "sigmoid.grad"} : (tensor<4x2x2x3xf32>, tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: kernel.pointwise %{{.*}}, %tanh {{.*}}layer = "tanh.grad"
  %tg = cnn.tanh_grad %sg, %tanh {name = "tanh.grad"} : (tensor<4x2x2x3xf32>, tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  // A sum over the rows is a result of its own kind.
  // CHECK: kernel.pointwise %{{.*}} {extent = array<i64: 16, 3>, layer = "bgrad", sums = 1 : i64} : (tensor<4x2x2x3xf32>) -> tensor<3xf32> {
  // CHECK-NEXT: ^bb0(%[[DY:.*]]: f32):
  // CHECK-NEXT:   kernel.yield %[[DY]] : f32
  %db = cnn.channel_sum %tg {name = "bgrad"} : (tensor<4x2x2x3xf32>) -> tensor<3xf32>
  cnn.output %db as "db" : tensor<3xf32>
}

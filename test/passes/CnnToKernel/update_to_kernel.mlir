// RUN: fanfold-opt %s --cnn-to-kernel | FileCheck %s

// Bodies are the formulas of the ops' descriptions, term by term.
// CHECK-LABEL: cnn.step @updates
cnn.step @updates {
  %w = cnn.input "w" as tensor<3x2xf32> : tensor<3x2xf32>
  %g = cnn.input "g" as tensor<3x2xf32> : tensor<3x2xf32>
  %v = cnn.input "v" as tensor<3x2xf32> : tensor<3x2xf32>
  %lr = cnn.scalar "learning_rate" : tensor<f32>
  %m = cnn.scalar "momentum" : tensor<f32>
  %d = cnn.scalar "weight_decay" : tensor<f32>
  // CHECK: %plain, %plain.1 = kernel.pointwise %w, %g, %v, %learning_rate, %momentum, %weight_decay {extent = array<i64: 3, 2>, layer = "plain"}
  // CHECK-NEXT: ^bb0(%[[W:.*]]: f32, %[[G:.*]]: f32, %[[V:.*]]: f32, %[[LR:.*]]: f32, %[[M:.*]]: f32, %{{.*}}: f32):
  // CHECK-NEXT:   %[[MV:.*]] = arith.mulf %[[M]], %[[V]] : f32
  // CHECK-NEXT:   %[[NEWV:.*]] = arith.addf %[[MV]], %[[G]] : f32
  // CHECK-NEXT:   %[[STEP:.*]] = arith.mulf %[[LR]], %[[NEWV]] : f32
  // CHECK-NEXT:   %[[NEWW:.*]] = arith.subf %[[W]], %[[STEP]] : f32
  // CHECK-NEXT:   kernel.yield %[[NEWW]], %[[NEWV]] : f32, f32
  %0:2 = cnn.sgd %w, %g, %v, %lr, %m, %d {name = "plain"} : (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> (tensor<3x2xf32>, tensor<3x2xf32>)
  // CHECK: %nesterov, %nesterov.1 = kernel.pointwise
  // CHECK-NEXT: ^bb0(%[[W:.*]]: f32, %[[G:.*]]: f32, %[[V:.*]]: f32, %[[LR:.*]]: f32, %[[M:.*]]: f32, %[[D:.*]]: f32):
  // CHECK-NEXT:   %[[DW:.*]] = arith.mulf %[[D]], %[[W]] : f32
  // CHECK-NEXT:   %[[GD:.*]] = arith.addf %[[G]], %[[DW]] : f32
  // CHECK-NEXT:   %[[MV:.*]] = arith.mulf %[[M]], %[[V]] : f32
  // CHECK-NEXT:   %[[NEWV:.*]] = arith.addf %[[MV]], %[[GD]] : f32
  // CHECK-NEXT:   %[[AHEAD:.*]] = arith.mulf %[[M]], %[[NEWV]] : f32
  // CHECK-NEXT:   %[[DIR:.*]] = arith.addf %[[GD]], %[[AHEAD]] : f32
  // CHECK-NEXT:   arith.mulf %[[LR]], %[[DIR]] : f32
  %1:2 = cnn.sgd %w, %g, %v, %lr, %m, %d {decay, name = "nesterov", nesterov} : (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> (tensor<3x2xf32>, tensor<3x2xf32>)
  // CHECK: %adamw, %adamw.1, %adamw.2 = kernel.pointwise %w, %g, %v, %v, {{.*}} {extent = array<i64: 3, 2>, layer = "adamw"}
  // CHECK: %[[S:.*]] = math.sqrt
  // CHECK: kernel.yield %{{.*}}, %{{.*}}, %{{.*}} : f32, f32, f32
  %2:3 = cnn.adamw %w, %g, %v, %v, %lr, %m, %m, %m, %d, %lr, %lr {decay, name = "adamw"} : (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>)
  // CHECK: %norm = kernel.sum_of_squares %w {layer = "norm"} : (tensor<3x2xf32>) -> tensor<f32>
  %n = cnn.sum_of_squares %w {name = "norm"} : (tensor<3x2xf32>) -> tensor<f32>
  // The rate of LARS is 1 where a norm is zero.
  // CHECK: %lars, %lars.1 = kernel.pointwise %w, %g, %v, %norm, %norm,
  // CHECK-COUNT-2: arith.select
  %3:2 = cnn.lars %w, %g, %v, %n, %n, %lr, %m, %d, %m, %m {name = "lars"} : (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> (tensor<3x2xf32>, tensor<3x2xf32>)
  cnn.output %0#0 as "0" : tensor<3x2xf32>
  cnn.output %1#0 as "1" : tensor<3x2xf32>
  cnn.output %2#0 as "2" : tensor<3x2xf32>
  cnn.output %3#0 as "3" : tensor<3x2xf32>
}

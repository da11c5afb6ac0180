// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(fuse-pool-prologues))' --split-input-file | FileCheck %s

// Of (x - mean) * (inv_std * gamma) + beta, only the scale has to be made; both pools take it.
// CHECK-LABEL: cnn.step @fires
cnn.step @fires {
  %x = cnn.input "x" as tensor<4x8x8x16xf16> : tensor<4x8x8x16xf16>
  %mean = cnn.input "mean" as tensor<16xf32> : tensor<16xf32>
  %inv_std = cnn.input "inv_std" as tensor<16xf32> : tensor<16xf32>
  %gamma = cnn.input "gamma" as tensor<16xf32> : tensor<16xf32>
  %beta = cnn.input "beta" as tensor<16xf32> : tensor<16xf32>
  // CHECK: %relu.scale = kernel.pointwise %inv_std, %gamma {extent = array<i64: 1, 16>, layer = "relu.scale"} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32> {
  // CHECK-NEXT: ^bb0(%[[STD:.*]]: f32, %[[GAMMA:.*]]: f32):
  // CHECK-NEXT: %[[SCALE:.*]] = arith.mulf %[[STD]], %[[GAMMA]] : f32
  // CHECK-NEXT: kernel.yield %[[SCALE]] : f32
  // CHECK-NOT: kernel.pointwise
  %relu = kernel.pointwise %x, %mean, %inv_std, %gamma, %beta {extent = array<i64: 256, 16>, layer = "relu"} : (tensor<4x8x8x16xf16>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf16> {
  ^bb0(%a: f32, %m: f32, %s: f32, %g: f32, %b: f32):
    %0 = arith.mulf %s, %g : f32
    %1 = arith.subf %a, %m : f32
    %2 = arith.mulf %1, %0 : f32
    %3 = arith.addf %2, %b : f32
    %zero = arith.constant 0.0 : f32
    %4 = arith.cmpf olt, %3, %zero : f32
    %5 = arith.select %4, %zero, %3 : f32
    kernel.yield %5 : f32
  }
  // CHECK: %pool, %pool.1 = kernel.max_pool2d_places %x, %mean, %relu.scale, %beta {kernel = array<i64: 3, 3>, layer = "pool", pad = array<i64: 1, 1>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf16>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) -> (tensor<4x4x4x16xf16>, tensor<4x4x4x16xui8>)
  %pool, %places = kernel.max_pool2d_places %relu {kernel = array<i64: 3, 3>, layer = "pool", pad = array<i64: 1, 1>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf16>) -> (tensor<4x4x4x16xf16>, tensor<4x4x4x16xui8>)
  // CHECK: %other = kernel.max_pool2d %x, %mean, %relu.scale, %beta
  %other = kernel.max_pool2d %relu {kernel = array<i64: 2, 2>, layer = "other", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf16>) -> tensor<4x4x4x16xf16>
  cnn.output %pool as "pool" : tensor<4x4x4x16xf16>
  cnn.output %places as "places" : tensor<4x4x4x16xui8>
  cnn.output %other as "other" : tensor<4x4x4x16xf16>
}

// -----

// With running statistics, the other way round where sums and products allow it. A constant
// beside something computed is made with it.
// CHECK-LABEL: cnn.step @evaluation
cnn.step @evaluation {
  %x = cnn.input "x" as tensor<4x8x8x16xf32> : tensor<4x8x8x16xf32>
  %mean = cnn.input "mean" as tensor<16xf32> : tensor<16xf32>
  %variance = cnn.input "variance" as tensor<16xf32> : tensor<16xf32>
  // CHECK: %relu.scale, %relu.scale.1 = kernel.pointwise %variance {extent = array<i64: 1, 16>, layer = "relu.scale"} : (tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  // CHECK-NEXT: ^bb0(%[[VARIANCE:.*]]: f32):
  // CHECK-NEXT: %[[ROOT:.*]] = math.sqrt %[[VARIANCE]] : f32
  // CHECK-NEXT: %[[TWO:.*]] = arith.constant 2.0
  // CHECK-NEXT: kernel.yield %[[ROOT]], %[[TWO]] : f32, f32
  // CHECK-NOT: kernel.pointwise
  %relu = kernel.pointwise %mean, %variance, %x {extent = array<i64: 256, 16>, layer = "relu"} : (tensor<16xf32>, tensor<16xf32>, tensor<4x8x8x16xf32>) -> tensor<4x8x8x16xf32> {
  ^bb0(%m: f32, %v: f32, %a: f32):
    %0 = math.sqrt %v : f32
    %1 = arith.subf %a, %m : f32
    %2 = arith.mulf %0, %1 : f32
    %two = arith.constant 2.0 : f32
    %3 = arith.addf %two, %2 : f32
    %zero = arith.constant 0.0 : f32
    %4 = arith.cmpf olt, %3, %zero : f32
    %5 = arith.select %4, %zero, %3 : f32
    kernel.yield %5 : f32
  }
  // CHECK: kernel.max_pool2d %x, %mean, %relu.scale, %relu.scale.1
  %pool = kernel.max_pool2d %relu {kernel = array<i64: 3, 3>, layer = "pool", pad = array<i64: 1, 1>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>) -> tensor<4x4x4x16xf32>
  cnn.output %pool as "pool" : tensor<4x4x4x16xf32>
}

// -----

// As long as somebody else reads the activation it is written: an output, an average.
// CHECK-LABEL: cnn.step @other_readers
// CHECK: kernel.max_pool2d %as_output {
// CHECK: kernel.max_pool2d %as_average {
cnn.step @other_readers {
  %x = cnn.input "x" as tensor<4x8x8x16xf32> : tensor<4x8x8x16xf32>
  %c = cnn.input "c" as tensor<16xf32> : tensor<16xf32>
  %as_output = kernel.pointwise %x, %c {extent = array<i64: 256, 16>, layer = "as_output"} : (tensor<4x8x8x16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.subf %a, %b : f32
    %1 = arith.mulf %0, %b : f32
    %2 = arith.addf %1, %b : f32
    %zero = arith.constant 0.0 : f32
    %3 = arith.cmpf olt, %2, %zero : f32
    %4 = arith.select %3, %zero, %2 : f32
    kernel.yield %4 : f32
  }
  %0 = kernel.max_pool2d %as_output {kernel = array<i64: 2, 2>, layer = "first", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>) -> tensor<4x4x4x16xf32>
  cnn.output %as_output as "as_output" : tensor<4x8x8x16xf32>
  cnn.output %0 as "first" : tensor<4x4x4x16xf32>
  %as_average = kernel.pointwise %x, %c {extent = array<i64: 256, 16>, layer = "as_average"} : (tensor<4x8x8x16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf32> {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.subf %a, %b : f32
    %2 = arith.mulf %1, %b : f32
    %3 = arith.addf %2, %b : f32
    %zero = arith.constant 0.0 : f32
    %4 = arith.cmpf olt, %3, %zero : f32
    %5 = arith.select %4, %zero, %3 : f32
    kernel.yield %5 : f32
  }
  %1 = kernel.max_pool2d %as_average {kernel = array<i64: 2, 2>, layer = "second", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>) -> tensor<4x4x4x16xf32>
  %2 = kernel.avg_pool2d %as_average {kernel = array<i64: 2, 2>, layer = "average", pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>) -> tensor<4x4x4x16xf32>
  cnn.output %1 as "second" : tensor<4x4x4x16xf32>
  cnn.output %2 as "average" : tensor<4x4x4x16xf32>
}

// -----

// What is no max(0, (x - centre) * scale + shift): a centre minus x, a product of x with
// itself, no activation, a sum of two tensors; and one that a pool has already.
// CHECK-LABEL: cnn.step @other_functions
// CHECK: kernel.max_pool2d %turned {
// CHECK: kernel.max_pool2d %square {
// CHECK: kernel.max_pool2d %plain {
// CHECK: kernel.max_pool2d %sum {
// CHECK: kernel.max_pool2d %twice, %c, %c, %c {
cnn.step @other_functions {
  %x = cnn.input "x" as tensor<4x8x8x16xf32> : tensor<4x8x8x16xf32>
  %c = cnn.input "c" as tensor<16xf32> : tensor<16xf32>
  %turned = kernel.pointwise %x, %c {extent = array<i64: 256, 16>, layer = "turned"} : (tensor<4x8x8x16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.subf %b, %a : f32
    %1 = arith.mulf %0, %b : f32
    %2 = arith.addf %1, %b : f32
    %zero = arith.constant 0.0 : f32
    %3 = arith.cmpf olt, %2, %zero : f32
    %4 = arith.select %3, %zero, %2 : f32
    kernel.yield %4 : f32
  }
  %square = kernel.pointwise %x, %c {extent = array<i64: 256, 16>, layer = "square"} : (tensor<4x8x8x16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.subf %a, %b : f32
    %1 = arith.mulf %0, %0 : f32
    %2 = arith.addf %1, %b : f32
    %zero = arith.constant 0.0 : f32
    %3 = arith.cmpf olt, %2, %zero : f32
    %4 = arith.select %3, %zero, %2 : f32
    kernel.yield %4 : f32
  }
  %plain = kernel.pointwise %x, %c {extent = array<i64: 256, 16>, layer = "plain"} : (tensor<4x8x8x16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.subf %a, %b : f32
    %1 = arith.mulf %0, %b : f32
    %2 = arith.addf %1, %b : f32
    kernel.yield %2 : f32
  }
  %sum = kernel.pointwise %x, %plain, %c {extent = array<i64: 256, 16>, layer = "sum"} : (tensor<4x8x8x16xf32>, tensor<4x8x8x16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf32> {
  ^bb0(%a: f32, %d: f32, %b: f32):
    %0 = arith.subf %a, %b : f32
    %1 = arith.mulf %0, %b : f32
    %2 = arith.addf %1, %d : f32
    %zero = arith.constant 0.0 : f32
    %3 = arith.cmpf olt, %2, %zero : f32
    %4 = arith.select %3, %zero, %2 : f32
    kernel.yield %4 : f32
  }
  %twice = kernel.pointwise %x, %c {extent = array<i64: 256, 16>, layer = "twice"} : (tensor<4x8x8x16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.subf %a, %b : f32
    %1 = arith.mulf %0, %b : f32
    %2 = arith.addf %1, %b : f32
    %zero = arith.constant 0.0 : f32
    %3 = arith.cmpf olt, %2, %zero : f32
    %4 = arith.select %3, %zero, %2 : f32
    kernel.yield %4 : f32
  }
  %0 = kernel.max_pool2d %turned {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>) -> tensor<4x4x4x16xf32>
  %1 = kernel.max_pool2d %square {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>) -> tensor<4x4x4x16xf32>
  %2 = kernel.max_pool2d %plain {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>) -> tensor<4x4x4x16xf32>
  %3 = kernel.max_pool2d %sum {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>) -> tensor<4x4x4x16xf32>
  %4 = kernel.max_pool2d %twice, %c, %c, %c {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x8x8x16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<4x4x4x16xf32>
  cnn.output %0 as "0" : tensor<4x4x4x16xf32>
  cnn.output %1 as "1" : tensor<4x4x4x16xf32>
  cnn.output %2 as "2" : tensor<4x4x4x16xf32>
  cnn.output %3 as "3" : tensor<4x4x4x16xf32>
  cnn.output %4 as "4" : tensor<4x4x4x16xf32>
}

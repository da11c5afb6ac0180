// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(fuse-pointwise))' --split-input-file | FileCheck %s

// A chain becomes one launch, whose body is the bodies one behind the other.
// CHECK-LABEL: cnn.step @chain
cnn.step @chain {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %b = cnn.input "b" as tensor<3xf32> : tensor<3xf32>
  // CHECK: %relu = kernel.pointwise %x, %b {extent = array<i64: 4, 3>, layer = "relu"} : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x3xf32> {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[B:.*]]: f32):
  // CHECK-NEXT:   %[[SUM:.*]] = arith.addf %[[X]], %[[B]] : f32
  // CHECK-NEXT:   %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
  // CHECK-NEXT:   %[[SCALED:.*]] = arith.mulf %[[SUM]], %[[HALF]] : f32
  // CHECK-NEXT:   %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK-NEXT:   %[[LESS:.*]] = arith.cmpf olt, %[[SCALED]], %[[ZERO]] : f32
  // CHECK-NEXT:   %[[RELU:.*]] = arith.select %[[LESS]], %[[ZERO]], %[[SCALED]] : f32
  // CHECK-NEXT:   kernel.yield %[[RELU]] : f32
  // CHECK-NEXT: }
  // CHECK-NEXT: cnn.output %relu
  %bias = cnn.bias %x, %b : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  %scale = cnn.scale %bias by(0.5) : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %relu = cnn.relu %scale : (tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %relu as "relu" : tensor<4x3xf32>
}

// -----

// A result that others read too stays a result: those readers, here an output and a
// product, take it from the merged kernel.
// CHECK-LABEL: cnn.step @fork
cnn.step @fork {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  // CHECK: %sigmoid, %sigmoid.1 = kernel.pointwise %x {extent = array<i64: 4, 3>, layer = "sigmoid"}
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
  // CHECK-NEXT:   %[[TANH:.*]] = math.tanh %[[X]] : f32
  // CHECK:        kernel.yield %[[TANH]], %{{.*}} : f32, f32
  // CHECK: %fc = kernel.matmul %sigmoid, %w
  // CHECK: cnn.output %sigmoid as "tanh"
  // CHECK: cnn.output %sigmoid.1 as "sigmoid"
  %tanh = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %sigmoid = cnn.sigmoid %tanh : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %fc = cnn.dense %tanh, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  cnn.output %tanh as "tanh" : tensor<4x3xf32>
  cnn.output %sigmoid as "sigmoid" : tensor<4x3xf32>
  cnn.output %fc as "fc" : tensor<4x3xf32>
}

// -----

// Sums are results of the merged kernel, behind the others: a ReLU's gradient, and the sum
// of it that is a bias's.
// CHECK-LABEL: cnn.step @sums
cnn.step @sums {
  %dy = cnn.input "dy" as tensor<4x3xf32> : tensor<4x3xf32>
  %y = cnn.input "y" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: %db, %db.1 = kernel.pointwise %dy, %y {extent = array<i64: 4, 3>, layer = "db", sums = 1 : i64} : (tensor<4x3xf32>, tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<3xf32>)
  // CHECK: kernel.yield %[[D:.*]], %[[D]] : f32, f32
  // CHECK: cnn.output %db as "dx"
  // CHECK: cnn.output %db.1 as "db"
  %dx = cnn.relu_grad %dy, %y {name = "dx"} : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  %db = cnn.channel_sum %dx {name = "db"} : (tensor<4x3xf32>) -> tensor<3xf32>
  cnn.output %dx as "dx" : tensor<4x3xf32>
  cnn.output %db as "db" : tensor<3xf32>
}

// -----

// Refused: a sum is known only when the whole launch is over. (The bias reads it for the
// same space.)
// CHECK-LABEL: cnn.step @reads_sum
cnn.step @reads_sum {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: %sum = kernel.pointwise %x {{.*}}sums = 1
  // CHECK: %bias = kernel.pointwise %x, %sum
  %sum = cnn.channel_sum %x {name = "sum"} : (tensor<4x3xf32>) -> tensor<3xf32>
  %bias = cnn.bias %x, %sum : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  cnn.output %bias as "bias" : tensor<4x3xf32>
}

// -----

// Refused: a kernel that has a sum and an element result, whose consumer reads both.
// CHECK-LABEL: cnn.step @reads_both
cnn.step @reads_both {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: kernel.pointwise %x {{.*}} -> (tensor<4x3xf32>, tensor<3xf32>)
  // CHECK: %bias = kernel.pointwise
  %tanh = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %sum = cnn.channel_sum %tanh {name = "sum"} : (tensor<4x3xf32>) -> tensor<3xf32>
  %bias = cnn.bias %tanh, %sum : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  cnn.output %bias as "bias" : tensor<4x3xf32>
}

// -----

// Refused: between producer and consumer stands a launch that reads the one and feeds the
// other.
// CHECK-LABEL: cnn.step @order
cnn.step @order {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  // CHECK: %tanh = kernel.pointwise %x
  // CHECK: %fc = kernel.matmul %tanh, %w
  // CHECK: %add = kernel.pointwise %tanh, %fc
  %tanh = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %fc = cnn.dense %tanh, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  %add = cnn.add %tanh, %fc : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %add as "add" : tensor<4x3xf32>
}

// -----

// Allowed: the launch between them reads the producer, so the merged kernel stands before
// it, where the consumer's other operands are there already.
// CHECK-LABEL: cnn.step @earlier
cnn.step @earlier {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  // CHECK: %add, %add.1 = kernel.pointwise %x
  // CHECK: %fc = kernel.matmul %add, %w
  %tanh = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %fc = cnn.dense %tanh, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  %add = cnn.add %tanh, %x : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %fc as "fc" : tensor<4x3xf32>
  cnn.output %add as "add" : tensor<4x3xf32>
}

// -----

// Allowed: the consumer's other operand comes late, and nobody else reads the producer
// before it.
// CHECK-LABEL: cnn.step @later
cnn.step @later {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  // CHECK: %fc = kernel.matmul %x, %w
  // CHECK-NEXT: %add = kernel.pointwise %x, %fc
  %tanh = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %fc = cnn.dense %x, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  %add = cnn.add %tanh, %fc : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %add as "add" : tensor<4x3xf32>
}

// -----

// Refused: different extents, even of as many elements.
// CHECK-LABEL: cnn.step @extents
cnn.step @extents {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: %tanh = kernel.pointwise {{.*}}extent = array<i64: 4, 3>
  // CHECK: %view = kernel.view %tanh
  // CHECK: %sigmoid = kernel.pointwise {{.*}}extent = array<i64: 2, 6>
  %tanh = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %view = cnn.reshape %tanh {name = "view"} : (tensor<4x3xf32>) -> tensor<2x6xf32>
  %sigmoid = cnn.sigmoid %view : (tensor<2x6xf32>) -> tensor<2x6xf32>
  cnn.output %sigmoid as "sigmoid" : tensor<2x6xf32>
}

// -----

// The same operand twice is one operand; a producer that is read twice is merged once.
// CHECK-LABEL: cnn.step @twice
cnn.step @twice {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: %sum = kernel.pointwise %x {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
  // CHECK-NEXT:   %[[T:.*]] = math.tanh %[[X]] : f32
  // CHECK-NEXT:   %[[D:.*]] = arith.addf %[[T]], %[[T]] : f32
  // CHECK-NEXT:   arith.addf %[[D]], %[[X]] : f32
  %tanh = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %double = cnn.add %tanh, %tanh : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  %sum = cnn.add %double, %x : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %sum as "sum" : tensor<4x3xf32>
}

// -----

// Two kernels want the sum of what a third makes: one sum is left.
// CHECK-LABEL: cnn.step @twins
cnn.step @twins {
  %x = cnn.input "x" as tensor<4x8xf32> : tensor<4x8xf32>
  // CHECK: %second, %second.1 = kernel.pointwise %x {{.*}} sums = 1 : i64
  // CHECK: kernel.yield %[[TWICE:.*]], %[[TWICE]] : f32, f32
  %twice = kernel.pointwise %x {extent = array<i64: 4, 8>} : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    %0 = arith.addf %a, %a : f32
    kernel.yield %0 : f32
  }
  %first = kernel.pointwise %twice {extent = array<i64: 4, 8>, layer = "first", sums = 1 : i64} : (tensor<4x8xf32>) -> tensor<8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  %second = kernel.pointwise %twice {extent = array<i64: 4, 8>, layer = "second", sums = 1 : i64} : (tensor<4x8xf32>) -> tensor<8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  // CHECK: cnn.output %second as "twice"
  // CHECK: cnn.output %second.1 as "first"
  // CHECK: cnn.output %second.1 as "second"
  cnn.output %twice as "twice" : tensor<4x8xf32>
  cnn.output %first as "first" : tensor<8xf32>
  cnn.output %second as "second" : tensor<8xf32>
}

// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(mark-in-place))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(mark-in-place),plan-memory,verify-plan)' --split-input-file -o /dev/null
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(mark-in-place{enable=false}),plan-memory,verify-plan)' --split-input-file | FileCheck %s --check-prefix=OFF

// OFF-NOT: in_place_of

// The last reader of a value may write over it; not over an input that comes later.
// CHECK-LABEL: cnn.step @relu
cnn.step @relu {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: %tanh = kernel.pointwise %x {extent = array<i64: 4, 3>, in_place = array<i64: 0>, layer = "tanh"}
  %tanh = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %relu = kernel.pointwise %tanh {{{.*}}in_place = array<i64: 0>
  %relu = cnn.relu %tanh : (tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %relu as "relu" : tensor<4x3xf32>
}

// -----

// The trap of branches: another branch still reads the value.
// CHECK-LABEL: cnn.step @branch
cnn.step @branch {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  // CHECK: %fc = kernel.matmul
  %fc = cnn.dense %x, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  // CHECK: %relu = kernel.pointwise %fc {extent = array<i64: 4, 3>, layer = "relu"}
  %relu = cnn.relu %fc : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %tanh = kernel.pointwise %fc {{{.*}}in_place = array<i64: 0>
  %tanh = cnn.tanh %fc : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // Of two operands whose last reader this is, the first is taken.
  // CHECK: %add = kernel.pointwise %relu, %tanh {{{.*}}in_place = array<i64: 0>
  %add = cnn.add %relu, %tanh : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %add as "add" : tensor<4x3xf32>
}

// -----

// A result that took over an operand is protected like any other value: %relu lies in the
// memory of %fc, and %late reads it after %tanh would have overwritten it.
// CHECK-LABEL: cnn.step @chain
cnn.step @chain {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  %fc = cnn.dense %x, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  // CHECK: %relu = kernel.pointwise %fc {{{.*}}in_place = array<i64: 0>
  %relu = cnn.relu %fc : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %tanh = kernel.pointwise %relu {extent = array<i64: 4, 3>, layer = "tanh"}
  %tanh = cnn.tanh %relu : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %late = kernel.pointwise %relu, %tanh {{{.*}}in_place = array<i64: 0>
  %late = cnn.add %relu, %tanh : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %late as "late" : tensor<4x3xf32>
}

// -----

// The runtime reads outputs when the step is over.
// CHECK-LABEL: cnn.step @output
cnn.step @output {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  %fc = cnn.dense %x, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  cnn.output %fc as "fc" : tensor<4x3xf32>
  // CHECK: %relu = kernel.pointwise %fc {extent = array<i64: 4, 3>, layer = "relu"}
  %relu = cnn.relu %fc : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %tanh = kernel.pointwise %relu {{{.*}}in_place = array<i64: 0>
  %tanh = cnn.tanh %relu : (tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %tanh as "tanh" : tensor<4x3xf32>
}

// -----

// Views are the value: a reader of the view, which may stand behind the launch, protects
// it; a launch that reads the view last may overwrite it.
// CHECK-LABEL: cnn.step @views
cnn.step @views {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %w = cnn.input "w" as tensor<4x4xf32> : tensor<4x4xf32>
  %v = cnn.input "v" as tensor<8x3xf32> : tensor<8x3xf32>
  %fc = cnn.dense %x, %w units(4) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: %relu = kernel.pointwise %fc {extent = array<i64: 4, 4>, layer = "relu"}
  %relu = cnn.relu %fc : (tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: %flat = kernel.view %fc
  %flat = cnn.reshape %fc {name = "flat"} : (tensor<4x4xf32>) -> tensor<2x8xf32>
  %again = cnn.reshape %flat {name = "again"} : (tensor<2x8xf32>) -> tensor<1x16xf32>
  // CHECK: %fc2 = kernel.matmul %flat
  %fc2 = cnn.dense %flat, %v units(3) : (tensor<2x8xf32>, tensor<8x3xf32>) -> tensor<2x3xf32>
  // CHECK: %tanh = kernel.pointwise %again {{{.*}}in_place = array<i64: 0>
  %tanh = cnn.tanh %again : (tensor<1x16xf32>) -> tensor<1x16xf32>
  // CHECK: cnn.output
  cnn.output %relu as "relu" : tensor<4x4xf32>
  cnn.output %fc2 as "fc2" : tensor<2x3xf32>
  cnn.output %tanh as "tanh" : tensor<1x16xf32>
}

// -----

// Value and view are both operands: elements of the view are other elements.
// CHECK-LABEL: cnn.step @value_and_view
cnn.step @value_and_view {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %y = cnn.input "y" as tensor<4x4xf32> : tensor<4x4xf32>
  %b = cnn.input "b" as tensor<4xf32> : tensor<4xf32>
  // CHECK: %sum = kernel.pointwise %x, %y
  %sum = cnn.add %x, %y : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %view = cnn.reshape %sum {name = "view"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: kernel.pointwise %sum, %view {extent = array<i64: 4, 4>, layer = "twice"}
  %twice = cnn.add %sum, %view : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %twice as "twice" : tensor<4x4xf32>
}

// -----

// Two results may not take one operand.
// CHECK-LABEL: cnn.step @two_results
cnn.step @two_results {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: kernel.pointwise %x {extent = array<i64: 4, 3>, in_place = array<i64: 0, -1>}
  %0:2 = kernel.pointwise %x {extent = array<i64: 4, 3>} : (tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  ^bb0(%a: f32):
    %t = math.tanh %a : f32
    kernel.yield %a, %t : f32, f32
  }
  cnn.output %0#0 as "0" : tensor<4x3xf32>
  cnn.output %0#1 as "1" : tensor<4x3xf32>
}

// -----

// Only what is as large: neither a vector, nor the bytes of an image, nor a sum.
// CHECK-LABEL: cnn.step @sizes
cnn.step @sizes {
  %image = cnn.input "image" as tensor<4x2x2x3xui8> : tensor<4x2x2x3xui8>
  %b = cnn.input "b" as tensor<3xf32> : tensor<3xf32>
  // CHECK: %n = kernel.pointwise %image, %n.scale, %n.shift {extent = array<i64: 16, 3>, layer = "n"}
  %n = cnn.normalize %image mean(0, 0, 0) std(1, 1, 1) : (tensor<4x2x2x3xui8>) -> tensor<4x2x2x3xf32>
  // CHECK: kernel.pointwise %n {extent = array<i64: 16, 3>, layer = "sum", sums = 1 : i64}
  %sum = cnn.channel_sum %n {name = "sum"} : (tensor<4x2x2x3xf32>) -> tensor<3xf32>
  // CHECK: kernel.pointwise %sum, %b {extent = array<i64: 1, 3>, in_place = array<i64: 0>, layer = "add"}
  %add = cnn.add %sum, %b : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  cnn.output %add as "add" : tensor<3xf32>
}

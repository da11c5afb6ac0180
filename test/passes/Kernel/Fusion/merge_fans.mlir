// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(merge-fans))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(merge-fans,place-slices,mark-in-place),plan-memory,verify-plan)' --split-input-file -o /dev/null

// Forward, the gradient of the input, which takes part in a sum, and those of the filters. What read
// the first convolution's result before the second one stood there reads it behind both.
// CHECK-LABEL: cnn.step @train
// CHECK: %[[FILTERS:.*]] = kernel.concat %v, %w {layer = "a and 1 more.filters"} : (tensor<4x1x1x8xf32>, tensor<6x1x1x8xf32>) -> tensor<10x1x1x8xf32>
// CHECK: %[[BOTH:.*]] = kernel.conv2d %x, %[[FILTERS]] {{.*}}layer = "a and 1 more"{{.*}} -> tensor<2x4x4x10xf32>
// CHECK-NEXT: %a = kernel.slice %[[BOTH]] {layer = "a", offset = 0 : i64}
// CHECK-NEXT: %b = kernel.slice %[[BOTH]] {layer = "b", offset = 4 : i64}
// CHECK-NEXT: %ra = kernel.pointwise %a
// CHECK: %da = kernel.pointwise %ra
// CHECK: %db = kernel.pointwise %b
// CHECK: %[[GRADIENTS:.*]] = kernel.concat %da, %db {layer = "a.dgrad and 1 more.gradients"} : {{.*}} -> tensor<2x4x4x10xf32>
// CHECK: %[[DGRAD:.*]] = kernel.conv2d_dgrad %[[GRADIENTS]], %[[FILTERS]]
// CHECK-NOT: conv2d_dgrad
// CHECK: %[[WGRAD:.*]] = kernel.conv2d_wgrad %x, %[[GRADIENTS]] {{.*}} -> tensor<10x1x1x8xf32>
// CHECK-NEXT: %[[DV:.*]] = kernel.slice %[[WGRAD]] {layer = "a.wgrad", offset = 0 : i64} : (tensor<10x1x1x8xf32>) -> tensor<4x1x1x8xf32>
// CHECK-NEXT: %[[DW:.*]] = kernel.slice %[[WGRAD]] {layer = "b.wgrad", offset = 4 : i64} : (tensor<10x1x1x8xf32>) -> tensor<6x1x1x8xf32>
// CHECK-NOT: conv2d_wgrad
// CHECK: %[[DX:.*]] = kernel.pointwise %g, %[[DGRAD]]
// CHECK: cnn.output %[[DV]] as "dv"
// CHECK: cnn.output %[[DW]] as "dw"
// CHECK: cnn.output %[[DX]] as "dx"
cnn.step @train {
  %x = cnn.input "x" as tensor<2x4x4x8xf32> : tensor<2x4x4x8xf32>
  %v = cnn.input "v" as tensor<4x1x1x8xf32> : tensor<4x1x1x8xf32>
  %w = cnn.input "w" as tensor<6x1x1x8xf32> : tensor<6x1x1x8xf32>
  %g = cnn.input "g" as tensor<2x4x4x8xf32> : tensor<2x4x4x8xf32>
  %a = kernel.conv2d %x, %v {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "a", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<4x1x1x8xf32>) -> tensor<2x4x4x4xf32>
  %ra = kernel.pointwise %a {extent = array<i64: 32, 4>, layer = "ra"} : (tensor<2x4x4x4xf32>) -> tensor<2x4x4x4xf32> {
  ^bb0(%0: f32):
    %1 = math.tanh %0 : f32
    kernel.yield %1 : f32
  }
  %b = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "b", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<6x1x1x8xf32>) -> tensor<2x4x4x6xf32>
  %da = kernel.pointwise %ra {extent = array<i64: 32, 4>, layer = "da"} : (tensor<2x4x4x4xf32>) -> tensor<2x4x4x4xf32> {
  ^bb0(%0: f32):
    %1 = math.exp %0 : f32
    kernel.yield %1 : f32
  }
  %adx = kernel.conv2d_dgrad %da, %v {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "a.dgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x4xf32>, tensor<4x1x1x8xf32>) -> tensor<2x4x4x8xf32>
  %dv = kernel.conv2d_wgrad %x, %da {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "a.wgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<2x4x4x4xf32>) -> tensor<4x1x1x8xf32>
  %sa = kernel.pointwise %g, %adx {extent = array<i64: 32, 8>, layer = "fork"} : (tensor<2x4x4x8xf32>, tensor<2x4x4x8xf32>) -> tensor<2x4x4x8xf32> {
  ^bb0(%0: f32, %1: f32):
    %2 = arith.addf %0, %1 : f32
    kernel.yield %2 : f32
  }
  %db = kernel.pointwise %b {extent = array<i64: 32, 6>, layer = "db"} : (tensor<2x4x4x6xf32>) -> tensor<2x4x4x6xf32> {
  ^bb0(%0: f32):
    %1 = math.exp %0 : f32
    kernel.yield %1 : f32
  }
  %bdx = kernel.conv2d_dgrad %db, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "b.dgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x6xf32>, tensor<6x1x1x8xf32>) -> tensor<2x4x4x8xf32>
  %dw = kernel.conv2d_wgrad %x, %db {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "b.wgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<2x4x4x6xf32>) -> tensor<6x1x1x8xf32>
  %sb = kernel.pointwise %sa, %bdx {extent = array<i64: 32, 8>, layer = "fork"} : (tensor<2x4x4x8xf32>, tensor<2x4x4x8xf32>) -> tensor<2x4x4x8xf32> {
  ^bb0(%0: f32, %1: f32):
    %2 = arith.addf %0, %1 : f32
    kernel.yield %2 : f32
  }
  cnn.output %dv as "dv" : tensor<4x1x1x8xf32>
  cnn.output %dw as "dw" : tensor<6x1x1x8xf32>
  cnn.output %sb as "dx" : tensor<2x4x4x8xf32>
}

// -----

// Only the forward pass: the gradient of the second input is read by itself as well.
// CHECK-LABEL: cnn.step @read_apart
// CHECK: kernel.conv2d %x, {{.*}} -> tensor<2x4x4x16xf32>
// CHECK-NOT: kernel.conv2d %
// CHECK-COUNT-2: kernel.conv2d_dgrad
cnn.step @read_apart {
  %x = cnn.input "x" as tensor<2x4x4x8xf32> : tensor<2x4x4x8xf32>
  %v = cnn.input "v" as tensor<8x1x1x8xf32> : tensor<8x1x1x8xf32>
  %w = cnn.input "w" as tensor<8x1x1x8xf32> : tensor<8x1x1x8xf32>
  %a = kernel.conv2d %x, %v {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "a", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<8x1x1x8xf32>) -> tensor<2x4x4x8xf32>
  %b = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "b", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<8x1x1x8xf32>) -> tensor<2x4x4x8xf32>
  %da = kernel.copy %a {layer = "da"} : (tensor<2x4x4x8xf32>) -> tensor<2x4x4x8xf32>
  %db = kernel.copy %b {layer = "db"} : (tensor<2x4x4x8xf32>) -> tensor<2x4x4x8xf32>
  %adx = kernel.conv2d_dgrad %da, %v {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "a.dgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<8x1x1x8xf32>) -> tensor<2x4x4x8xf32>
  %bdx = kernel.conv2d_dgrad %db, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "b.dgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<8x1x1x8xf32>) -> tensor<2x4x4x8xf32>
  %sum = kernel.pointwise %adx, %bdx {extent = array<i64: 32, 8>, layer = "fork"} : (tensor<2x4x4x8xf32>, tensor<2x4x4x8xf32>) -> tensor<2x4x4x8xf32> {
  ^bb0(%0: f32, %1: f32):
    %2 = arith.addf %0, %1 : f32
    kernel.yield %2 : f32
  }
  cnn.output %bdx as "bdx" : tensor<2x4x4x8xf32>
  cnn.output %sum as "dx" : tensor<2x4x4x8xf32>
}

// -----

// Other windows, epilogues, and convolutions whose filter needs the other's result stay apart.
// CHECK-LABEL: cnn.step @apart
// CHECK-NOT: kernel.concat
// CHECK-COUNT-4: kernel.conv2d %x
cnn.step @apart {
  %x = cnn.input "x" as tensor<2x4x4x8xf32> : tensor<2x4x4x8xf32>
  %v = cnn.input "v" as tensor<8x1x1x8xf32> : tensor<8x1x1x8xf32>
  %w = cnn.input "w" as tensor<8x3x3x8xf32> : tensor<8x3x3x8xf32>
  %a = kernel.conv2d %x, %v {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "a", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<8x1x1x8xf32>) -> tensor<2x4x4x8xf32>
  %b = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "b", pad = array<i64: 1, 1>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<8x3x3x8xf32>) -> tensor<2x4x4x8xf32>
  %c = kernel.conv2d %x, %v {activation = "relu", dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "c", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<8x1x1x8xf32>) -> tensor<2x4x4x8xf32>
  %made = kernel.view %a {layer = "made"} : (tensor<2x4x4x8xf32>) -> tensor<32x1x1x8xf32>
  %d = kernel.conv2d %x, %made {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "d", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<2x4x4x8xf32>, tensor<32x1x1x8xf32>) -> tensor<2x4x4x32xf32>
  cnn.output %b as "b" : tensor<2x4x4x8xf32>
  cnn.output %c as "c" : tensor<2x4x4x8xf32>
  cnn.output %d as "d" : tensor<2x4x4x32xf32>
}

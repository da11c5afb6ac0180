// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(fuse-conv-pointwise))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(fuse-conv-pointwise,mark-in-place))' --split-input-file | FileCheck %s --check-prefix=PLACES

// The end of a residual block: the product becomes the body's first argument, wherever the
// kernel had it. The other gradient may be overwritten, what is multiplied may not.
// CHECK-LABEL: cnn.step @train
cnn.step @train {
  %dy = cnn.input "dy" as tensor<4x8x8x16xf16> : tensor<4x8x8x16xf16>
  %w = cnn.input "w" as tensor<16x1x1x64xf16> : tensor<16x1x1x64xf16>
  %forward = cnn.input "y" as tensor<4x8x8x64xf16> : tensor<4x8x8x64xf16>
  %a = cnn.input "a" as tensor<4x8x8x64xf16> : tensor<4x8x8x64xf16>
  %other = kernel.copy %a {layer = "other"} : (tensor<4x8x8x64xf16>) -> tensor<4x8x8x64xf16>
  // CHECK-NOT: kernel.conv2d_dgrad
  // CHECK: %end, %end.1 = kernel.conv_pointwise %dy, %w, %other, %forward {extent = array<i64: 256, 64>, gradient, layer = "end", pad = array<i64: 0, 0>, sums = 1 : i64} : (tensor<4x8x8x16xf16>, tensor<16x1x1x64xf16>, tensor<4x8x8x64xf16>, tensor<4x8x8x64xf16>) -> (tensor<4x8x8x64xf16>, tensor<64xf32>) {
  // CHECK-NEXT: ^bb0(%[[PRODUCT:.*]]: f32, %[[OTHER:.*]]: f32, %[[FORWARD:.*]]: f32):
  // CHECK-NEXT: arith.addf %[[OTHER]], %[[PRODUCT]]
  // CHECK: arith.cmpf ogt, %[[FORWARD]]
  // PLACES: kernel.conv_pointwise {{.*}} in_place = array<i64: 2, -1>
  %dx = kernel.conv2d_dgrad %dy, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "dx", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<16x1x1x64xf16>) -> tensor<4x8x8x64xf16>
  %end, %sum = kernel.pointwise %other, %dx, %forward {extent = array<i64: 256, 64>, layer = "end", sums = 1 : i64} : (tensor<4x8x8x64xf16>, tensor<4x8x8x64xf16>, tensor<4x8x8x64xf16>) -> (tensor<4x8x8x64xf16>, tensor<64xf32>) {
  ^bb0(%o: f32, %d: f32, %f: f32):
    %0 = arith.addf %o, %d : f32
    %zero = arith.constant 0.0 : f32
    %1 = arith.cmpf ogt, %f, %zero : f32
    %2 = arith.select %1, %0, %zero : f32
    kernel.yield %2, %2 : f32, f32
  }
  cnn.output %end as "end" : tensor<4x8x8x64xf16>
  cnn.output %sum as "sum" : tensor<64xf32>
}

// -----

// A later reader of the product gets it as a result; a window is no obstacle.
// CHECK-LABEL: cnn.step @train
cnn.step @train {
  %x = cnn.input "x" as tensor<4x8x8x16xbf16> : tensor<4x8x8x16xbf16>
  %w = cnn.input "w" as tensor<64x3x3x16xbf16> : tensor<64x3x3x16xbf16>
  // CHECK-NOT: kernel.conv2d
  // CHECK: %twice, %twice.1 = kernel.conv_pointwise %x, %w {extent = array<i64: 256, 64>, layer = "twice", pad = array<i64: 1, 1>}
  // CHECK-NEXT: ^bb0(%[[PRODUCT:.*]]: f32):
  // CHECK: kernel.yield %[[PRODUCT]], %{{.*}} : f32, f32
  %conv = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 1, 1>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xbf16>, tensor<64x3x3x16xbf16>) -> tensor<4x8x8x64xbf16>
  %twice = kernel.pointwise %conv {extent = array<i64: 256, 64>, layer = "twice"} : (tensor<4x8x8x64xbf16>) -> tensor<4x8x8x64xbf16> {
  ^bb0(%a: f32):
    %0 = arith.addf %a, %a : f32
    kernel.yield %0 : f32
  }
  // CHECK: kernel.copy %twice :
  // CHECK: cnn.output %twice.1
  %copy = kernel.copy %conv : (tensor<4x8x8x64xbf16>) -> tensor<4x8x8x64xbf16>
  cnn.output %twice as "twice" : tensor<4x8x8x64xbf16>
  cnn.output %copy as "copy" : tensor<4x8x8x64xbf16>
}

// -----

// Kept apart: a reader that comes before the kernel, an epilogue, a stride, groups, and a result
// that is no element of the kernel's space.
// CHECK-LABEL: cnn.step @train
// CHECK-NOT: kernel.conv_pointwise
cnn.step @train {
  %x = cnn.input "x" as tensor<1x4x4x8xf16> : tensor<1x4x4x8xf16>
  %w = cnn.input "w" as tensor<8x1x1x8xf16> : tensor<8x1x1x8xf16>
  %g = cnn.input "g" as tensor<8x1x1x4xf16> : tensor<8x1x1x4xf16>
  %b = cnn.input "b" as tensor<8xf16> : tensor<8xf16>
  %one = cnn.input "one" as tensor<1x1x1x8xf16> : tensor<1x1x1x8xf16>
  %early = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x4x4x8xf16>, tensor<8x1x1x8xf16>) -> tensor<1x4x4x8xf16>
  %copy = kernel.copy %early : (tensor<1x4x4x8xf16>) -> tensor<1x4x4x8xf16>
  %bias = kernel.conv2d %x, %w, %b {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x4x4x8xf16>, tensor<8x1x1x8xf16>, tensor<8xf16>) -> tensor<1x4x4x8xf16>
  %stride = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<1x4x4x8xf16>, tensor<8x1x1x8xf16>) -> tensor<1x4x4x8xf16>
  %groups = kernel.conv2d %x, %g {dilation = array<i64: 1, 1>, groups = 2 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x4x4x8xf16>, tensor<8x1x1x4xf16>) -> tensor<1x4x4x8xf16>
  %vector = kernel.conv2d %one, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x1x1x8xf16>, tensor<8x1x1x8xf16>) -> tensor<1x1x1x8xf16>
  %all = kernel.pointwise %early, %bias, %stride, %groups, %vector {extent = array<i64: 16, 8>} : (tensor<1x4x4x8xf16>, tensor<1x4x4x8xf16>, tensor<1x4x4x8xf16>, tensor<1x4x4x8xf16>, tensor<1x1x1x8xf16>) -> tensor<1x4x4x8xf16> {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
    %5 = arith.addf %0, %1 : f32
    %6 = arith.addf %2, %3 : f32
    %7 = arith.addf %5, %6 : f32
    %8 = arith.addf %7, %4 : f32
    kernel.yield %8 : f32
  }
  cnn.output %copy as "copy" : tensor<1x4x4x8xf16>
  cnn.output %all as "all" : tensor<1x4x4x8xf16>
}

// -----

// A step that does not train keeps its launches.
// CHECK-LABEL: cnn.step @evaluate
// CHECK: kernel.conv2d
// CHECK: kernel.pointwise
cnn.step @evaluate {
  %x = cnn.input "x" as tensor<1x4x4x8xf16> : tensor<1x4x4x8xf16>
  %w = cnn.input "w" as tensor<8x1x1x8xf16> : tensor<8x1x1x8xf16>
  %conv = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x4x4x8xf16>, tensor<8x1x1x8xf16>) -> tensor<1x4x4x8xf16>
  %twice = kernel.pointwise %conv {extent = array<i64: 16, 8>} : (tensor<1x4x4x8xf16>) -> tensor<1x4x4x8xf16> {
  ^bb0(%a: f32):
    %0 = arith.addf %a, %a : f32
    kernel.yield %0 : f32
  }
  cnn.output %twice as "twice" : tensor<1x4x4x8xf16>
}

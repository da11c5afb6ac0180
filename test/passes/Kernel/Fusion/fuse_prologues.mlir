// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(fuse-prologues))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(fuse-prologues,mark-in-place))' --split-input-file | FileCheck %s --check-prefix=PLACES
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(mark-in-place))' --split-input-file | FileCheck %s --check-prefix=APART

// Normalisation and ReLU move into both readers; what is left is as small as the channels.
// Of (y - mean) * (inv_std * gamma) + beta, the scale is inv_std * gamma and the shift
// (0 - mean) * (inv_std * gamma) + beta. A padded convolution takes it too: its padding is 0
// behind the prologue.
// CHECK-LABEL: cnn.step @fires
cnn.step @fires {
  %y = cnn.input "y" as tensor<4x8x8x16xf16> : tensor<4x8x8x16xf16>
  %w = cnn.input "w" as tensor<32x3x3x16xf16> : tensor<32x3x3x16xf16>
  %dz = cnn.input "dz" as tensor<4x8x8x32xf16> : tensor<4x8x8x32xf16>
  %mean = cnn.input "mean" as tensor<16xf32> : tensor<16xf32>
  %inv_std = cnn.input "inv_std" as tensor<16xf32> : tensor<16xf32>
  %gamma = cnn.input "gamma" as tensor<16xf32> : tensor<16xf32>
  %beta = cnn.input "beta" as tensor<16xf32> : tensor<16xf32>
  // CHECK: %relu.scale, %relu.scale.1 = kernel.pointwise %mean, %inv_std, %gamma, %beta {extent = array<i64: 1, 16>, layer = "relu.scale"} : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) -> (tensor<16xf16>, tensor<16xf16>) {
  // CHECK-NEXT: ^bb0(%[[MEAN:.*]]: f32, %[[STD:.*]]: f32, %[[GAMMA:.*]]: f32, %[[BETA:.*]]: f32):
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1.0
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK-DAG: %[[CENTRE:.*]] = arith.subf %[[ZERO]], %[[MEAN]]
  // CHECK-DAG: %[[FACTOR:.*]] = arith.mulf %[[STD]], %[[GAMMA]]
  // CHECK-DAG: %[[SCALE:.*]] = arith.mulf %[[ONE]], %[[FACTOR]]
  // CHECK-DAG: %[[SCALED:.*]] = arith.mulf %[[CENTRE]], %[[FACTOR]]
  // CHECK: %[[SHIFT:.*]] = arith.addf %[[SCALED]], %[[BETA]]
  // CHECK-NEXT: kernel.yield %[[SCALE]], %[[SHIFT]] : f32, f32
  // CHECK-NOT: kernel.pointwise
  %relu = kernel.pointwise %y, %mean, %inv_std, %gamma, %beta {extent = array<i64: 256, 16>, layer = "relu"} : (tensor<4x8x8x16xf16>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<4x8x8x16xf16> {
  ^bb0(%a: f32, %m: f32, %s: f32, %g: f32, %b: f32):
    %0 = arith.subf %a, %m : f32
    %1 = arith.mulf %s, %g : f32
    %2 = arith.mulf %0, %1 : f32
    %3 = arith.addf %2, %b : f32
    %zero = arith.constant 0.0 : f32
    %4 = arith.cmpf olt, %3, %zero : f32
    %5 = arith.select %4, %zero, %3 : f32
    kernel.yield %5 : f32
  }
  // CHECK: %conv, %conv.1, %conv.2 = kernel.conv2d_statistics %y, %w, %relu.scale, %relu.scale.1 {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 1, 1>, stride = array<i64: 1, 1>}
  %conv, %sum, %squares = kernel.conv2d_statistics %relu, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 1, 1>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<32x3x3x16xf16>) -> (tensor<4x8x8x32xf16>, tensor<32xf32>, tensor<32xf32>)
  // CHECK: %wgrad = kernel.conv2d_wgrad %y, %dz, %relu.scale, %relu.scale.1
  %wgrad = kernel.conv2d_wgrad %relu, %dz {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "wgrad", pad = array<i64: 1, 1>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<4x8x8x32xf16>) -> tensor<32x3x3x16xf16>
  // CHECK: cnn.output %conv as "conv"
  // CHECK: cnn.output %conv.1 as "sum"
  cnn.output %conv as "conv" : tensor<4x8x8x32xf16>
  cnn.output %sum as "sum" : tensor<32xf32>
  cnn.output %wgrad as "wgrad" : tensor<32x3x3x16xf16>
}

// -----

// As long as somebody else reads the activation it is written: a pool, a convolution that
// takes it as its filter or as its gradient, one without statistics, an output.
// CHECK-LABEL: cnn.step @other_readers
// CHECK-NOT: kernel.conv2d_statistics %y
// CHECK-NOT: kernel.conv2d_wgrad %y
cnn.step @other_readers {
  %y = cnn.input "y" as tensor<4x1x1x16xf16> : tensor<4x1x1x16xf16>
  %w = cnn.input "w" as tensor<16x1x1x16xf16> : tensor<16x1x1x16xf16>
  %shift = cnn.input "shift" as tensor<16xf32> : tensor<16xf32>
  %as_output = kernel.pointwise %y, %shift {extent = array<i64: 4, 16>, layer = "as_output"} : (tensor<4x1x1x16xf16>, tensor<16xf32>) -> tensor<4x1x1x16xf16> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    %zero = arith.constant 0.0 : f32
    %1 = arith.cmpf olt, %0, %zero : f32
    %2 = arith.select %1, %zero, %0 : f32
    kernel.yield %2 : f32
  }
  %wgrad = kernel.conv2d_wgrad %as_output, %y {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "wgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x1x1x16xf16>, tensor<4x1x1x16xf16>) -> tensor<16x1x1x16xf16>
  cnn.output %as_output as "as_output" : tensor<4x1x1x16xf16>
  cnn.output %wgrad as "wgrad" : tensor<16x1x1x16xf16>

  %as_gradient = kernel.pointwise %y, %shift {extent = array<i64: 4, 16>, layer = "as_gradient"} : (tensor<4x1x1x16xf16>, tensor<16xf32>) -> tensor<4x1x1x16xf16> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %b : f32
    %zero = arith.constant 0.0 : f32
    %1 = arith.cmpf olt, %0, %zero : f32
    %2 = arith.select %1, %zero, %0 : f32
    kernel.yield %2 : f32
  }
  %both = kernel.conv2d_wgrad %as_gradient, %as_gradient {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "both", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x1x1x16xf16>, tensor<4x1x1x16xf16>) -> tensor<16x1x1x16xf16>
  cnn.output %both as "both" : tensor<16x1x1x16xf16>

  %plain = kernel.pointwise %y, %shift {extent = array<i64: 4, 16>, layer = "plain"} : (tensor<4x1x1x16xf16>, tensor<16xf32>) -> tensor<4x1x1x16xf16> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %b : f32
    %zero = arith.constant 0.0 : f32
    %1 = arith.cmpf olt, %0, %zero : f32
    %2 = arith.select %1, %zero, %0 : f32
    kernel.yield %2 : f32
  }
  %conv = kernel.conv2d %plain, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x1x1x16xf16>, tensor<16x1x1x16xf16>) -> tensor<4x1x1x16xf16>
  %conv_wgrad = kernel.conv2d_wgrad %plain, %y {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv_wgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x1x1x16xf16>, tensor<4x1x1x16xf16>) -> tensor<16x1x1x16xf16>
  cnn.output %conv as "conv" : tensor<4x1x1x16xf16>
  cnn.output %conv_wgrad as "conv_wgrad" : tensor<16x1x1x16xf16>
}

// -----

// What is no max(0, scale * y + shift): a square, the sum of two tensors (the end of a
// residual block), another activation, a result that is wider than y.
// CHECK-LABEL: cnn.step @other_functions
// CHECK-NOT: conv2d_wgrad %y
cnn.step @other_functions {
  %y = cnn.input "y" as tensor<4x8x8x16xf16> : tensor<4x8x8x16xf16>
  %dz = cnn.input "dz" as tensor<4x8x8x16xf16> : tensor<4x8x8x16xf16>
  %square = kernel.pointwise %y {extent = array<i64: 256, 16>, layer = "square"} : (tensor<4x8x8x16xf16>) -> tensor<4x8x8x16xf16> {
  ^bb0(%a: f32):
    %0 = arith.mulf %a, %a : f32
    %zero = arith.constant 0.0 : f32
    %1 = arith.cmpf olt, %0, %zero : f32
    %2 = arith.select %1, %zero, %0 : f32
    kernel.yield %2 : f32
  }
  %sum = kernel.pointwise %y, %dz {extent = array<i64: 256, 16>, layer = "sum"} : (tensor<4x8x8x16xf16>, tensor<4x8x8x16xf16>) -> tensor<4x8x8x16xf16> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    %zero = arith.constant 0.0 : f32
    %1 = arith.cmpf olt, %0, %zero : f32
    %2 = arith.select %1, %zero, %0 : f32
    kernel.yield %2 : f32
  }
  %clip = kernel.pointwise %y {extent = array<i64: 256, 16>, layer = "clip"} : (tensor<4x8x8x16xf16>) -> tensor<4x8x8x16xf16> {
  ^bb0(%a: f32):
    %zero = arith.constant 0.0 : f32
    %six = arith.constant 6.0 : f32
    %0 = arith.cmpf olt, %a, %zero : f32
    %1 = arith.select %0, %zero, %a : f32
    %2 = arith.cmpf olt, %six, %1 : f32
    %3 = arith.select %2, %six, %1 : f32
    kernel.yield %3 : f32
  }
  %wide = kernel.pointwise %y {extent = array<i64: 256, 16>, layer = "wide"} : (tensor<4x8x8x16xf16>) -> tensor<4x8x8x16xf32> {
  ^bb0(%a: f32):
    %zero = arith.constant 0.0 : f32
    %0 = arith.cmpf olt, %a, %zero : f32
    %1 = arith.select %0, %zero, %a : f32
    kernel.yield %1 : f32
  }
  %0 = kernel.conv2d_wgrad %square, %dz {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "w0", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<4x8x8x16xf16>) -> tensor<16x1x1x16xf16>
  %1 = kernel.conv2d_wgrad %sum, %dz {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "w1", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<4x8x8x16xf16>) -> tensor<16x1x1x16xf16>
  %2 = kernel.conv2d_wgrad %clip, %dz {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "w2", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<4x8x8x16xf16>) -> tensor<16x1x1x16xf16>
  %3 = kernel.conv2d_wgrad %wide, %dz {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "w3", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf32>, tensor<4x8x8x16xf16>) -> tensor<16x1x1x16xf16>
  cnn.output %0 as "0" : tensor<16x1x1x16xf16>
  cnn.output %1 as "1" : tensor<16x1x1x16xf16>
  cnn.output %2 as "2" : tensor<16x1x1x16xf16>
  cnn.output %3 as "3" : tensor<16x1x1x16xf16>
}

// -----

// A ReLU alone has no vectors to make a scale and a shift of.
// CHECK-LABEL: cnn.step @relu_alone
// CHECK: kernel.conv2d_wgrad %relu, %dz {
cnn.step @relu_alone {
  %y = cnn.input "y" as tensor<4x8x8x16xf16> : tensor<4x8x8x16xf16>
  %dz = cnn.input "dz" as tensor<4x8x8x16xf16> : tensor<4x8x8x16xf16>
  %relu = kernel.pointwise %y {extent = array<i64: 256, 16>, layer = "relu"} : (tensor<4x8x8x16xf16>) -> tensor<4x8x8x16xf16> {
  ^bb0(%a: f32):
    %zero = arith.constant 0.0 : f32
    %0 = arith.cmpf olt, %a, %zero : f32
    %1 = arith.select %0, %zero, %a : f32
    kernel.yield %1 : f32
  }
  %0 = kernel.conv2d_wgrad %relu, %dz {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "w", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<4x8x8x16xf16>) -> tensor<16x1x1x16xf16>
  cnn.output %0 as "0" : tensor<16x1x1x16xf16>
}

// -----

// What was read for the last time before the weight gradient is read by it now: nothing may
// overwrite it in between.
// CHECK-LABEL: cnn.step @lives_longer
// PLACES-LABEL: cnn.step @lives_longer
// APART-LABEL: cnn.step @lives_longer
cnn.step @lives_longer {
  %x = cnn.input "x" as tensor<4x8x8x16xf16> : tensor<4x8x8x16xf16>
  %w = cnn.input "w" as tensor<16x1x1x16xf16> : tensor<16x1x1x16xf16>
  %shift = cnn.input "shift" as tensor<16xf32> : tensor<16xf32>
  %y = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "y", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<16x1x1x16xf16>) -> tensor<4x8x8x16xf16>
  %relu = kernel.pointwise %y, %shift {extent = array<i64: 256, 16>, layer = "relu"} : (tensor<4x8x8x16xf16>, tensor<16xf32>) -> tensor<4x8x8x16xf16> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    %zero = arith.constant 0.0 : f32
    %1 = arith.cmpf olt, %0, %zero : f32
    %2 = arith.select %1, %zero, %0 : f32
    kernel.yield %2 : f32
  }
  // APART: %other = kernel.pointwise %y {extent = array<i64: 256, 16>, in_place = array<i64: 0>, layer = "other"}
  // PLACES: %other = kernel.pointwise %y {extent = array<i64: 256, 16>, layer = "other"}
  %other = kernel.pointwise %y {extent = array<i64: 256, 16>, layer = "other"} : (tensor<4x8x8x16xf16>) -> tensor<4x8x8x16xf16> {
  ^bb0(%a: f32):
    %0 = arith.mulf %a, %a : f32
    kernel.yield %0 : f32
  }
  // PLACES: kernel.conv2d_wgrad %y, %other, %relu.scale, %relu.scale.1
  %0 = kernel.conv2d_wgrad %relu, %other {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "wgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x16xf16>, tensor<4x8x8x16xf16>) -> tensor<16x1x1x16xf16>
  cnn.output %0 as "0" : tensor<16x1x1x16xf16>
}

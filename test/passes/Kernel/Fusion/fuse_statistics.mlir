// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(fuse-statistics))' --split-input-file | FileCheck %s

// The sums come out of the convolution; what is left of the statistics is small.
// CHECK-LABEL: cnn.step @fires
cnn.step @fires {
  %x = cnn.input "x" as tensor<4x8x8x3xf32> : tensor<4x8x8x3xf32>
  %w = cnn.input "w" as tensor<6x3x3x3xf32> : tensor<6x3x3x3xf32>
  %c = cnn.input "c" as tensor<6xf32> : tensor<6xf32>
  // CHECK: %conv, %conv.1, %conv.2 = kernel.conv2d_statistics %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x3xf32>, tensor<6x3x3x3xf32>) -> (tensor<4x6x6x6xf32>, tensor<6xf32>, tensor<6xf32>)
  %conv = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x3xf32>, tensor<6x3x3x3xf32>) -> tensor<4x6x6x6xf32>
  // Means are over batch, height and width: 4 x 6 x 6.
  // CHECK-NEXT: %bn, %bn.1, %bn.2, %bn.3 = kernel.batch_norm_finalize %conv.1, %conv.2, %c, %c {{.*}}= 144 : i64
  // CHECK-NOT: batch_norm_statistics
  %bn:4 = kernel.batch_norm_statistics %conv, %c, %c {epsilon = 1.0e-3 : f64, layer = "bn", momentum = 0.1 : f64} : (tensor<4x6x6x6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>)
  // CHECK: cnn.output %conv as "conv"
  // CHECK: cnn.output %bn as "mean"
  cnn.output %conv as "conv" : tensor<4x6x6x6xf32>
  cnn.output %bn#0 as "mean" : tensor<6xf32>
}

// -----

// Statistics are of the convolution's own result: behind an activation there are others,
// and what no convolution makes has none.
// CHECK-LABEL: cnn.step @does_not_fire
cnn.step @does_not_fire {
  %x = cnn.input "x" as tensor<4x8x8x3xf32> : tensor<4x8x8x3xf32>
  %w = cnn.input "w" as tensor<3x3x3x3xf32> : tensor<3x3x3x3xf32>
  %c = cnn.input "c" as tensor<3xf32> : tensor<3xf32>
  // CHECK: kernel.conv2d %x, %w {activation = "relu"
  // CHECK: kernel.batch_norm_statistics %conv
  // CHECK: kernel.batch_norm_statistics %x
  // CHECK-NOT: conv2d_statistics
  %conv = kernel.conv2d %x, %w {activation = "relu", dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x3xf32>, tensor<3x3x3x3xf32>) -> tensor<4x6x6x3xf32>
  %a:4 = kernel.batch_norm_statistics %conv, %c, %c {epsilon = 1.0e-3 : f64, layer = "a", momentum = 0.1 : f64} : (tensor<4x6x6x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
  %b:4 = kernel.batch_norm_statistics %x, %c, %c {epsilon = 1.0e-3 : f64, layer = "b", momentum = 0.1 : f64} : (tensor<4x8x8x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
  cnn.output %a#0 as "a" : tensor<3xf32>
  cnn.output %b#0 as "b" : tensor<3xf32>
}

// -----

// Every part is summed once: %a, which no convolution makes and which is normalised alone
// too, by a kernel of its own; %conv by the convolution. The sums lie side by side as the
// tensors do.
// CHECK-LABEL: cnn.step @parts
cnn.step @parts {
  %a = cnn.input "a" as tensor<4x6x6x8xf16> : tensor<4x6x6x8xf16>
  %w = cnn.input "w" as tensor<4x1x1x8xf16> : tensor<4x1x1x8xf16>
  %c8 = cnn.input "c8" as tensor<8xf32> : tensor<8xf32>
  %c12 = cnn.input "c12" as tensor<12xf32> : tensor<12xf32>
  %c16 = cnn.input "c16" as tensor<16xf32> : tensor<16xf32>
  // CHECK: %input.sums, %input.sums.1 = kernel.pointwise %a {extent = array<i64: 144, 8>, layer = "input.sums", sums = 2 : i64} : (tensor<4x6x6x8xf16>) -> (tensor<8xf32>, tensor<8xf32>) {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
  // CHECK-NEXT: %[[XX:.*]] = arith.mulf %[[X]], %[[X]] : f32
  // CHECK-NEXT: kernel.yield %[[X]], %[[XX]] : f32, f32
  // CHECK: kernel.batch_norm_finalize %input.sums, %input.sums.1, %c8, %c8 {epsilon = 1.000000e-03 : f64, layer = "alone", momentum = 1.000000e-01 : f64, rows = 144 : i64}
  %alone:4 = kernel.batch_norm_statistics %a, %c8, %c8 {epsilon = 1.0e-3 : f64, layer = "alone", momentum = 0.1 : f64} : (tensor<4x6x6x8xf16>, tensor<8xf32>, tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
  // CHECK: %conv, %conv.1, %conv.2 = kernel.conv2d_statistics %a, %w
  %conv = kernel.conv2d %a, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x6x6x8xf16>, tensor<4x1x1x8xf16>) -> tensor<4x6x6x4xf16>
  // CHECK: %first = kernel.concat %a, %conv
  // CHECK-NEXT: %first.sums = kernel.concat %input.sums, %conv.1 {layer = "first.sums"} : (tensor<8xf32>, tensor<4xf32>) -> tensor<12xf32>
  // CHECK-NEXT: %[[SQUARES:.*]] = kernel.concat %input.sums.1, %conv.2
  %first = kernel.concat %a, %conv {layer = "first"} : (tensor<4x6x6x8xf16>, tensor<4x6x6x4xf16>) -> tensor<4x6x6x12xf16>
  // CHECK: kernel.batch_norm_finalize %first.sums, %[[SQUARES]], %c12, %c12 {{.*}}layer = "of_first"
  %of_first:4 = kernel.batch_norm_statistics %first, %c12, %c12 {epsilon = 1.0e-3 : f64, layer = "of_first", momentum = 0.1 : f64} : (tensor<4x6x6x12xf16>, tensor<12xf32>, tensor<12xf32>) -> (tensor<12xf32>, tensor<12xf32>, tensor<12xf32>, tensor<12xf32>)
  // What sums already is not summed again.
  // CHECK: %other, %other.1, %other.2 = kernel.conv2d_statistics %a, %w
  %other:3 = kernel.conv2d_statistics %a, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "other", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x6x6x8xf16>, tensor<4x1x1x8xf16>) -> (tensor<4x6x6x4xf16>, tensor<4xf32>, tensor<4xf32>)
  // CHECK: %second.sums = kernel.concat %first.sums, %other.1
  // CHECK-NEXT: %[[SQUARES2:.*]] = kernel.concat %[[SQUARES]], %other.2
  %second = kernel.concat %first, %other#0 {layer = "second"} : (tensor<4x6x6x12xf16>, tensor<4x6x6x4xf16>) -> tensor<4x6x6x16xf16>
  // CHECK: %of_second, {{.*}} = kernel.batch_norm_finalize %second.sums, %[[SQUARES2]], %c16, %c16
  // CHECK-NOT: batch_norm_statistics
  %of_second:4 = kernel.batch_norm_statistics %second, %c16, %c16 {epsilon = 1.0e-3 : f64, layer = "of_second", momentum = 0.1 : f64} : (tensor<4x6x6x16xf16>, tensor<16xf32>, tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>)
  // CHECK: cnn.output %of_second as "mean"
  cnn.output %alone#0 as "alone" : tensor<8xf32>
  cnn.output %of_first#0 as "first" : tensor<12xf32>
  cnn.output %of_second#0 as "mean" : tensor<16xf32>
}

// -----

// In full precision the variance would lose digits.
// CHECK-LABEL: cnn.step @full_precision
// CHECK: kernel.batch_norm_statistics %both
cnn.step @full_precision {
  %a = cnn.input "a" as tensor<4x6x6x8xf32> : tensor<4x6x6x8xf32>
  %b = cnn.input "b" as tensor<4x6x6x8xf32> : tensor<4x6x6x8xf32>
  %c = cnn.input "c" as tensor<16xf32> : tensor<16xf32>
  %both = kernel.concat %a, %b {layer = "both"} : (tensor<4x6x6x8xf32>, tensor<4x6x6x8xf32>) -> tensor<4x6x6x16xf32>
  %n:4 = kernel.batch_norm_statistics %both, %c, %c {epsilon = 1.0e-3 : f64, layer = "n", momentum = 0.1 : f64} : (tensor<4x6x6x16xf32>, tensor<16xf32>, tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>)
  cnn.output %n#0 as "n" : tensor<16xf32>
}

// -----

// Of channels of what a convolution makes: channels of its sums.
// CHECK-LABEL: cnn.step @slices
cnn.step @slices {
  %x = cnn.input "x" as tensor<4x8x8x3xf32> : tensor<4x8x8x3xf32>
  %w = cnn.input "w" as tensor<6x3x3x3xf32> : tensor<6x3x3x3xf32>
  %c = cnn.input "c" as tensor<2xf32> : tensor<2xf32>
  %d = cnn.input "d" as tensor<4xf32> : tensor<4xf32>
  // CHECK: %conv, %conv.1, %conv.2 = kernel.conv2d_statistics %x, %w
  %conv = kernel.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, layer = "conv", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x8x8x3xf32>, tensor<6x3x3x3xf32>) -> tensor<4x6x6x6xf32>
  %a = kernel.slice %conv {layer = "a", offset = 0 : i64} : (tensor<4x6x6x6xf32>) -> tensor<4x6x6x2xf32>
  %b = kernel.slice %conv {layer = "b", offset = 2 : i64} : (tensor<4x6x6x6xf32>) -> tensor<4x6x6x4xf32>
  // CHECK-DAG: %[[SUM_A:.*]] = kernel.slice %conv.1 {layer = "a", offset = 0 : i64} : (tensor<6xf32>) -> tensor<2xf32>
  // CHECK-DAG: %[[SQUARES_A:.*]] = kernel.slice %conv.2 {layer = "a", offset = 0 : i64}
  // CHECK-DAG: %[[SUM_B:.*]] = kernel.slice %conv.1 {layer = "b", offset = 2 : i64} : (tensor<6xf32>) -> tensor<4xf32>
  // CHECK-DAG: %[[SQUARES_B:.*]] = kernel.slice %conv.2 {layer = "b", offset = 2 : i64}
  // CHECK: kernel.batch_norm_finalize %[[SUM_A]], %[[SQUARES_A]], %c, %c {{.*}}= 144 : i64
  // CHECK: kernel.batch_norm_finalize %[[SUM_B]], %[[SQUARES_B]], %d, %d {{.*}}= 144 : i64
  // CHECK-NOT: batch_norm_statistics
  %m:4 = kernel.batch_norm_statistics %a, %c, %c {epsilon = 1.0e-3 : f64, layer = "m", momentum = 0.1 : f64} : (tensor<4x6x6x2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  %n:4 = kernel.batch_norm_statistics %b, %d, %d {epsilon = 1.0e-3 : f64, layer = "n", momentum = 0.1 : f64} : (tensor<4x6x6x4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
  cnn.output %m#0 as "m" : tensor<2xf32>
  cnn.output %n#0 as "n" : tensor<4xf32>
}

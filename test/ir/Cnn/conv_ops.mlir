// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s
// RUN: fanfold-opt %s --infer-shapes=batch=4 | FileCheck %s --check-prefix=SHAPE
// RUN: fanfold-opt %s --infer-shapes=batch=4 | fanfold-opt | FileCheck %s --check-prefix=SHAPE

// The default deviation is sqrt(2 / (3 * 3 * 24)).
// SHAPE: cnn.variable @plain.weight "parameter" init {a = 0.000000e+00 : f64, b = 0.096225044864937631 : f64, kind = "normal"} : tensor<8x3x3x24xf32> {decay}
// SHAPE: cnn.variable @all.weight "parameter" init {a = 0.000000e+00 : f64, b = 5.000000e-01 : f64, kind = "normal"} : tensor<16x3x1x6xf32> {decay}

// CHECK-LABEL: cnn.model @conv
// SHAPE-LABEL: cnn.model @conv
cnn.model @conv {
  %x = cnn.input "x" as tensor<?x9x7x24xf32>
  // One number stands for both directions.
  // CHECK: %plain = cnn.conv2d %x filters(8) kernel(3)
  // SHAPE: %plain.weight = cnn.read @plain.weight : tensor<8x3x3x24xf32>
  // SHAPE: %plain = cnn.conv2d %x, %plain.weight filters(8) kernel(3) : (tensor<4x9x7x24xf32>, tensor<8x3x3x24xf32>) -> tensor<4x7x5x8xf32>
  %plain = cnn.conv2d %x kernel(3, 3) filters(8)
  // Clauses come in any order and are printed in one.
  // CHECK: %all = cnn.conv2d %x filters(16) kernel(3, 1) stride(2) pad(1, 0) dilation(2, 1) groups(4) init(normal, std = 0.5)
  // SHAPE: %all = cnn.conv2d {{.*}} : (tensor<4x9x7x24xf32>, tensor<16x3x1x6xf32>) -> tensor<4x4x4x16xf32>
  %all = cnn.conv2d %x init(normal, std = 0.5) groups(4) dilation(2, 1) pad(1, 0) stride(2) kernel(3, 1) filters(16)
  // Depthwise: as many groups as channels.
  // SHAPE: %depthwise = cnn.conv2d {{.*}} -> tensor<4x9x7x24xf32>
  %depthwise = cnn.conv2d %x filters(24) kernel(3) pad(1) groups(24)
  // The window may be as large as the padded image.
  // SHAPE: %whole = cnn.conv2d {{.*}} -> tensor<4x1x1x2xf32>
  %whole = cnn.conv2d %x filters(2) kernel(11, 9) pad(1)
  // Rows that the stride does not reach are dropped.
  // SHAPE: %dropped = cnn.conv2d {{.*}} -> tensor<4x2x1x2xf32>
  %dropped = cnn.conv2d %x filters(2) kernel(2) stride(6)
  cnn.loss %plain
}

// The derived ops, as passes make them.
// CHECK-LABEL: cnn.step @gradients
cnn.step @gradients {
  %x = cnn.input "x" as tensor<4x9x7x24xf32> : tensor<4x9x7x24xf32>
  %w = cnn.input "w" as tensor<8x3x3x24xf32> : tensor<8x3x3x24xf32>
  %dy = cnn.input "dy" as tensor<4x7x5x8xf32> : tensor<4x7x5x8xf32>
  // CHECK: %c.dgrad = cnn.conv2d_dgrad %dy, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, name = "c.dgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x7x5x8xf32>, tensor<8x3x3x24xf32>) -> tensor<4x9x7x24xf32>
  %dx = cnn.conv2d_dgrad %dy, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, name = "c.dgrad", pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x7x5x8xf32>, tensor<8x3x3x24xf32>) -> tensor<4x9x7x24xf32>
  // CHECK: %{{.*}} = cnn.conv2d_wgrad %x, %dy {{{.*}}} : (tensor<4x9x7x24xf32>, tensor<4x7x5x8xf32>) -> tensor<8x3x3x24xf32>
  %dw = cnn.conv2d_wgrad %x, %dy {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x9x7x24xf32>, tensor<4x7x5x8xf32>) -> tensor<8x3x3x24xf32>
}

// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s
// RUN: fanfold-opt %s --infer-shapes=batch=4 | FileCheck %s --check-prefix=SHAPE
// RUN: fanfold-opt %s --infer-shapes=batch=4 | fanfold-opt | FileCheck %s --check-prefix=SHAPE

// The default initialisation of a dense layer: 1 / sqrt(25) = 0.2.
// SHAPE-DAG: cnn.variable @fc.weight "parameter" init {a = -2.000000e-01 : f64, b = 2.000000e-01 : f64, kind = "uniform"} : tensor<25x10xf32> {decay}
// Weight decay spares biases.
// SHAPE-DAG: cnn.variable @fc_bias.bias "parameter" init {a = 0.000000e+00 : f64, b = 0.000000e+00 : f64, kind = "fill"} : tensor<10xf32>{{$}}
// sqrt(2 / 25), sqrt(6 / 24), sqrt(6 / 30)
// SHAPE-DAG: cnn.variable @he.weight "parameter" init {a = 0.000000e+00 : f64, b = 0.28284271247461901 : f64, kind = "normal"}
// SHAPE-DAG: cnn.variable @he_uniform.weight "parameter" init {a = -5.000000e-01 : f64, b = 5.000000e-01 : f64, kind = "uniform"} : tensor<24x8xf32>
// SHAPE-DAG: cnn.variable @glorot.weight "parameter" init {a = -0.44721359549995793 : f64, b = 0.44721359549995793 : f64, kind = "uniform"} : tensor<24x6xf32>

// CHECK-LABEL: cnn.model @dense
// SHAPE-LABEL: cnn.model @dense
cnn.model @dense {
  %x = cnn.input "x" as tensor<?x25xf32>
  // CHECK: %fc = cnn.dense %x units(10)
  // SHAPE: %fc = cnn.dense %x, %fc.weight units(10) : (tensor<4x25xf32>, tensor<25x10xf32>) -> tensor<4x10xf32>
  %fc = cnn.dense %x units(10)
  // CHECK: %fc_bias = cnn.bias %fc
  // SHAPE: %fc_bias = cnn.bias %fc, %fc_bias.bias : (tensor<4x10xf32>, tensor<10xf32>) -> tensor<4x10xf32>
  %fc_bias = cnn.bias %fc
  // CHECK: %he = cnn.dense %x units(24) init(he_normal)
  %he = cnn.dense %x units(24) init(he_normal)
  // CHECK: %he_uniform = cnn.dense %he units(8) init(he_uniform)
  %he_uniform = cnn.dense %he units(8) init(he_uniform)
  %glorot = cnn.dense %he units(6) init(glorot_uniform)
  // A bias goes over the last dimension of any tensor.
  %image = cnn.input "image" as tensor<?x5x5x3xf32>
  // SHAPE: %image_bias = cnn.bias %image, %image_bias.bias : (tensor<4x5x5x3xf32>, tensor<3xf32>) -> tensor<4x5x5x3xf32>
  %image_bias = cnn.bias %image
  cnn.loss %fc_bias
}

// The derived ops, as passes make them.
// CHECK-LABEL: cnn.step @gradients
cnn.step @gradients {
  %x = cnn.input "x" as tensor<4x25xf32> : tensor<4x25xf32>
  %dy = cnn.input "dy" as tensor<4x10xf32> : tensor<4x10xf32>
  // CHECK: cnn.matmul %x, %dy {transpose_lhs} : (tensor<4x25xf32>, tensor<4x10xf32>) -> tensor<25x10xf32>
  %dw = cnn.matmul %x, %dy {transpose_lhs} : (tensor<4x25xf32>, tensor<4x10xf32>) -> tensor<25x10xf32>
  // CHECK: %fc.dgrad = cnn.matmul %dy, %{{.*}} {name = "fc.dgrad", transpose_rhs}
  %dx = cnn.matmul %dy, %dw {name = "fc.dgrad", transpose_rhs} : (tensor<4x10xf32>, tensor<25x10xf32>) -> tensor<4x25xf32>
  // CHECK: cnn.channel_sum %dy : (tensor<4x10xf32>) -> tensor<10xf32>
  %db = cnn.channel_sum %dy : (tensor<4x10xf32>) -> tensor<10xf32>
}

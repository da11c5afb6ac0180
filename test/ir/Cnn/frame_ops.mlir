// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s

// Blocks, their instances and choices.
// CHECK-LABEL: cnn.block @none(%arg0) {
cnn.block @none(%x) {
  // CHECK: cnn.yield %arg0
  cnn.yield %x
}

// CHECK-LABEL: cnn.block @two(%arg0, %arg1) params(width, project = 1, shift = -3) {
cnn.block @two(%a, %b) params(width, project = 1, shift = 0 - 3) {
  // CHECK: %sum = cnn.if(project == 1) {
  // CHECK:   %conv = cnn.conv2d %arg0 filters(width * 4) kernel(1)
  // CHECK:   cnn.yield %conv
  // CHECK: } else {
  // CHECK:   cnn.yield %arg1
  // CHECK: }
  %sum = cnn.if(project == 1) {
    %conv = cnn.conv2d %a filters(width*4) kernel(1)
    cnn.yield %conv
  } else {
    cnn.yield %b
  }
  // CHECK: cnn.use @none(%sum){{$}}
  %0 = cnn.use @none(%sum)
  cnn.yield %0
}

// CHECK-LABEL: cnn.model @model {
cnn.model @model {
  // CHECK: %image = cnn.input "image" as tensor<?x8x8x3xui8>
  %image = cnn.input "image" as tensor<?x8x8x3xui8>
  // CHECK: %two = cnn.use @two(%image, %image) with(project = 0, width = 2 * n) repeat(n + 1)
  %two = cnn.use @two(%image, %image) with(width = 2*n, project = 0) repeat(n + 1)
  // CHECK: cnn.loss %two{{$}}
  cnn.loss %two
}

// CHECK: cnn.recipe @model batch(256) epochs(0.5) optimizer(sgd, learning_rate = 0.1, nesterov = true) schedule(step, milestones = [30, 60.5]) augment(flip = false) precision(fp32)
cnn.recipe @model precision(fp32) augment(flip = false)
  schedule(step, milestones = [30, 60.5]) optimizer(sgd, learning_rate = 0.1, nesterov = true)
  epochs(0.5) batch(256)

// Steps.
// CHECK: cnn.variable @w "parameter" init {a = 0.000000e+00 : f64, b = 1.000000e+00 : f64, kind = "normal"} : tensor<2xf32> {decay}
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 1.0 : f64, kind = "normal"} : tensor<2xf32> {decay}
// CHECK: cnn.variable @c "constant" init {kind = "data", value = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>} : tensor<2xf32>
cnn.variable @c "constant" init {kind = "data", value = dense<[1.0, 2.0]> : tensor<2xf32>} : tensor<2xf32>

// CHECK-LABEL: cnn.step @train {
cnn.step @train {
  // CHECK: %x = cnn.input "x" as tensor<4x2xf32> : tensor<4x2xf32>
  %x = cnn.input "x" as tensor<4x2xf32> : tensor<4x2xf32>
  // CHECK: %w = cnn.read @w : tensor<2xf32>
  %0 = cnn.read @w : tensor<2xf32>
  // CHECK: %learning_rate = cnn.scalar "learning_rate" : tensor<f32>
  %1 = cnn.scalar "learning_rate" : tensor<f32>
  // CHECK: cnn.write %w to @w : tensor<2xf32>
  cnn.write %0 to @w : tensor<2xf32>
  // CHECK: cnn.output %learning_rate as "loss" : tensor<f32>
  cnn.output %1 as "loss" : tensor<f32>
}

// RUN: fanfold-opt %s --cnn-to-kernel | FileCheck %s

// CHECK-LABEL: cnn.step @losses
cnn.step @losses {
  %x = cnn.input "x" as tensor<4x10xf32> : tensor<4x10xf32>
  %label = cnn.input "label" as tensor<4xi32> : tensor<4xi32>
  // CHECK: %loss, %loss.1 = kernel.softmax_cross_entropy %x, %label {layer = "loss", smoothing = 1.000000e-01 : f64} : (tensor<4x10xf32>, tensor<4xi32>) -> (tensor<f32>, tensor<4x10xf32>)
  %loss, %p = cnn.softmax_cross_entropy_forward %x, %label {name = "loss", smoothing = 0.1 : f64} : (tensor<4x10xf32>, tensor<4xi32>) -> (tensor<f32>, tensor<4x10xf32>)
  // CHECK: %loss.grad = kernel.softmax_cross_entropy_grad %loss.1, %label, %loss {layer = "loss.grad", smoothing = 1.000000e-01 : f64}
  %g = cnn.softmax_cross_entropy_grad %p, %label, %loss {name = "loss.grad", smoothing = 0.1 : f64} : (tensor<4x10xf32>, tensor<4xi32>, tensor<f32>) -> tensor<4x10xf32>
  // CHECK: %top5 = kernel.accuracy %x, %label {layer = "top5", top = 5 : i64} : (tensor<4x10xf32>, tensor<4xi32>) -> tensor<f32>
  %top5 = cnn.accuracy %x, %label top(5) : (tensor<4x10xf32>, tensor<4xi32>) -> tensor<f32>
  // CHECK: %top1 = kernel.accuracy %x, %label {layer = "top1", top = 1 : i64}
  %top1 = cnn.accuracy %x, %label : (tensor<4x10xf32>, tensor<4xi32>) -> tensor<f32>
  cnn.output %g as "g" : tensor<4x10xf32>
  cnn.output %top1 as "top1" : tensor<f32>
  cnn.output %top5 as "top5" : tensor<f32>
}

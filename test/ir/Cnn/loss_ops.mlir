// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s
// RUN: fanfold-opt %s --infer-shapes=batch=4 | FileCheck %s --check-prefix=SHAPE
// RUN: fanfold-opt %s --infer-shapes=batch=4 | fanfold-opt | FileCheck %s --check-prefix=SHAPE

// CHECK-LABEL: cnn.model @loss
// SHAPE-LABEL: cnn.model @loss
cnn.model @loss {
  %logits = cnn.input "logits" as tensor<?x10xf32>
  %label = cnn.input "label" as tensor<?xi32>
  // CHECK: %loss = cnn.softmax_cross_entropy %logits, %label smoothing(0.1){{$}}
  // SHAPE: %loss = cnn.softmax_cross_entropy %logits, %label smoothing(0.1) : (tensor<4x10xf32>, tensor<4xi32>) -> tensor<f32>
  %loss = cnn.softmax_cross_entropy %logits, %label smoothing(0.1)
  // CHECK: %top1 = cnn.accuracy %logits, %label{{$}}
  // SHAPE: %top1 = cnn.accuracy %logits, %label : (tensor<4x10xf32>, tensor<4xi32>) -> tensor<f32>
  %top1 = cnn.accuracy %logits, %label
  // CHECK: %top10 = cnn.accuracy %logits, %label top(10){{$}}
  %top10 = cnn.accuracy %logits, %label top(10)
  // CHECK: cnn.loss %loss metrics(top1 = %top1, top10 = %top10)
  // SHAPE: cnn.loss %loss metrics(top1 = %top1, top10 = %top10) : tensor<f32>, tensor<f32>, tensor<f32>
  cnn.loss %loss metrics(top1 = %top1, top10 = %top10)
}

// The derived ops, as passes make them.
// CHECK-LABEL: cnn.step @derived
cnn.step @derived {
  %logits = cnn.input "logits" as tensor<4x10xf32> : tensor<4x10xf32>
  %label = cnn.input "label" as tensor<4xi32> : tensor<4xi32>
  // CHECK: %loss, %loss.1 = cnn.softmax_cross_entropy_forward %logits, %label {name = "loss", smoothing = 1.000000e-01 : f64}
  %loss, %p = cnn.softmax_cross_entropy_forward %logits, %label {name = "loss", smoothing = 0.1 : f64} : (tensor<4x10xf32>, tensor<4xi32>) -> (tensor<f32>, tensor<4x10xf32>)
  // CHECK: cnn.softmax_cross_entropy_grad %loss.1, %label, %loss {smoothing = 1.000000e-01 : f64}
  %g = cnn.softmax_cross_entropy_grad %p, %label, %loss {smoothing = 0.1 : f64} : (tensor<4x10xf32>, tensor<4xi32>, tensor<f32>) -> tensor<4x10xf32>
}

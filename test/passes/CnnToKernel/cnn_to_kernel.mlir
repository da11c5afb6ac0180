// RUN: fanfold-opt %s --cnn-to-kernel --split-input-file --verify-diagnostics | FileCheck %s

// What nobody reads disappears, and what it read with it; the frame of the step stays.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4xf32>
// CHECK-LABEL: cnn.step @train
// CHECK-NEXT: %x = cnn.input
// CHECK-NEXT: %w = cnn.read
// CHECK-NEXT: cnn.write %x to @w
// CHECK-NEXT: cnn.output %w as "loss"
// CHECK-NEXT: }
cnn.step @train {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  %y = cnn.input "y" as tensor<4xf32> : tensor<4xf32>
  %w = cnn.read @w : tensor<4xf32>
  %relu = cnn.relu %y : (tensor<4xf32>) -> tensor<4xf32>
  %tanh = cnn.tanh %relu : (tensor<4xf32>) -> tensor<4xf32>
  cnn.write %x to @w : tensor<4xf32>
  cnn.output %w as "loss" : tensor<4xf32>
}

// -----

// A layer that build-steps has not given its form.
// CHECK-NOT: cnn.step
cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  // expected-error@+1 {{'cnn.dropout' op has no kernel}}
  %y = cnn.dropout %x rate(0.5) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %y as "loss" : tensor<4x4xf32>
}

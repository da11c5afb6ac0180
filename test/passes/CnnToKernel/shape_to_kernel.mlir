// RUN: fanfold-opt %s --cnn-to-kernel | FileCheck %s

// CHECK-LABEL: cnn.step @shapes
cnn.step @shapes {
  %x = cnn.input "x" as tensor<4x2x2x3xf32> : tensor<4x2x2x3xf32>
  %y = cnn.input "y" as tensor<4x2x2x5xf32> : tensor<4x2x2x5xf32>
  // CHECK: %concat = kernel.concat %x, %y {layer = "concat"} : (tensor<4x2x2x3xf32>, tensor<4x2x2x5xf32>) -> tensor<4x2x2x8xf32>
  %concat = cnn.concat %x, %y : (tensor<4x2x2x3xf32>, tensor<4x2x2x5xf32>) -> tensor<4x2x2x8xf32>
  // One tensor needs no launch.
  // CHECK-NOT: kernel.concat
  %one = cnn.concat %concat : (tensor<4x2x2x8xf32>) -> tensor<4x2x2x8xf32>
  // CHECK: %slice = kernel.slice %concat {layer = "slice", offset = 2 : i64} : (tensor<4x2x2x8xf32>) -> tensor<4x2x2x3xf32>
  %slice = cnn.slice %one {name = "slice", offset = 2 : i64} : (tensor<4x2x2x8xf32>) -> tensor<4x2x2x3xf32>
  // Neither do other shapes of the same bytes.
  // CHECK: %flat = kernel.view %slice {layer = "flat"} : (tensor<4x2x2x3xf32>) -> tensor<4x12xf32>
  %flat = cnn.flatten %slice : (tensor<4x2x2x3xf32>) -> tensor<4x12xf32>
  // CHECK: %back = kernel.view %flat {layer = "back"} : (tensor<4x12xf32>) -> tensor<4x2x2x3xf32>
  %back = cnn.reshape %flat {name = "back"} : (tensor<4x12xf32>) -> tensor<4x2x2x3xf32>
  // CHECK: cnn.output %back as "back"
  cnn.output %back as "back" : tensor<4x2x2x3xf32>
}

// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s
// RUN: fanfold-opt %s --infer-shapes=batch=4 | FileCheck %s --check-prefix=SHAPE
// RUN: fanfold-opt %s --infer-shapes=batch=4 | fanfold-opt | FileCheck %s --check-prefix=SHAPE

// CHECK-LABEL: cnn.model @shape
// SHAPE-LABEL: cnn.model @shape
cnn.model @shape {
  %x = cnn.input "x" as tensor<?x2x2x3xf32>
  %y = cnn.input "y" as tensor<?x2x2x5xf32>
  // CHECK: %one = cnn.concat %x{{$}}
  // SHAPE: %one = cnn.concat %x : (tensor<4x2x2x3xf32>) -> tensor<4x2x2x3xf32>
  %one = cnn.concat %x
  // CHECK: %three = cnn.concat %x, %y, %x{{$}}
  // SHAPE: %three = cnn.concat %x, %y, %x : ({{.*}}) -> tensor<4x2x2x11xf32>
  %three = cnn.concat %x, %y, %x
  // CHECK: %flat = cnn.flatten %three{{$}}
  // SHAPE: %flat = cnn.flatten %three : (tensor<4x2x2x11xf32>) -> tensor<4x44xf32>
  %flat = cnn.flatten %three
  // SHAPE: %again = cnn.flatten %flat : (tensor<4x44xf32>) -> tensor<4x44xf32>
  %again = cnn.flatten %flat
  cnn.loss %again
}

// The derived ops, as passes make them.
// CHECK-LABEL: cnn.step @gradients
cnn.step @gradients {
  %dy = cnn.input "dy" as tensor<4x44xf32> : tensor<4x44xf32>
  // CHECK: %flat.grad = cnn.reshape %dy {name = "flat.grad"} : (tensor<4x44xf32>) -> tensor<4x2x2x11xf32>
  %0 = cnn.reshape %dy {name = "flat.grad"} : (tensor<4x44xf32>) -> tensor<4x2x2x11xf32>
  // CHECK: cnn.slice %flat.grad {offset = 3 : i64} : (tensor<4x2x2x11xf32>) -> tensor<4x2x2x5xf32>
  %1 = cnn.slice %0 {offset = 3 : i64} : (tensor<4x2x2x11xf32>) -> tensor<4x2x2x5xf32>
}

// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s
// RUN: fanfold-opt %s --infer-shapes=batch=4 | FileCheck %s --check-prefix=SHAPE
// RUN: fanfold-opt %s --infer-shapes=batch=4 | fanfold-opt | FileCheck %s --check-prefix=SHAPE

// CHECK-LABEL: cnn.model @pointwise
// SHAPE-LABEL: cnn.model @pointwise
cnn.model @pointwise {
  %x = cnn.input "x" as tensor<?x5xf32>
  // CHECK: %relu = cnn.relu %x{{$}}
  // SHAPE: %relu = cnn.relu %x : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %relu = cnn.relu %x
  // CHECK: %relu6 = cnn.relu6 %relu{{$}}
  // SHAPE: %relu6 = cnn.relu6 %relu : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %relu6 = cnn.relu6 %relu
  // CHECK: %sigmoid = cnn.sigmoid %relu6{{$}}
  // SHAPE: %sigmoid = cnn.sigmoid %relu6 : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %sigmoid = cnn.sigmoid %relu6
  // CHECK: %tanh = cnn.tanh %sigmoid{{$}}
  // SHAPE: %tanh = cnn.tanh %sigmoid : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %tanh = cnn.tanh %sigmoid
  // CHECK: %add = cnn.add %tanh, %x{{$}}
  // SHAPE: %add = cnn.add %tanh, %x : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  %add = cnn.add %tanh, %x
  // CHECK: %scale = cnn.scale %add by(-0.17){{$}}
  // SHAPE: %scale = cnn.scale %add by(-0.17) : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %scale = cnn.scale %add by(-0.17)
  // CHECK: %dropout = cnn.dropout %scale rate(0.5){{$}}
  // SHAPE: %dropout = cnn.dropout %scale rate(0.5) : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %dropout = cnn.dropout %scale rate(0.5)
  cnn.loss %dropout
}

// The derived ops, as passes make them.
// CHECK-LABEL: cnn.step @gradients
cnn.step @gradients {
  %dy = cnn.input "dy" as tensor<4x5xf32> : tensor<4x5xf32>
  %y = cnn.input "y" as tensor<4x5xf32> : tensor<4x5xf32>
  %seed = cnn.scalar "seed" : tensor<i32>
  // CHECK: %r.grad = cnn.relu_grad %dy, %y {name = "r.grad"} : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  %0 = cnn.relu_grad %dy, %y {name = "r.grad"} : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  // CHECK: cnn.relu6_grad %dy, %y :
  %1 = cnn.relu6_grad %dy, %y : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  // CHECK: cnn.sigmoid_grad %dy, %y :
  %2 = cnn.sigmoid_grad %dy, %y : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  // CHECK: cnn.tanh_grad %dy, %y :
  %3 = cnn.tanh_grad %dy, %y : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  // CHECK: cnn.dropout_apply %dy, %seed {rate = 5.000000e-01 : f64, stream = 3 : i64} : (tensor<4x5xf32>, tensor<i32>) -> tensor<4x5xf32>
  %4 = cnn.dropout_apply %dy, %seed {rate = 0.5 : f64, stream = 3 : i64} : (tensor<4x5xf32>, tensor<i32>) -> tensor<4x5xf32>
}

// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(fuse-epilogues))' --split-input-file | FileCheck %s

// Bias and activation go into convolutions and matrix products.
// CHECK-LABEL: cnn.step @fires
cnn.step @fires {
  %x = cnn.input "x" as tensor<4x8x8x3xf32> : tensor<4x8x8x3xf32>
  %w = cnn.input "w" as tensor<6x3x3x3xf32> : tensor<6x3x3x3xf32>
  %b = cnn.input "b" as tensor<6xf32> : tensor<6xf32>
  // CHECK: %conv = kernel.conv2d %x, %w, %b {activation = "relu", dilation = {{.*}}, layer = "conv", {{.*}}} : (tensor<4x8x8x3xf32>, tensor<6x3x3x3xf32>, tensor<6xf32>) -> tensor<4x6x6x6xf32>
  // CHECK-NOT: kernel.pointwise
  %conv = cnn.conv2d %x, %w filters(6) kernel(3) : (tensor<4x8x8x3xf32>, tensor<6x3x3x3xf32>) -> tensor<4x6x6x6xf32>
  %bias = cnn.bias %conv, %b : (tensor<4x6x6x6xf32>, tensor<6xf32>) -> tensor<4x6x6x6xf32>
  %relu = cnn.relu %bias : (tensor<4x6x6x6xf32>) -> tensor<4x6x6x6xf32>
  // The bias may come later than the product.
  %a = cnn.input "a" as tensor<4x5xf32> : tensor<4x5xf32>
  %c = cnn.input "c" as tensor<5x2xf32> : tensor<5x2xf32>
  %fc = cnn.dense %a, %c units(2) : (tensor<4x5xf32>, tensor<5x2xf32>) -> tensor<4x2xf32>
  // CHECK: %late = cnn.input "late"
  // CHECK-NEXT: %fc = kernel.matmul %a, %c, %late {layer = "fc"}
  %late = cnn.input "late" as tensor<2xf32> : tensor<2xf32>
  %fc_bias = cnn.bias %fc, %late : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  // A ReLU without a bias.
  // CHECK: %fc2 = kernel.matmul %fc, %d {activation = "relu", layer = "fc2"}
  %d = cnn.input "d" as tensor<2x2xf32> : tensor<2x2xf32>
  %fc2 = cnn.dense %fc_bias, %d units(2) : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %fc2_relu = cnn.relu %fc2 : (tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK-NEXT: cnn.output %conv as "relu"
  // CHECK-NEXT: cnn.output %fc2 as "fc2"
  cnn.output %relu as "relu" : tensor<4x6x6x6xf32>
  cnn.output %fc2_relu as "fc2" : tensor<4x2xf32>
}

// -----

// The product's result has another reader.
// CHECK-LABEL: cnn.step @forked
cnn.step @forked {
  %a = cnn.input "a" as tensor<4x5xf32> : tensor<4x5xf32>
  %c = cnn.input "c" as tensor<5x2xf32> : tensor<5x2xf32>
  %b = cnn.input "b" as tensor<2xf32> : tensor<2xf32>
  // CHECK: %fc = kernel.matmul %a, %c {layer = "fc"}
  %fc = cnn.dense %a, %c units(2) : (tensor<4x5xf32>, tensor<5x2xf32>) -> tensor<4x2xf32>
  // CHECK: %bias = kernel.pointwise %fc, %b
  %bias = cnn.bias %fc, %b : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  cnn.output %fc as "fc" : tensor<4x2xf32>
  cnn.output %bias as "bias" : tensor<4x2xf32>
}

// -----

// The bias fits and its result forks: the activation stays outside.
// CHECK-LABEL: cnn.step @forked_bias
cnn.step @forked_bias {
  %a = cnn.input "a" as tensor<4x5xf32> : tensor<4x5xf32>
  %c = cnn.input "c" as tensor<5x2xf32> : tensor<5x2xf32>
  %b = cnn.input "b" as tensor<2xf32> : tensor<2xf32>
  // CHECK: %fc = kernel.matmul %a, %c, %b {layer = "fc"}
  %fc = cnn.dense %a, %c units(2) : (tensor<4x5xf32>, tensor<5x2xf32>) -> tensor<4x2xf32>
  %bias = cnn.bias %fc, %b : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  // CHECK: %relu = kernel.pointwise %fc
  %relu = cnn.relu %bias : (tensor<4x2xf32>) -> tensor<4x2xf32>
  cnn.output %bias as "bias" : tensor<4x2xf32>
  cnn.output %relu as "relu" : tensor<4x2xf32>
}

// -----

// Neither a bias nor a ReLU; a bias behind the activation.
// CHECK-LABEL: cnn.step @others
cnn.step @others {
  %a = cnn.input "a" as tensor<4x5xf32> : tensor<4x5xf32>
  %c = cnn.input "c" as tensor<5x2xf32> : tensor<5x2xf32>
  %b = cnn.input "b" as tensor<2xf32> : tensor<2xf32>
  %z = cnn.input "z" as tensor<4x2xf32> : tensor<4x2xf32>
  // CHECK: %six = kernel.matmul %a, %c {layer = "six"}
  // CHECK: %relu6 = kernel.pointwise %six
  %six = cnn.dense %a, %c units(2) : (tensor<4x5xf32>, tensor<5x2xf32>) -> tensor<4x2xf32>
  %relu6 = cnn.relu6 %six : (tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: %sum = kernel.matmul %a, %c {layer = "sum"}
  // CHECK: %add = kernel.pointwise %sum, %z
  %sum = cnn.dense %a, %c units(2) : (tensor<4x5xf32>, tensor<5x2xf32>) -> tensor<4x2xf32>
  %add = cnn.add %sum, %z : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: %after = kernel.matmul %a, %c {activation = "relu", layer = "after"}
  // CHECK: %bias = kernel.pointwise %after, %b
  %after = cnn.dense %a, %c units(2) : (tensor<4x5xf32>, tensor<5x2xf32>) -> tensor<4x2xf32>
  %relu = cnn.relu %after : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %bias = cnn.bias %relu, %b : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  cnn.output %relu6 as "six" : tensor<4x2xf32>
  cnn.output %add as "add" : tensor<4x2xf32>
  cnn.output %bias as "bias" : tensor<4x2xf32>
}

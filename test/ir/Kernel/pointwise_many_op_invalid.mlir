// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

cnn.step @operands {
  %a = cnn.input "a" as tensor<6xf32> : tensor<6xf32>
  // expected-error @+1 {{has 3 operands, 0 of them shared, and 2 results for 2 problems}}
  %0:2 = kernel.pointwise_many %a, %a, %a {counts = array<i64: 6, 6>} : (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  }
}

// -----

cnn.step @body {
  %a = cnn.input "a" as tensor<6xf32> : tensor<6xf32>
  // expected-error @+1 {{body does not match the 1 operands and 1 results of a problem}}
  %0:2 = kernel.pointwise_many %a, %a {counts = array<i64: 6, 6>} : (tensor<6xf32>, tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  ^bb0(%x: f32, %y: f32):
    kernel.yield %x : f32
  }
}

// -----

cnn.step @count {
  %a = cnn.input "a" as tensor<6xf32> : tensor<6xf32>
  // expected-error @+1 {{operand 1 has 6 elements, expected 4}}
  %0:2 = kernel.pointwise_many %a, %a {counts = array<i64: 6, 4>} : (tensor<6xf32>, tensor<6xf32>) -> (tensor<6xf32>, tensor<4xf32>) {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  }
}

// -----

cnn.step @type {
  %a = cnn.input "a" as tensor<6xi32> : tensor<6xi32>
  // expected-error @+1 {{operand 0 is of 'i32', the body has 'f32'}}
  %0 = kernel.pointwise_many %a {counts = array<i64: 6>} : (tensor<6xi32>) -> (tensor<6xf32>) {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  }
}

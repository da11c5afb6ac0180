// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

cnn.step @sizes {
  %x = cnn.input "x" as tensor<2x4x4x8xf16> : tensor<2x4x4x8xf16>
  %w = cnn.input "w" as tensor<16x3x3x8xf16> : tensor<16x3x3x8xf16>
  // expected-error@+1 {{multiplies 'tensor<2x4x4x8xf16>' by 'tensor<16x3x3x8xf16>', whose product is no 32 rows of 16 channels}}
  %y = kernel.conv_pointwise %x, %w {extent = array<i64: 32, 16>, pad = array<i64: 0, 0>} : (tensor<2x4x4x8xf16>, tensor<16x3x3x8xf16>) -> tensor<2x4x4x16xf16> {
  ^bb0(%0: f32):
    kernel.yield %0 : f32
  }
}

// -----

cnn.step @depth {
  %x = cnn.input "x" as tensor<2x4x4x8xf16> : tensor<2x4x4x8xf16>
  %w = cnn.input "w" as tensor<16x1x1x8xf16> : tensor<16x1x1x8xf16>
  // expected-error@+1 {{whose product is no 32 rows of 8 channels}}
  %y = kernel.conv_pointwise %x, %w {extent = array<i64: 32, 8>, gradient, pad = array<i64: 0, 0>} : (tensor<2x4x4x8xf16>, tensor<16x1x1x8xf16>) -> tensor<2x4x4x8xf16> {
  ^bb0(%0: f32):
    kernel.yield %0 : f32
  }
}

// -----

cnn.step @types {
  %x = cnn.input "x" as tensor<2x4x4x8xf16> : tensor<2x4x4x8xf16>
  %w = cnn.input "w" as tensor<16x1x1x8xf32> : tensor<16x1x1x8xf32>
  // expected-error@+1 {{multiplies 'tensor<2x4x4x8xf16>' by 'tensor<16x1x1x8xf32>'}}
  %y = kernel.conv_pointwise %x, %w {extent = array<i64: 32, 16>, pad = array<i64: 0, 0>} : (tensor<2x4x4x8xf16>, tensor<16x1x1x8xf32>) -> tensor<2x4x4x16xf16> {
  ^bb0(%0: f32):
    kernel.yield %0 : f32
  }
}

// -----

cnn.step @arguments {
  %x = cnn.input "x" as tensor<2x4x4x8xf16> : tensor<2x4x4x8xf16>
  %w = cnn.input "w" as tensor<16x1x1x8xf16> : tensor<16x1x1x8xf16>
  %b = cnn.input "b" as tensor<16xf32> : tensor<16xf32>
  // expected-error@+1 {{body does not match the 2 operands and 1 results}}
  %y = kernel.conv_pointwise %x, %w, %b {extent = array<i64: 32, 16>, pad = array<i64: 0, 0>} : (tensor<2x4x4x8xf16>, tensor<16x1x1x8xf16>, tensor<16xf32>) -> tensor<2x4x4x16xf16> {
  ^bb0(%0: f32):
    kernel.yield %0 : f32
  }
}

// -----

cnn.step @input {
  %x = cnn.input "x" as tensor<2x4x4x8xf16> : tensor<2x4x4x8xf16>
  %w = cnn.input "w" as tensor<16x1x1x8xf16> : tensor<16x1x1x8xf16>
  %b = cnn.input "b" as tensor<8xf32> : tensor<8xf32>
  // expected-error@+1 {{operand 1 has 8 elements, expected 512, 16 or 1}}
  %y = kernel.conv_pointwise %x, %w, %b {extent = array<i64: 32, 16>, pad = array<i64: 0, 0>} : (tensor<2x4x4x8xf16>, tensor<16x1x1x8xf16>, tensor<8xf32>) -> tensor<2x4x4x16xf16> {
  ^bb0(%0: f32, %1: f32):
    kernel.yield %0 : f32
  }
}

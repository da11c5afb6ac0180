// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

// (C1)
cnn.step @s {
  %x = cnn.input "x" as tensor<4x6x6x8xf16> : tensor<4x6x6x8xf16>
  %w = cnn.input "w" as tensor<16x1x1x8xf16> : tensor<16x1x1x8xf16>
  %c = cnn.input "c" as tensor<8xf16> : tensor<8xf16>
  // expected-error@+1 {{has 1 operands in its prologue, expected a scale and a shift or none}}
  %0:3 = kernel.conv2d_statistics %x, %w, %c {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x6x6x8xf16>, tensor<16x1x1x8xf16>, tensor<8xf16>) -> (tensor<4x6x6x16xf16>, tensor<16xf32>, tensor<16xf32>)
}

// -----

// (C2): of the input's channels, not the result's; of its type.
cnn.step @s {
  %x = cnn.input "x" as tensor<4x6x6x8xf16> : tensor<4x6x6x8xf16>
  %w = cnn.input "w" as tensor<16x1x1x8xf16> : tensor<16x1x1x8xf16>
  %c = cnn.input "c" as tensor<16xf16> : tensor<16xf16>
  // expected-error@+1 {{has 'tensor<16xf16>' in its prologue, expected 'tensor<8xf16>' (one for each channel of the input)}}
  %0:3 = kernel.conv2d_statistics %x, %w, %c, %c {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x6x6x8xf16>, tensor<16x1x1x8xf16>, tensor<16xf16>, tensor<16xf16>) -> (tensor<4x6x6x16xf16>, tensor<16xf32>, tensor<16xf32>)
}

// -----

cnn.step @s {
  %x = cnn.input "x" as tensor<4x6x6x8xf16> : tensor<4x6x6x8xf16>
  %dy = cnn.input "dy" as tensor<4x6x6x16xf16> : tensor<4x6x6x16xf16>
  %c = cnn.input "c" as tensor<8xf32> : tensor<8xf32>
  // expected-error@+1 {{has 'tensor<8xf32>' in its prologue, expected 'tensor<8xf16>'}}
  %0 = kernel.conv2d_wgrad %x, %dy, %c, %c {dilation = array<i64: 1, 1>, groups = 1 : i64, pad = array<i64: 0, 0>, stride = array<i64: 1, 1>} : (tensor<4x6x6x8xf16>, tensor<4x6x6x16xf16>, tensor<8xf32>, tensor<8xf32>) -> tensor<16x1x1x8xf16>
}

// -----

// (C1) of a pool: three.
cnn.step @s {
  %x = cnn.input "x" as tensor<4x6x6x8xf16> : tensor<4x6x6x8xf16>
  %c = cnn.input "c" as tensor<8xf32> : tensor<8xf32>
  // expected-error@+1 {{has 2 operands in its prologue, expected a centre, a scale and a shift or none}}
  %0 = kernel.max_pool2d %x, %c, %c {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x6x6x8xf16>, tensor<8xf32>, tensor<8xf32>) -> tensor<4x3x3x8xf16>
}

// -----

// (C2) of a pool: f32, whatever the input is.
cnn.step @s {
  %x = cnn.input "x" as tensor<4x6x6x8xf16> : tensor<4x6x6x8xf16>
  %c = cnn.input "c" as tensor<8xf16> : tensor<8xf16>
  // expected-error@+1 {{has 'tensor<8xf16>' in its prologue, expected 'tensor<8xf32>' (one for each channel of the input)}}
  %0:2 = kernel.max_pool2d_places %x, %c, %c, %c {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0>, stride = array<i64: 2, 2>} : (tensor<4x6x6x8xf16>, tensor<8xf16>, tensor<8xf16>, tensor<8xf16>) -> (tensor<4x3x3x8xf16>, tensor<4x3x3x8xui8>)
}

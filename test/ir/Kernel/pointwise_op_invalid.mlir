// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

// (C1)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<2xf32> : tensor<2xf32>
  // expected-error@+1 {{operand 0 has 2 elements, expected 12, 3 or 1}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>} : (tensor<2xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C2)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{result 0 has 3 elements, expected 12}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>} : (tensor<4x3xf32>) -> (tensor<3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C2)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{result 0 has 12 elements, expected 3}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>, sums = 1 : i64} : (tensor<4x3xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C3)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  %x1 = cnn.input "x1" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{body does not match the 2 operands and 1 results}}
  %0 = kernel.pointwise %x0, %x1 {extent = array<i64: 4, 3>} : (tensor<4x3xf32>, tensor<4x3xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C3)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{body does not match the 1 operands and 2 results}}
  %0:2 = kernel.pointwise %x0 {extent = array<i64: 4, 3>} : (tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C3)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xui8> : tensor<4x3xui8>
  // expected-error@+1 {{body argument 0 is of 'f32', expected 'i8'}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>} : (tensor<4x3xui8>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C3)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{body yields 'f32' for result 0, expected 'i32'}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>} : (tensor<4x3xf32>) -> (tensor<4x3xi32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C3) no yield
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{body does not match the 1 operands and 1 results}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>} : (tensor<4x3xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    %t = math.tanh %a : f32
  }
}

// -----

// The extent
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{extent is not two positive numbers}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 12>} : (tensor<4x3xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// The extent
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{extent is not two positive numbers}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 12, 0>} : (tensor<4x3xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// The number of sums
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{has 2 sums, expected 0 to 1}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>, sums = 2 : i64} : (tensor<4x3xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// The number of sums
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{has -1 sums, expected 0 to 1}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>, sums = -1 : i64} : (tensor<4x3xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// Sizes are static
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{result is of 'tensor<?x3xf32>', expected a shape of static extents of at least 1}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>} : (tensor<4x3xf32>) -> (tensor<?x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C4)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{first_channels has 2 numbers, expected 1}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>, first_channels = array<i64: 0, 0>} : (tensor<4x3xf32>) -> (tensor<4x3xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C4)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{result 0 has channels 2 to 3, expected 0 to 2}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>, first_channels = array<i64: 2>} : (tensor<4x3xf32>) -> (tensor<4x2xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C4)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{result 0 has channels -1 to 0, expected 0 to 2}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>, first_channels = array<i64: -1>} : (tensor<4x3xf32>) -> (tensor<4x2xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

// -----

// (C2)
cnn.step @s {
  %x0 = cnn.input "x0" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{result 0 has 2 rows, expected 4}}
  %0 = kernel.pointwise %x0 {extent = array<i64: 4, 3>, first_channels = array<i64: 0>} : (tensor<4x3xf32>) -> (tensor<2x2xf32>) {
  ^body(%a: f32):
    kernel.yield %a : f32
  }
}

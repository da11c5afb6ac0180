// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

// kernel.join (C1)
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %a = kernel.copy %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // expected-error@+1 {{operand 0 is 'tensor<4x3xf32>', expected 'tensor<2x6xf32>' up to the channels}}
  %b = "kernel.join"(%a, %a) : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<2x6xf32>
}

// -----

// kernel.join (C1)
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %a = kernel.copy %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %b = kernel.copy %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // expected-error@+1 {{has operands of 6 channels, expected 7}}
  %c = kernel.join %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x7xf32>
}

// -----

// kernel.join (C2)
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %a = kernel.copy %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // expected-error@+1 {{operand 1 comes from no launch, expected a result of a launch or a join}}
  %b = kernel.join %a, %x : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
}

// -----

// kernel.part (C1)
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{is 'tensor<2x2xf32>', expected 'tensor<4x3xf32>' up to the channels}}
  %a = kernel.part %x {offset = 0 : i64} : (tensor<4x3xf32>) -> tensor<2x2xf32>
}

// -----

// kernel.part (C1)
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{is channels 2 to 3, expected channels of 0 to 2}}
  %a = kernel.part %x {offset = 2 : i64} : (tensor<4x3xf32>) -> tensor<4x2xf32>
}

// -----

// kernel.part (C1)
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{is channels -1 to 0, expected channels of 0 to 2}}
  %a = kernel.part %x {offset = -1 : i64} : (tensor<4x3xf32>) -> tensor<4x2xf32>
}

// -----

// kernel.join (C1): along the first extent
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %a = kernel.copy %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %b = kernel.copy %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // expected-error@+1 {{has operands of 8 rows, expected 9}}
  %c = kernel.join %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<9x3xf32>
}

// -----

// kernel.join (C2): along the first extent
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %y = cnn.input "y" as tensor<4x6xf32> : tensor<4x6xf32>
  %a = kernel.copy %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %b = kernel.copy %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %c = kernel.copy %y : (tensor<4x6xf32>) -> tensor<4x6xf32>
  %both = kernel.join %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  // expected-error@+1 {{operand 1 is a join, expected a result of a launch along the first dimension}}
  %d = kernel.join %c, %both : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
}

// -----

// kernel.part (C1): along the first extent
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // expected-error@+1 {{is rows 3 to 4, expected rows of 0 to 3}}
  %a = kernel.part %x {offset = 3 : i64} : (tensor<4x3xf32>) -> tensor<2x3xf32>
}

// RUN: fanfold-opt %s --plan-memory --split-input-file --verify-diagnostics

// expected-error@+1 {{found no cnn.step to plan}}
module {
}

// -----

cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  // expected-error@+1 {{has a workspace of 0 bytes, expected at least 1}}
  %y = kernel.copy %x {workspace_bytes = 0 : i64} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %y as "y" : tensor<4x4xf32>
}

// -----

cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  // expected-error@+1 {{has 2 marks in in_place, expected 1}}
  %y = kernel.copy %x {in_place = array<i64: -1, -1>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %y as "y" : tensor<4x4xf32>
}

// -----

// A matrix product reads its operands until its end.
cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  // expected-error@+1 {{result 0 is marked to overwrite operand 1, which the kernel cannot}}
  %y = kernel.matmul %x, %x {in_place = array<i64: 1>} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %y as "y" : tensor<4x4xf32>
}

// -----

cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  // expected-error@+1 {{result 0 is marked to overwrite operand 7, which the kernel cannot}}
  %y = kernel.copy %x {in_place = array<i64: 7>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %y as "y" : tensor<4x4xf32>
}

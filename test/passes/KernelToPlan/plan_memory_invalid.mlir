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

// -----

// One value in two joins.
cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %a = kernel.copy %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = kernel.copy %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  // expected-error@+1 {{operand 0 has another place than in this join}}
  %ab = kernel.join %a, %b : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  // expected-note@+1 {{the other one is here}}
  %aa = kernel.join %a, %ab : (tensor<4x4xf32>, tensor<4x8xf32>) -> tensor<4x12xf32>
  cnn.output %aa as "y" : tensor<4x12xf32>
}

// -----

// A joined value that the runtime reads, row behind row.
cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %a = kernel.copy %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = kernel.copy %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  // expected-error@+1 {{operand 1 has another place than in this join}}
  %ab = kernel.join %a, %b : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  // expected-note@+1 {{the other one is here}}
  cnn.output %b as "b" : tensor<4x4xf32>
}

// -----

cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %a = kernel.pointwise %x {extent = array<i64: 4, 4>, in_place = array<i64: 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32> {
    ^bb0(%0: f32):
      kernel.yield %0 : f32
  }
  // expected-error@+1 {{operand 0 overwrites a value, expected its own place}}
  %b = kernel.join %a : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %b as "b" : tensor<4x4xf32>
}

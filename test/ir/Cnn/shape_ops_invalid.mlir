// RUN: fanfold-opt %s --infer-shapes=batch=4 --split-input-file --verify-diagnostics

// cnn.concat (C1): the parser asks for an operand; the generic form gets to the verifier.
cnn.model @m {
  // expected-error@+1 {{has no operands, expected at least one}}
  %y = "cnn.concat"() : () -> !cnn.value
  cnn.loss %y
}

// -----

// cnn.concat (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-note@+1 {{the operand is defined here}}
  %z = cnn.input "z" as tensor<?x8x7x6xf32>
  // expected-error@+1 {{operand 1 is 'tensor<4x8x7x6xf32>', expected 'tensor<4x8x8x6xf32>' up to the channels}}
  %y = cnn.concat %x, %z
  cnn.loss %y
}

// -----

// cnn.concat (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-note@+1 {{the operand is defined here}}
  %z = cnn.input "z" as tensor<?x8xf32>
  // expected-error@+1 {{operand 1 is 'tensor<4x8xf32>', expected}}
  %y = cnn.concat %x, %z
  cnn.loss %y
}

// -----

// cnn.concat (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-note@+1 {{the operand is defined here}}
  %z = cnn.input "z" as tensor<?x8x8x6xui8>
  // expected-error@+1 {{operand 1 is 'tensor<4x8x8x6xui8>', expected}}
  %y = cnn.concat %x, %z
  cnn.loss %y
}

// -----

// cnn.flatten
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{input has rank 1, expected 2 or more}}
  %y = cnn.flatten %x
  cnn.loss %y
}

// RUN: fanfold-opt %s --infer-shapes=batch=4 --split-input-file --verify-diagnostics

// cnn.add (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-note@+1 {{the second operand is defined here}}
  %z = cnn.input "z" as tensor<?x8x8x5xf32>
  // expected-error@+1 {{adds 'tensor<4x8x8x6xf32>' and 'tensor<4x8x8x5xf32>', expected one shape}}
  %y = cnn.add %x, %z
  cnn.loss %y
}

// -----

// cnn.dropout (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{rate is 1.000000e+00, expected a number from 0 to below 1}}
  %y = cnn.dropout %x rate(1)
  cnn.loss %y
}

// -----

// cnn.dropout (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{rate is -1.000000e-01, expected a number from 0 to below 1}}
  %y = cnn.dropout %x rate(-0.1)
  cnn.loss %y
}

// -----

// cnn.relu takes one
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{op requires a single operand}}
  %y = cnn.relu %x, %x
  cnn.loss %y
}

// -----

// Layers compute in f32
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xui8>
  // expected-error@+1 {{result is of 'tensor<4x8x8x3xui8>', expected elements of f32 (cnn.normalize makes them from ui8)}}
  %y = cnn.relu %x
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?xi32>
  // expected-error@+1 {{result is of 'tensor<4xi32>', expected elements of f32}}
  %y = cnn.sigmoid %x
  cnn.loss %y
}

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
  // expected-error@+1 {{found 1, expected rate in [0, 1)}}
  %y = cnn.dropout %x rate(1)
  cnn.loss %y
}

// -----

// cnn.dropout (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found -0.1, expected rate in [0, 1)}}
  %y = cnn.dropout %x rate(-0.1)
  cnn.loss %y
}

// -----

// cnn.dropout (C1): 1 in fp32.
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found 0.999999999, expected rate in [0, 1)}}
  %y = cnn.dropout %x rate(0.999999999)
  cnn.loss %y
}

// -----

// cnn.scale (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found inf, expected by in [-3.40282e+38, 3.40282e+38]}}
  %y = "cnn.scale"(%x) {by = 0x7FF0000000000000 : f64} : (!cnn.value) -> !cnn.value
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

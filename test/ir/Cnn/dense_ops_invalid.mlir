// RUN: fanfold-opt %s --infer-shapes=batch=4 --split-input-file --verify-diagnostics

// cnn.dense (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{input has rank 4, expected 2 (cnn.flatten makes it so)}}
  %y = cnn.dense %x units(10)
  cnn.loss %y
}

// -----

// cnn.dense (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{has 0 units, expected at least 1}}
  %y = cnn.dense %x units(0)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{unknown init 'he'}}
  %y = cnn.dense %x units(4) init(he)
  cnn.loss %y
}

// -----

// cnn.dense (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<4x8xf32> : tensor<4x8xf32>
  %w = cnn.input "w" as tensor<9x5xf32> : tensor<9x5xf32>
  // expected-error@+1 {{weight is of 'tensor<9x5xf32>', expected 'tensor<8x5xf32>'}}
  %y = cnn.dense %x, %w units(5) : (tensor<4x8xf32>, tensor<9x5xf32>) -> tensor<4x5xf32>
  cnn.loss %y : tensor<4x5xf32>
}

// -----

// cnn.bias (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{input has rank 1, expected 2 or more}}
  %y = cnn.bias %x
  cnn.loss %y
}

// -----

// A weight may be too large where the result is not
cnn.model @m {
  %x = cnn.input "x" as tensor<?x3000000xf32>
  // expected-error@+1 {{weight 'tensor<3000000x3000000xf32>' has more than 2^42 elements}}
  %y = cnn.dense %x units(3000000)
  cnn.loss %y
}

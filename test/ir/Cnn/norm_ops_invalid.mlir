// RUN: fanfold-opt %s --infer-shapes=batch=4 --split-input-file --verify-diagnostics

// cnn.normalize (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xui8>
  // expected-error@+1 {{input has rank 2, expected 4}}
  %y = cnn.normalize %x mean(0) std(1)
  cnn.loss %y
}

// -----

// cnn.normalize (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x1xf32>
  // expected-error@+1 {{input is of 'f32', expected ui8}}
  %y = cnn.normalize %x mean(0) std(1)
  cnn.loss %y
}

// -----

// cnn.normalize (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xui8>
  // expected-error@+1 {{has 2 means and 1 deviations, expected one of each for the 3 channels of the input}}
  %y = cnn.normalize %x mean(0, 0) std(1)
  cnn.loss %y
}

// -----

// cnn.normalize (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x1xui8>
  // expected-error@+1 {{has a standard deviation that is not positive}}
  %y = cnn.normalize %x mean(0) std(0)
  cnn.loss %y
}

// -----

// cnn.batch_norm (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{input has rank 1, expected 2 or more}}
  %y = cnn.batch_norm %x
  cnn.loss %y
}

// -----

// cnn.batch_norm (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{epsilon is not positive}}
  %y = cnn.batch_norm %x epsilon(0)
  cnn.loss %y
}

// -----

// cnn.batch_norm (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{momentum is 1.500000e+00, expected a number from 0 to 1}}
  %y = cnn.batch_norm %x momentum(1.5)
  cnn.loss %y
}

// -----

// cnn.lrn (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{input has rank 2, expected 4}}
  %y = cnn.lrn %x
  cnn.loss %y
}

// -----

// cnn.lrn (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{size is 0, expected 1 to 1048576}}
  %y = cnn.lrn %x size(0)
  cnn.loss %y
}

// -----

// A typed layer must have all of its variables.
cnn.model @m {
  %x = cnn.input "x" as tensor<4x8xf32> : tensor<4x8xf32>
  %g = cnn.input "g" as tensor<8xf32> : tensor<8xf32>
  // expected-error@+1 {{has 1 variables, expected 4}}
  %y = cnn.batch_norm %x, %g : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  cnn.loss %y : tensor<4x8xf32>
}

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
  // expected-error@+1 {{found 0, expected std in (0, 1e+30]}}
  %y = cnn.normalize %x mean(0) std(0)
  cnn.loss %y
}

// -----

// cnn.normalize (C3): zero in fp32.
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x2xui8>
  // expected-error@+1 {{found 1e-60, expected std in (0, 1e+30]}}
  %y = cnn.normalize %x mean(0, 0) std(1, 1e-60)
  cnn.loss %y
}

// -----

// The generic form can have what the model language cannot.
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x1xui8>
  // expected-error@+1 {{found nan, expected mean in [-1e+30, 1e+30]}}
  %y = "cnn.normalize"(%x) {mean = array<f64: 0x7FF8000000000000>, std = array<f64: 1.0>} : (!cnn.value) -> !cnn.value
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
  // expected-error@+1 {{found 0, expected epsilon in (0, 1e+30]}}
  %y = cnn.batch_norm %x epsilon(0)
  cnn.loss %y
}

// -----

// cnn.batch_norm (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found 1.5, expected momentum in [0, 1]}}
  %y = cnn.batch_norm %x momentum(1.5)
  cnn.loss %y
}

// -----

// cnn.batch_norm (C3), in images that a pool has made small
cnn.model @m {
  %x = cnn.input "x" as tensor<1x2x1x6xf32>
  // Two values of each channel will do.
  %first = cnn.batch_norm %x
  %pool = cnn.global_avg_pool2d %first
  // expected-error@+1 {{found 1 value of each channel in 'tensor<1x1x1x6xf32>', expected 2 or more, which have a variance}}
  %y = cnn.batch_norm %pool
  cnn.loss %y
}

// -----

// cnn.batch_norm (C3), behind a dense layer
cnn.model @m {
  %x = cnn.input "x" as tensor<1x8xf32>
  // expected-error@+1 {{found 1 value of each channel in 'tensor<1x8xf32>', expected 2 or more, which have a variance}}
  %y = cnn.batch_norm %x
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
  // expected-error@+1 {{found 0, expected size in [1, 256] channels, a whole number}}
  %y = cnn.lrn %x size(0)
  cnn.loss %y
}

// -----

// cnn.lrn (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x600xf32>
  %most = cnn.lrn %x size(256)
  // expected-error@+1 {{found 257, expected size in [1, 256] channels, a whole number}}
  %y = cnn.lrn %most size(257)
  cnn.loss %y
}

// -----

// cnn.lrn (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found 0, expected k in (0, 1e+30]}}
  %y = cnn.lrn %x k(0)
  cnn.loss %y
}

// -----

// cnn.lrn (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found -0.1, expected alpha in [0, 1e+30]}}
  %y = cnn.lrn %x alpha(-0.1)
  cnn.loss %y
}

// -----

// cnn.lrn (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found -0.75, expected beta in [0, 1e+30]}}
  %y = cnn.lrn %x beta(-0.75)
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

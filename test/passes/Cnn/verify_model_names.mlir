// RUN: fanfold-opt %s --expand-blocks --infer-shapes=batch=4 --verify-model --split-input-file --verify-diagnostics

// A name that somebody gives may be the one that a layer without a name gets.
cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  // expected-note@+1 {{the other layer is here}}
  %relu_0 = cnn.relu %x
  // expected-error@+1 {{has the name 'relu_0' of another layer}}
  %0 = cnn.relu %relu_0
  cnn.loss %0
}

// -----

// Or the one of a layer in a block.
cnn.block @b(%x) {
  // expected-error@+1 {{has the name 'b.relu' of another layer}}
  %relu = cnn.relu %x
  cnn.yield %relu
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  // expected-note@+1 {{the other layer is here}}
  %b.relu = cnn.tanh %x
  %b = cnn.use @b(%b.relu)
  cnn.loss %b
}

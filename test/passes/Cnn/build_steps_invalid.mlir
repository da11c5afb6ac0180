// RUN: fanfold-opt %s --build-steps --verify-diagnostics

cnn.model @m {
  // expected-error@+1 {{has no type, expected infer-shapes to run first}}
  %x = cnn.input "x" as tensor<?x4xf32>
  cnn.loss %x
}

// RUN: fanfold-opt %s --verify-model --verify-diagnostics

cnn.model @m {
  // expected-error@+1 {{has no type after shape inference}}
  %x = cnn.input "x" as tensor<?x4xf32>
  cnn.loss %x
}

// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(mark-in-place))' --verify-diagnostics

cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
cnn.step @viewed {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %w = cnn.read @w : tensor<4x4xf32>
  // expected-error@+1 {{is a view of a variable, expected a view of a result}}
  %v = kernel.view %w : (tensor<4x4xf32>) -> tensor<2x8xf32>
  %c = kernel.copy %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.write %c to @w : tensor<4x4xf32>
  cnn.output %v as "v" : tensor<2x8xf32>
}

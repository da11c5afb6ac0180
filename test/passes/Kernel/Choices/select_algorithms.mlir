// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(select-algorithms))' --verify-diagnostics

// Implementations are the target's; fanfold-opt has none. Which ones the CPU's target
// chooses is tested where it is made.
// expected-error@+1 {{select-algorithms needs a target: run the whole pipeline}}
cnn.step @train {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  cnn.output %x as "x" : tensor<4x3xf32>
}

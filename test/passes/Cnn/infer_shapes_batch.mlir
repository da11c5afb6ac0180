// The batch of the command line, out of range.
// RUN: not fanfold-opt %s --infer-shapes=batch=-5 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not fanfold-opt %s --infer-shapes=batch=1000000000000000000 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: not fanfold-opt %s --infer-shapes=batch=99999999999999999999 2>&1 | FileCheck %s --check-prefix=LITERAL

// NEGATIVE: infer_shapes_batch.mlir:[[#@LINE+2]]:1: error: 'cnn.model' op batch is -5, expected a positive number
// LITERAL: '99999999999999999999' value invalid for long argument
cnn.model @m {
  // HUGE: infer_shapes_batch.mlir:[[#@LINE+1]]:8: error: 'cnn.input' op result 'tensor<1000000000000000000x4x4x3xf32>' has more than 2^42 elements
  %x = cnn.input "x" as tensor<?x4x4x3xf32>
  cnn.loss %x
}

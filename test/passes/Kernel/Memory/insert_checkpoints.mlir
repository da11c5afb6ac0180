// RUN: fanfold-opt %s --insert-checkpoints=budget=20544 | FileCheck %s --check-prefix=FULL
// RUN: fanfold-opt %s --insert-checkpoints=budget=0 | FileCheck %s --check-prefix=FULL
// RUN: fanfold-opt %s --insert-checkpoints=budget=20543 | FileCheck %s --check-prefix=TIGHT
// RUN: fanfold-opt %s --insert-checkpoints=budget=16448 | FileCheck %s --check-prefix=TIGHT
// RUN: not fanfold-opt %s --insert-checkpoints=budget=16447 2>&1 | FileCheck %s --check-prefix=ERROR

// Two staging slots for x (8192 bytes), x, a and b (4096 each) and an output (64).
// Without a there is room for one of them less.
//
// FULL-LABEL: cnn.step @train
// FULL-NOT: again
// TIGHT: fanfold.recomputation = {extra_seconds = {{[0-9.eE+-]+}} : f64, launches = 1 : i64, seconds = {{[0-9.eE+-]+}} : f64}
// TIGHT-LABEL: cnn.step @train
cnn.step @train {
  // ERROR: error: found a memory budget of 16447 bytes, expected 16448 or more: step @train fits into no less, whatever is computed again
  // ERROR: note: its peak is launch {{[0-9]+}}, {{.*}} with
  // ERROR: 8192 bytes  staging
  // ERROR: note: of which 4096 bytes are the
  %x = cnn.input "x" as tensor<1024xf32> : tensor<1024xf32>
  // TIGHT: %a = kernel.copy %x {layer = "a"}
  // TIGHT: kernel.sum_of_squares %a
  // TIGHT: %b = kernel.copy %x
  // TIGHT: kernel.sum_of_squares %b
  // TIGHT: %[[AGAIN:.*]] = kernel.copy %x {layer = "a.again"}
  // TIGHT-NEXT: kernel.sum_of_squares %[[AGAIN]]
  %a = kernel.copy %x {layer = "a"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %na = kernel.sum_of_squares %a {layer = "na"} : (tensor<1024xf32>) -> tensor<f32>
  %b = kernel.copy %x {layer = "b"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %nb = kernel.sum_of_squares %b {layer = "nb"} : (tensor<1024xf32>) -> tensor<f32>
  %nc = kernel.sum_of_squares %a {layer = "nc"} : (tensor<1024xf32>) -> tensor<f32>
  %nx = kernel.sum_of_squares %x {layer = "nx"} : (tensor<1024xf32>) -> tensor<f32>
  cnn.output %nx as "nx" : tensor<f32>
}

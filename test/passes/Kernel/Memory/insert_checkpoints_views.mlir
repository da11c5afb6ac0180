// RUN: fanfold-opt %s --insert-checkpoints=budget=12416 | FileCheck %s

// What runs again and reads a value that was made again, through a view, has a view of its own.
// CHECK: %a = kernel.copy %w {layer = "a"}
// CHECK: %[[A:.*]] = kernel.copy %w {layer = "a.again"}
// CHECK-NEXT: %[[VIEW:.*]] = kernel.view %[[A]] : (tensor<1024xf32>) -> tensor<32x32xf32>
// CHECK-NEXT: %[[B:.*]] = kernel.lrn %[[VIEW]] {{.*}}layer = "b.again"
// CHECK-NEXT: kernel.sum_of_squares %[[B]] {layer = "nb"}
cnn.variable @w "constant" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<1024xf32>
cnn.step @train {
  %w = cnn.read @w : tensor<1024xf32>
  %a = kernel.copy %w {layer = "a"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %v = kernel.view %a : (tensor<1024xf32>) -> tensor<32x32xf32>
  %b = kernel.lrn %v {alpha = 1.0 : f64, beta = 1.0 : f64, k = 1.0 : f64, size = 3 : i64, layer = "b"} : (tensor<32x32xf32>) -> tensor<32x32xf32>
  %first = kernel.sum_of_squares %b {layer = "first"} : (tensor<32x32xf32>) -> tensor<f32>
  %c = kernel.copy %w {layer = "c"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %d = kernel.lrn %c {alpha = 1.0 : f64, beta = 1.0 : f64, k = 1.0 : f64, size = 3 : i64, layer = "d"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %nd = kernel.sum_of_squares %d {layer = "nd"} : (tensor<1024xf32>) -> tensor<f32>
  %nb = kernel.sum_of_squares %b {layer = "nb"} : (tensor<32x32xf32>) -> tensor<f32>
  cnn.output %nb as "nb" : tensor<f32>
  cnn.output %nd as "nd" : tensor<f32>
  cnn.output %first as "first" : tensor<f32>
}

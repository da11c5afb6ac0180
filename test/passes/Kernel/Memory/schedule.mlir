// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(schedule))' --split-input-file | FileCheck %s

// Four large values of which one small number is left each: made and consumed one after
// the other, not all at first.
// CHECK-LABEL: cnn.step @wide
cnn.step @wide {
  %x = cnn.input "x" as tensor<1024xf32> : tensor<1024xf32>
  // CHECK: %a = kernel.copy
  // CHECK-NEXT: %na = kernel.sum_of_squares %a
  // CHECK-NEXT: %b = kernel.copy
  // CHECK-NEXT: %nb = kernel.sum_of_squares %b
  // CHECK-NEXT: %c = kernel.copy
  // CHECK-NEXT: %nc = kernel.sum_of_squares %c
  // CHECK-NEXT: cnn.output %na as "a"
  %a = kernel.copy %x {layer = "a"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = kernel.copy %x {layer = "b"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %c = kernel.copy %x {layer = "c"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %na = kernel.sum_of_squares %a {layer = "na"} : (tensor<1024xf32>) -> tensor<f32>
  %nb = kernel.sum_of_squares %b {layer = "nb"} : (tensor<1024xf32>) -> tensor<f32>
  %nc = kernel.sum_of_squares %c {layer = "nc"} : (tensor<1024xf32>) -> tensor<f32>
  cnn.output %na as "a" : tensor<f32>
  cnn.output %nb as "b" : tensor<f32>
  cnn.output %nc as "c" : tensor<f32>
}

// -----

// The order of the file is kept where no other is better.
// CHECK-LABEL: cnn.step @kept
cnn.step @kept {
  %x = cnn.input "x" as tensor<1024xf32> : tensor<1024xf32>
  // CHECK: %a = kernel.copy %x
  // CHECK-NEXT: cnn.output %a
  // CHECK-NEXT: %y = cnn.input "y"
  // CHECK-NEXT: %b = kernel.copy %y
  %a = kernel.copy %x {layer = "a"} : (tensor<1024xf32>) -> tensor<1024xf32>
  cnn.output %a as "a" : tensor<1024xf32>
  %y = cnn.input "y" as tensor<1024xf32> : tensor<1024xf32>
  %b = kernel.copy %y {layer = "b"} : (tensor<1024xf32>) -> tensor<1024xf32>
  cnn.output %b as "b" : tensor<1024xf32>
}

// -----

// A reader of a view reads the value: it comes behind it, and frees it. The view moves with
// the value, views of views too; outputs and writes go to the end.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<f32>
// CHECK-LABEL: cnn.step @views
cnn.step @views {
  // CHECK-DAG: %x = cnn.input "x"
  // CHECK-DAG: %late = cnn.scalar
  // CHECK: %a = kernel.copy
  // CHECK-NEXT: %va = kernel.view %a
  // CHECK-NEXT: %vva = kernel.view %va
  // CHECK-NEXT: %na = kernel.sum_of_squares %vva
  // CHECK-NEXT: %b = kernel.copy
  // CHECK-NEXT: %vb = kernel.view %b
  // CHECK-NEXT: %nb = kernel.sum_of_squares %vb
  // CHECK-NEXT: cnn.write %na to @w
  // CHECK-NEXT: cnn.output %nb as "b"
  %x = cnn.input "x" as tensor<1024xf32> : tensor<1024xf32>
  %a = kernel.copy %x {layer = "a"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = kernel.copy %x {layer = "b"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %va = kernel.view %a {layer = "va"} : (tensor<1024xf32>) -> tensor<32x32xf32>
  %vva = kernel.view %va {layer = "vva"} : (tensor<32x32xf32>) -> tensor<16x64xf32>
  %vb = kernel.view %b {layer = "vb"} : (tensor<1024xf32>) -> tensor<32x32xf32>
  %na = kernel.sum_of_squares %vva {layer = "na"} : (tensor<16x64xf32>) -> tensor<f32>
  cnn.write %na to @w : tensor<f32>
  %nb = kernel.sum_of_squares %vb {layer = "nb"} : (tensor<32x32xf32>) -> tensor<f32>
  cnn.output %nb as "b" : tensor<f32>
  %late = cnn.scalar "late" : tensor<f32>
  %use = kernel.copy %late {layer = "use"} : (tensor<f32>) -> tensor<f32>
}

// -----

// A workspace counts while its launch runs: the large one is needed before the large
// value is there.
// CHECK-LABEL: cnn.step @workspace
cnn.step @workspace {
  %x = cnn.input "x" as tensor<1024xf32> : tensor<1024xf32>
  // CHECK: %a = kernel.copy %x
  // CHECK-NEXT: %na = kernel.sum_of_squares %a
  // CHECK-NEXT: %big = kernel.concat
  %a = kernel.copy %x {layer = "a"} : (tensor<1024xf32>) -> tensor<1024xf32>
  %big = kernel.concat %x, %x {layer = "big"} : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<2048xf32>
  %na = kernel.sum_of_squares %a {layer = "na", workspace_bytes = 8192 : i64} : (tensor<1024xf32>) -> tensor<f32>
  cnn.output %na as "a" : tensor<f32>
  cnn.output %big as "big" : tensor<2048xf32>
}

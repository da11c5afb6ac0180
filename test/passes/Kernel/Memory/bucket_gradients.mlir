// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(bucket-gradients{bytes=100}))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(bucket-gradients{bytes=1}))' --split-input-file | FileCheck %s --check-prefix=APART
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(bucket-gradients{bytes=100},place-slices,mark-in-place),plan-memory,verify-plan)' --split-input-file -o /dev/null
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(bucket-gradients{bytes=100},place-slices{enable=false},mark-in-place{enable=false}),plan-memory,verify-plan)' --split-input-file -o /dev/null

// A bucket is closed by what fills it; what reads a mean moves behind its bucket. Half types
// have buckets of their own, and metrics.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
// CHECK-LABEL: cnn.step @mixed
// CHECK: %a = kernel.copy
// CHECK: %h = kernel.copy
// CHECK-NEXT: %h.mean = kernel.all_reduce %h
// CHECK-NEXT: %b = kernel.copy
// CHECK-NEXT: %[[AB:.*]], %[[AB1:.*]] = kernel.all_reduce %a, %b {layer = "a.mean and 1 more"} : (tensor<4x4xf32>, tensor<9xf32>) -> (tensor<4x4xf32>, tensor<9xf32>)
// CHECK-NEXT: %w.new = kernel.copy %[[AB]]
// CHECK: cnn.write %w.new
// CHECK: %c = kernel.copy
// CHECK-NEXT: %c.mean = kernel.all_reduce %c
// CHECK: %loss.mean = kernel.all_reduce %loss
// APART-LABEL: cnn.step @mixed
// APART: %a.mean = kernel.all_reduce %a
// APART-NEXT: %w.new = kernel.copy %a.mean
cnn.step @mixed {
  %w = cnn.read @w : tensor<4x4xf32>
  %x = cnn.input "x" as tensor<9xf32> : tensor<9xf32>
  %y = cnn.input "y" as tensor<2xf16> : tensor<2xf16>
  %loss = kernel.sum_of_squares %x {layer = "loss"} : (tensor<9xf32>) -> tensor<f32>
  %a = kernel.copy %w {layer = "a"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %a.mean = kernel.all_reduce %a {layer = "a.mean"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %w.new = kernel.copy %a.mean {layer = "w.new"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.write %w.new to @w : tensor<4x4xf32>
  %h = kernel.copy %y {layer = "h"} : (tensor<2xf16>) -> tensor<2xf16>
  %h.mean = kernel.all_reduce %h {layer = "h.mean"} : (tensor<2xf16>) -> tensor<2xf16>
  %b = kernel.copy %x {layer = "b"} : (tensor<9xf32>) -> tensor<9xf32>
  %b.mean = kernel.all_reduce %b {layer = "b.mean"} : (tensor<9xf32>) -> tensor<9xf32>
  %c = kernel.copy %x {layer = "c"} : (tensor<9xf32>) -> tensor<9xf32>
  %c.mean = kernel.all_reduce %c {layer = "c.mean"} : (tensor<9xf32>) -> tensor<9xf32>
  %loss.mean = kernel.all_reduce %loss {layer = "loss.mean"} : (tensor<f32>) -> tensor<f32>
  cnn.output %loss.mean as "loss" : tensor<f32>
}

// -----

// One value for two parameters is exchanged once; one that is made as a whole, as a whole.
// CHECK-LABEL: cnn.step @shared
// CHECK: %fan = kernel.copy
// CHECK-NOT: kernel.slice
// CHECK: %[[FAN:.*]], %[[B:.*]] = kernel.all_reduce %fan, %b
// CHECK-DAG: kernel.slice %[[FAN]] {layer = "p", offset = 0 : i64} : (tensor<6x2xf32>) -> tensor<2x2xf32>
// CHECK-DAG: kernel.slice %[[FAN]] {layer = "q", offset = 2 : i64} : (tensor<6x2xf32>) -> tensor<4x2xf32>
// CHECK-COUNT-2: kernel.copy %[[B]] :
cnn.step @shared {
  %x = cnn.input "x" as tensor<6x2xf32> : tensor<6x2xf32>
  %v = cnn.input "v" as tensor<3xf32> : tensor<3xf32>
  %fan = kernel.copy %x {layer = "fan"} : (tensor<6x2xf32>) -> tensor<6x2xf32>
  %p = kernel.slice %fan {layer = "p", offset = 0 : i64} : (tensor<6x2xf32>) -> tensor<2x2xf32>
  %q = kernel.slice %fan {layer = "q", offset = 2 : i64} : (tensor<6x2xf32>) -> tensor<4x2xf32>
  %p.mean = kernel.all_reduce %p : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %q.mean = kernel.all_reduce %q : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %b = kernel.copy %v {layer = "b"} : (tensor<3xf32>) -> tensor<3xf32>
  %b.mean = kernel.all_reduce %b : (tensor<3xf32>) -> tensor<3xf32>
  %b.again = kernel.all_reduce %b : (tensor<3xf32>) -> tensor<3xf32>
  %p.copy = kernel.copy %p.mean : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %q.copy = kernel.copy %q.mean : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %b.0 = kernel.copy %b.mean : (tensor<3xf32>) -> tensor<3xf32>
  %b.1 = kernel.copy %b.again : (tensor<3xf32>) -> tensor<3xf32>
  cnn.output %p.copy as "p" : tensor<2x2xf32>
  cnn.output %q.copy as "q" : tensor<4x2xf32>
  cnn.output %b.0 as "b" : tensor<3xf32>
  cnn.output %b.1 as "again" : tensor<3xf32>
}

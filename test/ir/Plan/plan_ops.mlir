// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s

// CHECK: plan.arena "lenet" {batch = 64 : i64, bytes = 448 : i64, lower_bound = 448 : i64, peak_launch = 2 : i64, precision = "fp32", source = "lenet.mlir", target = "cpu"}
plan.arena "lenet" {batch = 64 : i64, bytes = 448 : i64, lower_bound = 448 : i64, peak_launch = 2 : i64, precision = "fp32", source = "lenet.mlir", target = "cpu"}
// CHECK: plan.variable @w "parameter" at 0 init {a = 0.000000e+00 : f64, b = 1.000000e+00 : f64, kind = "normal"} : memref<4x4xf32> {decay}
plan.variable @w "parameter" at 0 init {a = 0.0 : f64, b = 1.0 : f64, kind = "normal"} : memref<4x4xf32> {decay}
// CHECK: plan.staging "x" at [64, 128] : memref<4x4xf32>
plan.staging "x" at [64, 128] : memref<4x4xf32>

// CHECK-LABEL: plan.step @train {
plan.step @train {
  // CHECK: %x = plan.buffer "x" "input" at 192 : memref<4x4xf32>
  %0 = plan.buffer "x" "input" at 192 : memref<4x4xf32>
  // CHECK: %w = plan.get @w : memref<4x4xf32>
  %1 = plan.get @w : memref<4x4xf32>
  // CHECK: %[[V:.*]] = plan.view %x : memref<4x4xf32> to memref<16xf32>
  %2 = plan.view %0 : memref<4x4xf32> to memref<16xf32>
  // CHECK: %right = plan.part %x "right" : memref<4x4xf32> to memref<4x3xf32, strided<[4, 1], offset: 1>>
  %p = plan.part %0 "right" : memref<4x4xf32> to memref<4x3xf32, strided<[4, 1], offset: 1>>
  // CHECK: %last = plan.part %right "last" : memref<4x3xf32, strided<[4, 1], offset: 1>> to memref<4x1xf32, strided<[4, 1], offset: 3>>
  %q = plan.part %p "last" : memref<4x3xf32, strided<[4, 1], offset: 1>> to memref<4x1xf32, strided<[4, 1], offset: 3>>
  // CHECK: %y = plan.buffer "y" "metric" at 192 in_place_of "x" : memref<4x4xf32>
  %3 = plan.buffer "y" "metric" at 192 in_place_of "x" : memref<4x4xf32>
  // CHECK: %s = plan.buffer "s" "workspace" at 256 : memref<100xi8>
  %4 = plan.buffer "s" "workspace" at 256 : memref<100xi8>
  // CHECK: plan.launch "matmul"(%x, %w) -> (%y) workspace(%s) {transpose_rhs} {algorithm = "gemm", flops = 1.280000e+02 : f64, layer = "fc"} : memref<4x4xf32>, memref<4x4xf32> -> (memref<4x4xf32>), memref<100xi8>
  plan.launch "matmul"(%0, %1) -> (%3) workspace(%4) {transpose_rhs} {algorithm = "gemm", flops = 128.0 : f64, layer = "fc"} : memref<4x4xf32>, memref<4x4xf32> -> (memref<4x4xf32>), memref<100xi8>
  // CHECK: plan.launch "pointwise" body [@f, @g](%x) -> (%y, %w) {extent = array<i64: 4, 4>} {flops = 0.000000e+00 : f64} : memref<4x4xf32> -> (memref<4x4xf32>, memref<4x4xf32>)
  plan.launch "pointwise" body [@f, @g](%0) -> (%3, %1) {extent = array<i64: 4, 4>} {flops = 0.0 : f64} : memref<4x4xf32> -> (memref<4x4xf32>, memref<4x4xf32>)
  // CHECK: plan.output %y as "loss" : memref<4x4xf32>
  plan.output %3 as "loss" : memref<4x4xf32>
}

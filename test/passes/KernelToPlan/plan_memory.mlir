// RUN: fanfold-opt %s --plan-memory --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --plan-memory --verify-plan --split-input-file | fanfold-opt --verify-plan --split-input-file -o /dev/null
// RUN: fanfold-opt %s --plan-memory=sharing=false --verify-plan --split-input-file | FileCheck %s --check-prefix=UNSHARED

// Variables are at the bottom, in their order, each at a multiple of 64 bytes; then two
// slots for each input; then what lives within a step. %a dies when %b is made, so %c takes
// its place.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 1.0 : f64, kind = "normal"} : tensor<16xf32>
cnn.variable @b "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<3xf32>
// 64 + 64 bytes of variables, 2 * 64 of staging, and two values of 64 at each launch: the
// arena is as small as the live bytes allow.
// CHECK: plan.arena "" {batch = 16 : i64, bytes = 384 : i64, lower_bound = 384 : i64, peak_launch = 0 : i64, precision = "", source = "", target = "none"}
// CHECK: plan.variable @w "parameter" at 0 init {a = 0.000000e+00 : f64, b = 1.000000e+00 : f64, kind = "normal"} : memref<16xf32>
// CHECK: plan.variable @b "parameter" at 64 init {{.*}} : memref<3xf32>
// CHECK: plan.staging "x" at [128, 192] : memref<16xf32>
// UNSHARED: plan.arena "" {{{.*}}bytes = 512 : i64, lower_bound = 384 : i64
// CHECK-LABEL: plan.step @train {
cnn.step @train {
  // CHECK-DAG: %x = plan.buffer "x" "input" at [[X:[0-9]+]] : memref<16xf32>
  // CHECK-DAG: %w = plan.get @w : memref<16xf32>
  // CHECK: %a = plan.buffer "a" "activation" at [[A:[0-9]+]] : memref<16xf32>
  // CHECK: plan.launch "copy"(%x) -> (%a) {} {flops = {{.*}}, layer = "a"} : memref<16xf32> -> (memref<16xf32>)
  // CHECK: %b = plan.buffer "b" "activation" at [[B:[0-9]+]] : memref<16xf32>
  // CHECK: %c = plan.buffer "c" "metric" at [[A]] : memref<16xf32>
  // CHECK: plan.output %c as "c" : memref<16xf32>
  // UNSHARED-DAG: %x = plan.buffer "x" "input" at 256
  // UNSHARED-DAG: %a = plan.buffer "a" "activation" at 320
  // UNSHARED-DAG: %b = plan.buffer "b" "activation" at 384
  // UNSHARED-DAG: %c = plan.buffer "c" "metric" at 448
  %x = cnn.input "x" as tensor<16xf32> : tensor<16xf32>
  %w = cnn.read @w : tensor<16xf32>
  %a = kernel.copy %x {layer = "a"} : (tensor<16xf32>) -> tensor<16xf32>
  %b = kernel.copy %a {layer = "b"} : (tensor<16xf32>) -> tensor<16xf32>
  %c = kernel.copy %b {layer = "c"} : (tensor<16xf32>) -> tensor<16xf32>
  cnn.output %c as "c" : tensor<16xf32>
}

// -----

// A result that overwrites an operand has its offset and says whose; the operand may be a
// view of a view.
// CHECK-LABEL: plan.step @in_place
cnn.step @in_place {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  // CHECK: %fc = plan.buffer "fc" "activation" at [[FC:[0-9]+]] : memref<4x4xf32>
  %fc = kernel.matmul %x, %x {layer = "fc"} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: %[[V:.*]] = plan.view %fc : memref<4x4xf32> to memref<2x8xf32>
  // CHECK: %[[VV:.*]] = plan.view %[[V]] : memref<2x8xf32> to memref<1x16xf32>
  %v = kernel.view %fc : (tensor<4x4xf32>) -> tensor<2x8xf32>
  %vv = kernel.view %v : (tensor<2x8xf32>) -> tensor<1x16xf32>
  // CHECK: %relu = plan.buffer "relu" "metric" at [[FC]] in_place_of "fc" : memref<1x16xf32>
  // CHECK: plan.launch "pointwise" body [@pointwise_0](%[[VV]]) -> (%relu)
  %relu = kernel.pointwise %vv {extent = array<i64: 1, 16>, in_place = array<i64: 0>, layer = "relu"} : (tensor<1x16xf32>) -> tensor<1x16xf32> {
  ^bb0(%a: f32):
    %t = math.tanh %a : f32
    kernel.yield %t : f32
  }
  cnn.output %relu as "relu" : tensor<1x16xf32>
}

// -----

// Written values are made in their variable; the workspace of a launch lives with it;
// gradients are what depends on the loss's gradient; names are unique.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
cnn.variable @loss.gradient "constant" init {a = 1.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
// CHECK-LABEL: plan.step @train
cnn.step @train {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %w = cnn.read @w : tensor<4x4xf32>
  // CHECK: %[[ONE:.*]] = plan.get @loss.gradient
  %one = cnn.read @loss.gradient : tensor<4x4xf32>
  // CHECK: %fc = plan.buffer "fc" "activation"
  // CHECK: %fc.workspace = plan.buffer "fc.workspace" "workspace" at {{[0-9]+}} : memref<100xi8>
  // CHECK: plan.launch "matmul"(%x, %x) -> (%fc) workspace(%fc.workspace) {} {algorithm = "gemm", flops = 1.280000e+02 : f64, layer = "fc"} : memref<4x4xf32>, memref<4x4xf32> -> (memref<4x4xf32>), memref<100xi8>
  %fc = kernel.matmul %x, %x {algorithm = "gemm", layer = "fc", workspace_bytes = 100 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: plan.buffer "g" "gradient"
  %g = kernel.matmul %fc, %one {layer = "g"} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: plan.buffer "g#1" "gradient"
  // CHECK: plan.launch "matmul"(%{{.*}}, %{{.*}}) -> (%{{.*}}) {transpose_lhs}
  %h = kernel.matmul %g, %g {layer = "g", transpose_lhs} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: %[[NEW:.*]] = plan.get @w : memref<4x4xf32>
  // CHECK: plan.launch "copy"(%{{.*}}) -> (%[[NEW]])
  %new = kernel.copy %h {layer = "copy"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.write %new to @w : tensor<4x4xf32>
}

// -----

// The steps share their memory, since only one runs at a time, and their inputs' staging.
// CHECK: plan.arena "" {batch = 16 : i64, bytes = 256 : i64
// CHECK-COUNT-1: plan.staging
// CHECK-NOT: plan.staging
// CHECK-LABEL: plan.step @train
// CHECK-DAG: plan.buffer "x" "input" at [[A:128|192]]
// CHECK-DAG: plan.buffer "a" "metric" at [[B:128|192]]
cnn.step @train {
  %x = cnn.input "x" as tensor<16xf32> : tensor<16xf32>
  %a = kernel.copy %x {layer = "a"} : (tensor<16xf32>) -> tensor<16xf32>
  cnn.output %a as "a" : tensor<16xf32>
}
// CHECK-LABEL: plan.step @eval
// CHECK-DAG: plan.buffer "x" "input" at {{128|192}}
// CHECK-DAG: plan.buffer "a" "metric" at {{128|192}}
cnn.step @eval {
  %x = cnn.input "x" as tensor<16xf32> : tensor<16xf32>
  %a = kernel.copy %x {layer = "a"} : (tensor<16xf32>) -> tensor<16xf32>
  cnn.output %a as "a" : tensor<16xf32>
}

// -----

// A step without launches.
// CHECK-LABEL: plan.step @nothing
// CHECK-NEXT: plan.buffer "seed" "scalar"
// CHECK-NEXT: plan.output
cnn.step @nothing {
  %s = cnn.scalar "seed" : tensor<i32>
  cnn.output %s as "seed" : tensor<i32>
}

// -----

// Two results of which one nobody reads have memory of their own.
// CHECK-LABEL: plan.step @unread
// CHECK: %loss = plan.buffer "loss" "metric" at [[L:[0-9]+]]
// CHECK-NOT: plan.buffer "loss.1" "activation" at [[L]]
// CHECK: %loss.1 = plan.buffer "loss.1" "activation"
cnn.step @unread {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %label = cnn.input "label" as tensor<4xi32> : tensor<4xi32>
  %l:2 = kernel.softmax_cross_entropy %x, %label {layer = "loss", smoothing = 0.0 : f64} : (tensor<4x3xf32>, tensor<4xi32>) -> (tensor<f32>, tensor<4x3xf32>)
  cnn.output %l#0 as "loss" : tensor<f32>
}

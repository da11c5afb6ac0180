// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(place-slices,mark-in-place))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(place-slices,mark-in-place),plan-memory,verify-plan)' --split-input-file | FileCheck %s --check-prefix=PLAN

// What is joined has its place: %a and %b leave the memory of %t alone. The joined tensor
// may be overwritten by its last reader.
// CHECK-LABEL: cnn.step @joined
// PLAN-LABEL: plan.step @joined
cnn.step @joined {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: %t = kernel.pointwise %x {{{.*}}in_place
  %t = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // The joined tensor lives from the first launch on that makes a part of it.
  // PLAN: %all = plan.buffer "all" "activation"
  // PLAN-NEXT: %a = plan.part %all "a" : memref<4x6xf32> to memref<4x3xf32, strided<[6, 1]>>
  // PLAN-NEXT: plan.launch "pointwise" {{.*}} -> (%a)
  // CHECK: %a = kernel.pointwise %t {extent = array<i64: 4, 3>, layer = "a"}
  %a = cnn.relu %t : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // PLAN: %b = plan.part %all "b" : memref<4x6xf32> to memref<4x3xf32, strided<[6, 1], offset: 3>>
  // CHECK: %b = kernel.pointwise %t {extent = array<i64: 4, 3>, layer = "b"}
  %b = cnn.tanh %t : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %all = cnn.concat %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  // CHECK: %y = kernel.pointwise %all {{{.*}}in_place = array<i64: 0>
  // PLAN: plan.buffer "y" "metric" at {{.*}} in_place_of "all" : memref<4x6xf32>
  %y = cnn.relu %all : (tensor<4x6xf32>) -> tensor<4x6xf32>
  cnn.output %y as "y" : tensor<4x6xf32>
}

// -----

// One part has another reader behind the one that could overwrite all; then that one may
// not, and the last reader of a part may not write row behind row what is not so.
// CHECK-LABEL: cnn.step @part_read_later
cnn.step @part_read_later {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %a = cnn.relu %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %b = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %all = cnn.concat %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  // CHECK: %y = kernel.pointwise %all {extent = array<i64: 4, 6>, layer = "y"}
  %y = cnn.relu %all : (tensor<4x6xf32>) -> tensor<4x6xf32>
  // CHECK: %z = kernel.pointwise %a {extent = array<i64: 4, 3>, layer = "z"}
  %z = cnn.tanh %a : (tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %y as "y" : tensor<4x6xf32>
  cnn.output %z as "z" : tensor<4x3xf32>
}

// -----

// The same for a slice, and for a slice of a slice.
// CHECK-LABEL: cnn.step @slice_read_later
cnn.step @slice_read_later {
  %x = cnn.input "x" as tensor<4x6xf32> : tensor<4x6xf32>
  %t = cnn.tanh %x : (tensor<4x6xf32>) -> tensor<4x6xf32>
  %s = cnn.slice %t {name = "s", offset = 1 : i64} : (tensor<4x6xf32>) -> tensor<4x4xf32>
  %ss = cnn.slice %s {name = "ss", offset = 2 : i64} : (tensor<4x4xf32>) -> tensor<4x2xf32>
  // CHECK: %y = kernel.pointwise %t {extent = array<i64: 4, 6>, layer = "y"}
  %y = cnn.relu %t : (tensor<4x6xf32>) -> tensor<4x6xf32>
  // CHECK: %z = kernel.pointwise %ss {extent = array<i64: 4, 2>, layer = "z"}
  %z = cnn.tanh %ss : (tensor<4x2xf32>) -> tensor<4x2xf32>
  cnn.output %y as "y" : tensor<4x6xf32>
  cnn.output %z as "z" : tensor<4x2xf32>
}

// -----

// A slice that nobody reads any more is no obstacle.
// CHECK-LABEL: cnn.step @slice_read_before
cnn.step @slice_read_before {
  %x = cnn.input "x" as tensor<4x6xf32> : tensor<4x6xf32>
  %t = cnn.tanh %x : (tensor<4x6xf32>) -> tensor<4x6xf32>
  %s = cnn.slice %t {name = "s", offset = 1 : i64} : (tensor<4x6xf32>) -> tensor<4x4xf32>
  %z = cnn.tanh %s : (tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: %y = kernel.pointwise %t {{{.*}}in_place = array<i64: 0>
  %y = cnn.relu %t : (tensor<4x6xf32>) -> tensor<4x6xf32>
  cnn.output %y as "y" : tensor<4x6xf32>
  cnn.output %z as "z" : tensor<4x4xf32>
}

// -----

// What overwrites a joined tensor is protected as that one was: the outer result holds the
// inner one, which %late reads.
// CHECK-LABEL: cnn.step @nested
cnn.step @nested {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %a = cnn.relu %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %b = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %ab = cnn.concat %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  %c = cnn.relu %ab : (tensor<4x6xf32>) -> tensor<4x6xf32>
  %all = cnn.concat %ab, %c : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x12xf32>
  // CHECK: %y = kernel.pointwise %all {extent = array<i64: 4, 12>, layer = "y"}
  %y = cnn.relu %all : (tensor<4x12xf32>) -> tensor<4x12xf32>
  // CHECK: %late = kernel.pointwise %ab {extent = array<i64: 4, 6>, layer = "late"}
  %late = cnn.tanh %ab : (tensor<4x6xf32>) -> tensor<4x6xf32>
  cnn.output %y as "y" : tensor<4x12xf32>
  cnn.output %late as "late" : tensor<4x6xf32>
}

// -----

// The copies that remain are read before the joined tensor is overwritten, and an output of
// it never is.
// CHECK-LABEL: cnn.step @output
cnn.step @output {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %a = cnn.relu %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %all = cnn.concat %x, %a : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  // CHECK: %y = kernel.pointwise %{{.*}} {extent = array<i64: 4, 6>, layer = "y"}
  %y = cnn.relu %all : (tensor<4x6xf32>) -> tensor<4x6xf32>
  cnn.output %all as "all" : tensor<4x6xf32>
  cnn.output %y as "y" : tensor<4x6xf32>
}

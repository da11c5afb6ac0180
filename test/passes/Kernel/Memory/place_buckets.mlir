// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(place-slices))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(place-slices{enable=false}))' --split-input-file | FileCheck %s --check-prefix=OFF
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(place-slices,mark-in-place),plan-memory,verify-plan)' --split-input-file | FileCheck %s --check-prefix=PLAN
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn.step(place-slices{enable=false},mark-in-place{enable=false}),plan-memory,verify-plan)' --split-input-file -o /dev/null

// Each tensor has its place, whatever its shape, at a multiple of 128 elements; the exchange begins
// where the last one is whole and ends where the first mean is read. In the plan all of it is one
// range of bytes.
// CHECK-LABEL: cnn.step @two
// CHECK: %a = kernel.copy %x
// CHECK-NEXT: %b = kernel.copy %y
// CHECK-NEXT: %[[BUCKET:.*]] = kernel.bucket %a, %b {layer = "m"} : (tensor<10x13xf32>, tensor<3xf32>) -> tensor<384xf32>
// CHECK-NEXT: %[[BEGUN:.*]] = kernel.all_reduce_begin %[[BUCKET]] {layer = "m", ticket = 0 : i64}
// CHECK-NEXT: %other = kernel.copy %x
// CHECK-NEXT: %[[MEANS:.*]] = kernel.all_reduce_end %[[BEGUN]] {layer = "m", ticket = 0 : i64}
// CHECK-NEXT: %[[A:.*]] = kernel.part %[[MEANS]] {layer = "m", offset = 0 : i64} : (tensor<384xf32>) -> tensor<10x13xf32>
// CHECK-NEXT: %[[B:.*]] = kernel.part %[[MEANS]] {layer = "m", offset = 256 : i64} : (tensor<384xf32>) -> tensor<3xf32>
// CHECK-NEXT: kernel.copy %[[B]]
// OFF-LABEL: cnn.step @two
// OFF: %[[A:.*]] = kernel.copy %a {layer = "m.copy"}
// OFF-NEXT: %[[B:.*]] = kernel.copy %b {layer = "m.copy"}
// OFF-NEXT: kernel.bucket %[[A]], %[[B]]
// PLAN-LABEL: plan.step @two
// PLAN: %m = plan.buffer "m" "bucket" at [[PLACE:[0-9]+]] : memref<384xf32>
// PLAN: %a = plan.part %m "a" : memref<384xf32> to memref<10x13xf32, strided<[13, 1]>>
// PLAN: plan.launch "copy"(%x) -> (%a)
// PLAN: %b = plan.part %m "b" : memref<384xf32> to memref<3xf32, strided<[1], offset: 256>>
// PLAN: plan.buffer "m#1" "bucket" at [[PLACE]] in_place_of "m"
// PLAN: plan.launch "all_reduce_begin"
// PLAN: plan.buffer "m#2" "bucket" at [[PLACE]] in_place_of "m#1"
// PLAN: plan.launch "all_reduce_end"
cnn.step @two {
  %x = cnn.input "x" as tensor<10x13xf32> : tensor<10x13xf32>
  %y = cnn.input "y" as tensor<3xf32> : tensor<3xf32>
  %a = kernel.copy %x {layer = "a"} : (tensor<10x13xf32>) -> tensor<10x13xf32>
  %b = kernel.copy %y {layer = "b"} : (tensor<3xf32>) -> tensor<3xf32>
  %a.mean, %b.mean = kernel.all_reduce %a, %b {layer = "m"} : (tensor<10x13xf32>, tensor<3xf32>) -> (tensor<10x13xf32>, tensor<3xf32>)
  %other = kernel.copy %x {layer = "other"} : (tensor<10x13xf32>) -> tensor<10x13xf32>
  %c = kernel.copy %b.mean : (tensor<3xf32>) -> tensor<3xf32>
  %d = kernel.copy %a.mean : (tensor<10x13xf32>) -> tensor<10x13xf32>
  cnn.output %other as "other" : tensor<10x13xf32>
  cnn.output %c as "c" : tensor<3xf32>
  cnn.output %d as "d" : tensor<10x13xf32>
}

// -----

// What is read behind the begin must stay what it was, and what is an input or lies elsewhere is
// copied; a view is seen through.
// CHECK-LABEL: cnn.step @copied
// CHECK: %late = kernel.copy %x
// CHECK: %early = kernel.copy %x
// CHECK: %[[LATE:.*]] = kernel.copy %late {layer = "m.copy"}
// CHECK-NEXT: %[[INPUT:.*]] = kernel.copy %x {layer = "m.copy"}
// CHECK-NEXT: kernel.bucket %[[LATE]], %early, %seen, %[[INPUT]]
cnn.step @copied {
  %x = cnn.input "x" as tensor<2x3xf32> : tensor<2x3xf32>
  %late = kernel.copy %x {layer = "late"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %early = kernel.copy %x {layer = "early"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %read = kernel.copy %early {layer = "read"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %seen = kernel.copy %x {layer = "seen"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %view = kernel.view %seen : (tensor<2x3xf32>) -> tensor<6xf32>
  %0:4 = kernel.all_reduce %late, %early, %view, %x {layer = "m"} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<6xf32>, tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<6xf32>, tensor<2x3xf32>)
  %again = kernel.copy %late {layer = "again"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %a = kernel.copy %0#0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %b = kernel.copy %0#2 : (tensor<6xf32>) -> tensor<6xf32>
  cnn.output %read as "read" : tensor<2x3xf32>
  cnn.output %again as "again" : tensor<2x3xf32>
  cnn.output %a as "a" : tensor<2x3xf32>
  cnn.output %b as "b" : tensor<6xf32>
}

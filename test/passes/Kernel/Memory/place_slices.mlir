// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(place-slices))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(place-slices{enable=false}))' --split-input-file | FileCheck %s --check-prefix=OFF
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(place-slices,mark-in-place),plan-memory,verify-plan)' --split-input-file -o /dev/null
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(place-slices{enable=false},mark-in-place{enable=false}),plan-memory,verify-plan)' --split-input-file -o /dev/null

// Without a target, pointwise kernels take parts and nothing else does. Here both do what
// they do in place.
// CHECK-LABEL: cnn.step @inception
// OFF-LABEL: cnn.step @inception
cnn.step @inception {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  // CHECK: %a = kernel.pointwise %x
  %a = cnn.relu %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %b = kernel.pointwise %x
  %b = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %both = kernel.join %a, %b {layer = "both"} : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  // OFF: %[[A:.*]] = kernel.copy %a {layer = "both.copy"}
  // OFF-NEXT: %[[B:.*]] = kernel.copy %b {layer = "both.copy"}
  // OFF-NEXT: kernel.join %[[A]], %[[B]]
  %both = cnn.concat %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  // CHECK-NEXT: %again = kernel.part %both {layer = "again", offset = 3 : i64} : (tensor<4x6xf32>) -> tensor<4x3xf32>
  // OFF: %[[PART:.*]] = kernel.part
  // OFF-NEXT: %[[COPY:.*]] = kernel.copy %[[PART]] {layer = "again.copy"}
  // OFF-NEXT: kernel.pointwise %[[COPY]]
  %again = cnn.slice %both {name = "again", offset = 3 : i64} : (tensor<4x6xf32>) -> tensor<4x3xf32>
  // CHECK-NEXT: kernel.pointwise %again
  %c = cnn.tanh %again : (tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %c as "c" : tensor<4x3xf32>
  cnn.output %both as "both" : tensor<4x6xf32>
}

// -----

// What a matrix product makes, or reads, lies row behind row.
// CHECK-LABEL: cnn.step @products
cnn.step @products {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  %a = cnn.dense %x, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  %b = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %c = cnn.relu %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %[[A:.*]] = kernel.copy %a {layer = "all.copy"}
  // CHECK-NEXT: %[[B:.*]] = kernel.copy %b {layer = "all.copy"}
  // CHECK-NEXT: %all = kernel.join %[[A]], %[[B]], %c
  %all = cnn.concat %a, %b, %c : (tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x9xf32>
  %d = cnn.dense %b, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  // CHECK: %[[PART:.*]] = kernel.part %all {layer = "slice", offset = 1 : i64}
  // CHECK-NEXT: %[[SLICE:.*]] = kernel.copy %[[PART]] {layer = "slice.copy"}
  // CHECK-NEXT: kernel.matmul %[[SLICE]]
  %slice = cnn.slice %all {name = "slice", offset = 1 : i64} : (tensor<4x9xf32>) -> tensor<4x3xf32>
  %e = cnn.dense %slice, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  cnn.output %d as "d" : tensor<4x3xf32>
  cnn.output %e as "e" : tensor<4x3xf32>
}

// -----

// A value has one place: where it is concatenated a second time, or twice, it is copied.
// CHECK-LABEL: cnn.step @twice
cnn.step @twice {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %a = cnn.relu %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %b = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %ab = kernel.join %a, %b
  %ab = cnn.concat %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  // CHECK-NEXT: %[[A:.*]] = kernel.copy %a {layer = "a_ab.copy"}
  // CHECK-NEXT: %a_ab = kernel.join %[[A]], %ab
  %a_ab = cnn.concat %a, %ab : (tensor<4x3xf32>, tensor<4x6xf32>) -> tensor<4x9xf32>
  // CHECK-NEXT: %c = kernel.pointwise %a_ab
  %c = cnn.relu %a_ab : (tensor<4x9xf32>) -> tensor<4x9xf32>
  // CHECK: %[[C:.*]] = kernel.copy %c {layer = "cc.copy"}
  // CHECK-NEXT: %[[C2:.*]] = kernel.copy %c {layer = "cc.copy"}
  // CHECK-NEXT: %cc = kernel.join %[[C]], %[[C2]]
  %cc = cnn.concat %c, %c : (tensor<4x9xf32>, tensor<4x9xf32>) -> tensor<4x18xf32>
  cnn.output %cc as "cc" : tensor<4x18xf32>
}

// -----

// An output, an input, a variable, and what is seen under another shape have places of their
// own. The copy for the variable is made before.
// CHECK-LABEL: cnn.step @owned
cnn.variable @v "parameter" init {kind = "fill", a = 0.0, b = 0.0} : tensor<4x3xf32>
cnn.step @owned {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %v = cnn.read @v : tensor<4x3xf32>
  %out = cnn.relu %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %new = cnn.add %x, %v : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  %seen = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %flat = cnn.reshape %seen {name = "flat"} : (tensor<4x3xf32>) -> tensor<2x6xf32>
  // CHECK: %[[X:.*]] = kernel.copy %x {layer = "all.copy"}
  // CHECK-NEXT: %[[OUT:.*]] = kernel.copy %out {layer = "all.copy"}
  // CHECK-NEXT: %[[NEW:.*]] = kernel.copy %new {layer = "all.copy"}
  // CHECK-NEXT: %[[SEEN:.*]] = kernel.copy %seen {layer = "all.copy"}
  // CHECK-NEXT: %all = kernel.join %[[X]], %[[OUT]], %[[NEW]], %[[SEEN]]
  %all = cnn.concat %x, %out, %new, %seen : (tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x12xf32>
  cnn.write %new to @v : tensor<4x3xf32>
  cnn.output %out as "out" : tensor<4x3xf32>
  cnn.output %flat as "flat" : tensor<2x6xf32>
  cnn.output %all as "all" : tensor<4x12xf32>
}

// -----

// As in DenseNet: all lies in the last result, in whatever order it is made. Slices of slices
// are parts of parts.
// CHECK-LABEL: cnn.step @dense
cnn.step @dense {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %late = cnn.tanh %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %a = cnn.relu %x : (tensor<4x3xf32>) -> tensor<4x3xf32>
  %b = cnn.relu %a : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %ab = kernel.join %a, %b
  %ab = cnn.concat %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  %c = cnn.relu %ab : (tensor<4x6xf32>) -> tensor<4x6xf32>
  // CHECK: %all = kernel.join %ab, %c, %late
  %all = cnn.concat %ab, %c, %late : (tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x3xf32>) -> tensor<4x15xf32>
  // CHECK-NEXT: %s = kernel.part %all
  %s = cnn.slice %all {name = "s", offset = 3 : i64} : (tensor<4x15xf32>) -> tensor<4x9xf32>
  // CHECK-NEXT: %t = kernel.part %s
  %t = cnn.slice %s {name = "t", offset = 2 : i64} : (tensor<4x9xf32>) -> tensor<4x3xf32>
  // A part is nothing that a launch has made.
  // CHECK-NEXT: %[[T:.*]] = kernel.copy %t {layer = "u.copy"}
  // CHECK-NEXT: %[[S:.*]] = kernel.copy %s {layer = "u.copy"}
  // CHECK-NEXT: %u = kernel.join %[[T]], %[[S]]
  %u = cnn.concat %t, %s : (tensor<4x3xf32>, tensor<4x9xf32>) -> tensor<4x12xf32>
  cnn.output %u as "u" : tensor<4x12xf32>
}

// -----

// A slice of a variable is read before the variable has its new value.
// CHECK-LABEL: cnn.step @variable
cnn.variable @v "parameter" init {kind = "fill", a = 0.0, b = 0.0} : tensor<4x6xf32>
cnn.step @variable {
  %x = cnn.input "x" as tensor<4x6xf32> : tensor<4x6xf32>
  %v = cnn.read @v : tensor<4x6xf32>
  %new = cnn.add %x, %v : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  %slice = cnn.slice %v {name = "slice", offset = 3 : i64} : (tensor<4x6xf32>) -> tensor<4x3xf32>
  // CHECK: %slice = kernel.part %v
  // CHECK-NEXT: %slice.copy = kernel.copy %slice
  // CHECK-NEXT: %[[NEW:.*]] = kernel.copy %new {layer = "v.copy"}
  // CHECK-NEXT: cnn.write %[[NEW]] to @v
  // CHECK-NEXT: %y = kernel.pointwise %slice.copy
  %y = cnn.relu %slice : (tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.write %new to @v : tensor<4x6xf32>
  cnn.output %y as "y" : tensor<4x3xf32>
}

// -----

// What a matrix product reads of a pointwise kernel's result, the kernel writes a second time;
// what lies within a slice, too. What others read stays where it is.
// CHECK-LABEL: cnn.step @cut
// OFF-LABEL: cnn.step @cut
cnn.step @cut {
  %x = cnn.input "x" as tensor<4x6xf32> : tensor<4x6xf32>
  %w = cnn.input "w" as tensor<3x3xf32> : tensor<3x3xf32>
  %w1 = cnn.input "w1" as tensor<3x1xf32> : tensor<3x1xf32>
  // CHECK: %all, %all.1, %all.2 = kernel.pointwise %x {extent = array<i64: 4, 6>, first_channels = array<i64: 0, 3, 2>, layer = "all"} : (tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x3xf32>, tensor<4x1xf32>)
  // CHECK: kernel.yield %[[V:.*]], %[[V]], %[[V]] : f32, f32, f32
  // OFF-NOT: first_channels
  %all = cnn.tanh %x : (tensor<4x6xf32>) -> tensor<4x6xf32>
  // CHECK-NOT: kernel.part %all {{.*}}offset = 3
  %s = cnn.slice %all {name = "s", offset = 3 : i64} : (tensor<4x6xf32>) -> tensor<4x3xf32>
  // CHECK: %t = kernel.part %all {layer = "t", offset = 0 : i64}
  %t = cnn.slice %all {name = "t", offset = 0 : i64} : (tensor<4x6xf32>) -> tensor<4x3xf32>
  %tt = cnn.slice %t {name = "tt", offset = 2 : i64} : (tensor<4x3xf32>) -> tensor<4x1xf32>
  // CHECK: kernel.matmul %all.1, %w
  %a = cnn.dense %s, %w units(3) : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
  // CHECK: kernel.matmul %all.2, %w1
  %b = cnn.dense %tt, %w1 units(3) : (tensor<4x1xf32>, tensor<3x1xf32>) -> tensor<4x3xf32>
  // CHECK: kernel.pointwise %t
  %c = cnn.relu %t : (tensor<4x3xf32>) -> tensor<4x3xf32>
  cnn.output %a as "a" : tensor<4x3xf32>
  cnn.output %b as "b" : tensor<4x3xf32>
  cnn.output %c as "c" : tensor<4x3xf32>
}

// -----

// What is stacked along the first extent lies as it would alone: every launch takes it, products
// too. A view and an output do not, and what is joined already has its place.
// CHECK-LABEL: cnn.step @stacked
// OFF-LABEL: cnn.step @stacked
cnn.step @stacked {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %w = cnn.input "w" as tensor<6x3xf32> : tensor<6x3xf32>
  // CHECK: %a = kernel.matmul %x, %x
  %a = kernel.matmul %x, %x {layer = "a", transpose_lhs} : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<3x3xf32>
  %b = kernel.copy %x {layer = "b"} : (tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %all = kernel.join %a, %b {layer = "all"} : (tensor<3x3xf32>, tensor<4x3xf32>) -> tensor<7x3xf32>
  // OFF: %[[A:.*]] = kernel.copy %a {layer = "all.copy"}
  // OFF: kernel.join %[[A]],
  %all = kernel.concat %a, %b {layer = "all"} : (tensor<3x3xf32>, tensor<4x3xf32>) -> tensor<7x3xf32>
  // CHECK: %s = kernel.part %all {layer = "s", offset = 1 : i64} : (tensor<7x3xf32>) -> tensor<6x3xf32>
  // CHECK-NEXT: %y = kernel.matmul %s, %w
  // OFF: kernel.matmul %s.copy, %w
  %s = kernel.slice %all {layer = "s", offset = 1 : i64} : (tensor<7x3xf32>) -> tensor<6x3xf32>
  %y = kernel.matmul %s, %w {layer = "y", transpose_rhs} : (tensor<6x3xf32>, tensor<6x3xf32>) -> tensor<6x6xf32>
  // CHECK: %[[T:.*]] = kernel.part %all {layer = "t", offset = 0 : i64}
  // CHECK-NEXT: %[[COPY:.*]] = kernel.copy %[[T]] {layer = "t.copy"}
  // CHECK: cnn.output %[[COPY]] as "t"
  %t = kernel.slice %all {layer = "t", offset = 0 : i64} : (tensor<7x3xf32>) -> tensor<2x3xf32>
  cnn.output %y as "y" : tensor<6x6xf32>
  cnn.output %t as "t" : tensor<2x3xf32>
}

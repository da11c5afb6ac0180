// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(mark-in-place))' --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(mark-in-place),plan-memory,verify-plan)' --split-input-file -o /dev/null
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(mark-in-place{enable=false}))' --split-input-file | FileCheck %s --check-prefix=OFF
// RUN: fanfold-opt %s --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(mark-in-place{enable=false}),plan-memory,verify-plan)' --split-input-file -o /dev/null

// The new value of a variable overwrites the old one where the launch reads it last.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
// CHECK-LABEL: cnn.step @update
// OFF-LABEL: cnn.step @update
cnn.step @update {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %w = cnn.read @w : tensor<4x4xf32>
  // CHECK: %new = kernel.pointwise %w, %x {{{.*}}in_place = array<i64: 0>
  // CHECK-NOT: kernel.copy
  // Switched off, it is made elsewhere and copied.
  // OFF: %new = kernel.pointwise %w, %x {extent = array<i64: 4, 4>, layer = "new"}
  // OFF: %w.copy = kernel.copy %new {layer = "w.copy"}
  // OFF: cnn.write %w.copy to @w
  %new = cnn.add %w, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.write %new to @w : tensor<4x4xf32>
}

// -----

// The old value is read later: a copy behind the last reader.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
// CHECK-LABEL: cnn.step @read_later
cnn.step @read_later {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %w = cnn.read @w : tensor<4x4xf32>
  // CHECK: %new = kernel.pointwise %x, %w {extent = array<i64: 4, 4>, layer = "new"}
  %new = cnn.add %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.write %new to @w : tensor<4x4xf32>
  // CHECK: %fc = kernel.matmul %x, %w
  // CHECK-NEXT: %w.copy = kernel.copy %new {layer = "w.copy"}
  // CHECK-NEXT: cnn.write %w.copy to @w
  %fc = cnn.dense %x, %w units(4) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %fc as "fc" : tensor<4x4xf32>
}

// -----

// The last reader of the old value reads the new one as well: it may not overwrite it, the
// copy comes behind it.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
// CHECK-LABEL: cnn.step @reads_both
cnn.step @reads_both {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  %w = cnn.read @w : tensor<4x4xf32>
  // CHECK: %new = kernel.pointwise %x, %w
  %new = cnn.add %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: %both = kernel.pointwise %new, %w {extent = array<i64: 4, 4>, layer = "both"}
  // CHECK: %w.copy = kernel.copy %new
  %both = cnn.add %new, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.write %new to @w : tensor<4x4xf32>
  cnn.output %both as "both" : tensor<4x4xf32>
}

// -----

// Nobody reads the old value: the new one is made in the variable's memory whatever the
// kernel is.
cnn.variable @w "gradient" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
// CHECK-LABEL: cnn.step @direct
cnn.step @direct {
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  // CHECK: %fc = kernel.matmul %x, %x
  // CHECK-NEXT: cnn.write %fc to @w
  // OFF: cnn.write %fc to @w
  %fc = cnn.dense %x, %x units(4) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.write %fc to @w : tensor<4x4xf32>
  // Nor may a launch overwrite what is the variable's new value, or its old one.
  // CHECK: %relu = kernel.pointwise %fc {extent = array<i64: 4, 4>, layer = "relu"}
  %relu = cnn.relu %fc : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %relu as "relu" : tensor<4x4xf32>
}

// -----

cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
// CHECK-LABEL: cnn.step @old
cnn.step @old {
  %w = cnn.read @w : tensor<4x4xf32>
  // CHECK: %relu = kernel.pointwise %w {extent = array<i64: 4, 4>, layer = "relu"}
  %relu = cnn.relu %w : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.output %relu as "relu" : tensor<4x4xf32>
}

// -----

// Not every kernel can work in place: this one reads the old value until its end.
cnn.variable @w "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
// CHECK-LABEL: cnn.step @matmul
cnn.step @matmul {
  %w = cnn.read @w : tensor<4x4xf32>
  // CHECK: %fc = kernel.matmul %w, %w
  // CHECK-NEXT: %w.copy = kernel.copy %fc
  %fc = cnn.dense %w, %w units(4) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  cnn.write %fc to @w : tensor<4x4xf32>
}

// -----

// One value for two variables, an input and a view as new values: copies.
cnn.variable @a "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
cnn.variable @b "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
cnn.variable @c "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<4x4xf32>
cnn.variable @d "parameter" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<2x8xf32>
// CHECK-LABEL: cnn.step @sources
cnn.step @sources {
  // CHECK: %x = cnn.input
  // CHECK-NEXT: %c.copy = kernel.copy %x
  %x = cnn.input "x" as tensor<4x4xf32> : tensor<4x4xf32>
  // CHECK: %fc = kernel.matmul
  // CHECK-NEXT: %b.copy = kernel.copy %fc
  %fc = cnn.dense %x, %x units(4) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: %view = kernel.view %fc
  // CHECK-NEXT: %d.copy = kernel.copy %view
  %view = cnn.reshape %fc {name = "view"} : (tensor<4x4xf32>) -> tensor<2x8xf32>
  // CHECK: cnn.write %fc to @a
  cnn.write %fc to @a : tensor<4x4xf32>
  cnn.write %fc to @b : tensor<4x4xf32>
  cnn.write %x to @c : tensor<4x4xf32>
  cnn.write %view to @d : tensor<2x8xf32>
}

// -----

// The running averages of batch normalisation: results 2 and 3 over operands 1 and 2.
cnn.variable @mean "statistic" init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<3xf32>
cnn.variable @variance "statistic" init {a = 1.0 : f64, b = 0.0 : f64, kind = "fill"} : tensor<3xf32>
// CHECK-LABEL: cnn.step @statistics
cnn.step @statistics {
  %x = cnn.input "x" as tensor<4x3xf32> : tensor<4x3xf32>
  %m = cnn.read @mean : tensor<3xf32>
  %v = cnn.read @variance : tensor<3xf32>
  // CHECK: kernel.batch_norm_statistics %x, %mean, %variance {{{.*}}in_place = array<i64: -1, -1, 1, 2>
  %0:4 = kernel.batch_norm_statistics %x, %m, %v {epsilon = 1.0e-3 : f64, momentum = 0.1 : f64} : (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
  cnn.write %0#2 to @mean : tensor<3xf32>
  cnn.write %0#3 to @variance : tensor<3xf32>
  cnn.output %0#0 as "mean" : tensor<3xf32>
  cnn.output %0#1 as "inv_std" : tensor<3xf32>
}

// RUN: fanfold-opt %s --expand-blocks --split-input-file | FileCheck %s
// RUN: fanfold-opt %s --expand-blocks --split-input-file --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC

// Parameters and defaults, and names: of the layer in the block, behind that of the use.
// CHECK-LABEL: module
// CHECK-NOT: cnn.block
cnn.block @conv(%x) params(filters, stride = 2) {
  %conv = cnn.conv2d %x filters(2 * filters) kernel(3) stride(stride, stride + 1)
  %0 = cnn.relu %conv
  %1 = cnn.relu %0
  cnn.yield %1
}
// CHECK-LABEL: cnn.model @params
cnn.model @params {
  // CHECK-NEXT: %x = cnn.input "x" as tensor<?x8x8x3xf32>
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // CHECK-NEXT: %a.conv = cnn.conv2d %x filters(8) kernel(3) stride(2, 3)
  // CHECK-NEXT: %a.relu_0 = cnn.relu %a.conv
  // CHECK-NEXT: %a.relu_1 = cnn.relu %a.relu_0
  // An op's location says in which block it stands and where the block is used.
  // LOC: %a.conv = {{.*}} loc(callsite("{{.*}}expand_blocks.mlir":8:11 at "{{.*}}expand_blocks.mlir":[[#@LINE+1]]:8))
  %a = cnn.use @conv(%x) with(filters = 4)
  // CHECK-NEXT: %use_0.conv = cnn.conv2d %a.relu_1 filters(2) kernel(3) stride(1, 2)
  // CHECK: %use_1.conv = cnn.conv2d
  %0 = cnn.use @conv(%a) with(stride = 1, filters = 1)
  %1 = cnn.use @conv(%0) with(filters = 1)
  // Layers without a name are counted by their kind.
  // CHECK: %relu_0 = cnn.relu %use_1.relu_1
  // CHECK-NEXT: %relu_1 = cnn.relu %relu_0
  // CHECK-NEXT: %tanh_0 = cnn.tanh %relu_1
  %2 = cnn.relu %1
  %3 = cnn.relu %2
  %4 = cnn.tanh %3
  // CHECK-NEXT: cnn.loss %tanh_0
  cnn.loss %4
}

// -----

// repeat(n) chains instances; every other operand is the same in all of them.
cnn.block @step(%x, %y) {
  %sum = cnn.add %x, %y
  cnn.yield %sum
}
// CHECK-LABEL: cnn.model @repeat
cnn.model @repeat {
  %x = cnn.input "x" as tensor<?xf32>
  %y = cnn.input "y" as tensor<?xf32>
  // CHECK: %three.0.sum = cnn.add %x, %y
  // CHECK-NEXT: %three.1.sum = cnn.add %three.0.sum, %y
  // CHECK-NEXT: %three.2.sum = cnn.add %three.1.sum, %y
  %three = cnn.use @step(%x, %y) repeat(3)
  // CHECK-NEXT: %one.0.sum = cnn.add %three.2.sum, %y
  %one = cnn.use @step(%three, %y) repeat(1)
  // None passes the first operand through.
  // CHECK-NEXT: %end = cnn.relu %one.0.sum
  %none = cnn.use @step(%one, %y) repeat(0)
  %end = cnn.relu %none
  cnn.loss %end
}

// -----

// Blocks in blocks: a block's parameters are expressions of those around it. A block may
// stand behind the one that uses it.
cnn.block @outer(%x) params(n) {
  %first = cnn.use @inner(%x) with(n = n)
  %rest = cnn.use @inner(%first) with(n = 10 * n) repeat(n - 1)
  cnn.yield %rest
}
cnn.block @inner(%x) params(n) {
  %fc = cnn.dense %x units(n)
  cnn.yield %fc
}
// CHECK-LABEL: cnn.model @nested
cnn.model @nested {
  %x = cnn.input "x" as tensor<?x4xf32>
  // CHECK: %o.first.fc = cnn.dense %x units(3)
  // CHECK-NEXT: %o.rest.0.fc = cnn.dense %o.first.fc units(30)
  // CHECK-NEXT: %o.rest.1.fc = cnn.dense %o.rest.0.fc units(30)
  // CHECK-NEXT: cnn.loss %o.rest.1.fc
  %o = cnn.use @outer(%x) with(n = 3)
  cnn.loss %o
}

// -----

// cnn.if takes one branch; layers in it have the names of the block around it.
cnn.block @residual(%x) params(project, width = 4) {
  %shortcut = cnn.if(project) {
    %conv = cnn.conv2d %x filters(width) kernel(1)
    %bn = cnn.batch_norm %conv
    cnn.yield %bn
  } else {
    %kept = cnn.if(width == 4) {
      cnn.yield %x
    } else {
      %tanh = cnn.tanh %x
      cnn.yield %tanh
    }
    cnn.yield %kept
  }
  %relu = cnn.relu %shortcut
  cnn.yield %relu
}
// CHECK-LABEL: cnn.model @choice
cnn.model @choice {
  %x = cnn.input "x" as tensor<?x8x8x4xf32>
  // CHECK: %a.conv = cnn.conv2d %x filters(4) kernel(1)
  // CHECK-NEXT: %a.bn = cnn.batch_norm %a.conv
  // CHECK-NEXT: %a.relu = cnn.relu %a.bn
  %a = cnn.use @residual(%x) with(project = 1)
  // CHECK-NEXT: %b.relu = cnn.relu %a.relu
  %b = cnn.use @residual(%a) with(project = 0)
  // CHECK-NEXT: %c.tanh = cnn.tanh %b.relu
  // CHECK-NEXT: %c.relu = cnn.relu %c.tanh
  %c = cnn.use @residual(%b) with(project = 0, width = 5)
  // Anything but zero is true.
  // CHECK-NEXT: %d.conv = cnn.conv2d
  %d = cnn.use @residual(%c) with(project = 0 - 7)
  cnn.loss %d
}

// -----

// A block without operands is used once.
cnn.block @image() {
  %image = cnn.input "image" as tensor<?x8x8x3xui8>
  %0 = cnn.normalize %image mean(0, 0, 0) std(1, 1, 1)
  cnn.yield %0
}
// CHECK-LABEL: cnn.model @source
cnn.model @source {
  // CHECK: %a.image = cnn.input "image"
  // CHECK: %a.normalize_0 = cnn.normalize %a.image
  // CHECK: cnn.loss %a.normalize_0
  %a = cnn.use @image()
  cnn.loss %a
}

// -----

// A module of the later forms of this level comes through unchanged.
// CHECK: cnn.variable @fc.weight
cnn.variable @fc.weight "parameter" init {kind = "fill", a = 0.0 : f64, b = 0.0 : f64} : tensor<8x2xf32>
// CHECK-LABEL: cnn.model @typed
cnn.model @typed {
  %x = cnn.input "x" as tensor<4x8xf32> : tensor<4x8xf32>
  // CHECK: %fc.weight = cnn.read @fc.weight : tensor<8x2xf32>
  // CHECK-NEXT: %fc = cnn.dense %x, %fc.weight units(2) : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  %w = cnn.read @fc.weight : tensor<8x2xf32>
  %fc = cnn.dense %x, %w units(2) : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  // CHECK-NEXT: cnn.loss %fc : tensor<4x2xf32>
  cnn.loss %fc : tensor<4x2xf32>
}

// RUN: fanfold-opt %s --pass-pipeline='builtin.module(infer-shapes{batch=4},build-steps,build-backward,cnn-to-kernel,lower-precision,cnn.step(fold-norms))' --split-input-file | FileCheck %s

// The end of a residual block: both convolutions are folded, the last one adds the other.
module attributes {fanfold.precision = "fp16"} {
  cnn.model @block {
    %image = cnn.input "image" as tensor<?x8x8x3xui8>
    %label = cnn.input "label" as tensor<?xi32>
    %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
    %stem = cnn.conv2d %0 filters(16) kernel(3) pad(1)
    %a = cnn.relu %stem
    %expand = cnn.conv2d %a filters(64) kernel(1)
    %expand_bn = cnn.batch_norm %expand
    %project = cnn.conv2d %a filters(64) kernel(1)
    %project_bn = cnn.batch_norm %project
    %sum = cnn.add %expand_bn, %project_bn
    %x = cnn.relu %sum
    %pool = cnn.global_avg_pool2d %x
    %flat = cnn.flatten %pool
    %fc = cnn.dense %flat units(4)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// CHECK: %[[OTHER:.*]] = kernel.conv2d %a, %{{.*}}, %{{.*}} {{{.*}}layer = "expand_bn"
// CHECK: %[[M:.*]] = kernel.conv2d_wgrad %a, %a {{{.*}}layer = "project.square"{{.*}} -> tensor<16x1x1x16xf32>
// CHECK: %[[SPREAD:.*]] = kernel.conv2d %project.weight, %[[M]] {{{.*}}layer = "project.spread"{{.*}} -> tensor<64x1x1x16xf32>
// CHECK: %[[FOLD:[^,]*]], %[[BIAS:[^,]*]], %[[INV:[^,]*]], %{{[^,]*}}, %{{[^,]*}} = kernel.fold_norm %project.weight, %[[SPREAD]], %{{.*}}rows = 256
// CHECK: kernel.conv1x1_add %a, %[[FOLD]], %[[BIAS]], %[[OTHER]] {activation = "relu", layer = "x"}
// CHECK-NOT: kernel.batch_norm_statistics
// CHECK: %[[P:.*]] = kernel.conv2d_wgrad %a, %[[DZ:.*]] {{{.*}}layer = "project.product"{{.*}} -> tensor<64x1x1x16xf32>
// CHECK: %[[DW:[^,]*]], %{{[^,]*}}, %[[S:[^,]*]], %[[R:[^,]*]] = kernel.fold_norm_grad %project.weight, %[[P]], %[[SPREAD]], %{{[^,]*}}, %{{[^,]*}}, %[[INV]]
// CHECK: %[[Q:.*]] = kernel.conv2d_wgrad %project.weight, %[[R]]
// CHECK: %[[OWN:[^,]*]], %[[SHIFT:[^,]*]] = kernel.fold_norm_input %[[Q]], %[[S]]
// CHECK: %[[DA1:.*]] = kernel.conv2d %a, %[[OWN]]
// CHECK: %[[DA0:.*]] = kernel.conv2d_dgrad %[[DZ]], %[[S]]
// CHECK: kernel.pointwise %[[DA0]], %[[DA1]], %[[SHIFT]]
// CHECK: kernel.fold_norm_grad %expand.weight
// The evaluation step has the running statistics.
// CHECK-LABEL: cnn.step @eval
// CHECK-NOT: fold_norm

// -----

// Without an addition the ReLU goes into a plain convolution, in bf16 as well.
module attributes {fanfold.precision = "bf16"} {
  cnn.model @relu {
    %image = cnn.input "image" as tensor<?x8x8x3xui8>
    %label = cnn.input "label" as tensor<?xi32>
    %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
    %stem = cnn.conv2d %0 filters(16) kernel(3) pad(1)
    %a = cnn.relu %stem
    %conv = cnn.conv2d %a filters(64) kernel(1)
    %bn = cnn.batch_norm %conv
    %x = cnn.relu %bn
    %pool = cnn.global_avg_pool2d %x
    %flat = cnn.flatten %pool
    %fc = cnn.dense %flat units(4)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// CHECK: %[[W:[^,]*]], %[[B:[^,]*]], {{.*}} = kernel.fold_norm {{.*}} -> (tensor<64x1x1x16xbf16>, tensor<64xbf16>,
// CHECK: kernel.conv2d %{{.*}}, %[[W]], %[[B]] {activation = "relu"
// CHECK-NOT: kernel.batch_norm_statistics

// -----

// What is read twice before the addition stays: only the normalisation is folded.
module attributes {fanfold.precision = "fp16"} {
  cnn.model @twice {
    %image = cnn.input "image" as tensor<?x8x8x3xui8>
    %label = cnn.input "label" as tensor<?xi32>
    %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
    %stem = cnn.conv2d %0 filters(16) kernel(3) pad(1)
    %a = cnn.relu %stem
    %conv = cnn.conv2d %a filters(64) kernel(1)
    %bn = cnn.batch_norm %conv
    %relu = cnn.relu %bn
    %x = cnn.add %bn, %relu
    %pool = cnn.global_avg_pool2d %x
    %flat = cnn.flatten %pool
    %fc = cnn.dense %flat units(4)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// CHECK: %[[W:[^,]*]], %[[B:[^,]*]], {{.*}} = kernel.fold_norm
// CHECK: %[[Z:.*]] = kernel.conv2d %{{.*}}, %[[W]], %[[B]] {
// CHECK-NOT: activation
// CHECK: kernel.pointwise %[[Z]]
// CHECK-NOT: conv1x1_add
// CHECK: kernel.fold_norm_grad

// -----

// A sum with itself has one reader of two operands.
module attributes {fanfold.precision = "fp16"} {
  cnn.model @doubled {
    %image = cnn.input "image" as tensor<?x8x8x3xui8>
    %label = cnn.input "label" as tensor<?xi32>
    %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
    %stem = cnn.conv2d %0 filters(16) kernel(3) pad(1)
    %a = cnn.relu %stem
    %conv = cnn.conv2d %a filters(64) kernel(1)
    %bn = cnn.batch_norm %conv
    %x = cnn.add %bn, %bn
    %pool = cnn.global_avg_pool2d %x
    %flat = cnn.flatten %pool
    %fc = cnn.dense %flat units(4)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// CHECK: kernel.fold_norm
// CHECK-NOT: conv1x1_add
// CHECK: kernel.fold_norm_grad

// -----

// Where something else reads what the convolution made, that is needed.
module attributes {fanfold.precision = "fp16"} {
  cnn.model @elsewhere {
    %image = cnn.input "image" as tensor<?x8x8x3xui8>
    %label = cnn.input "label" as tensor<?xi32>
    %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
    %stem = cnn.conv2d %0 filters(16) kernel(3) pad(1)
    %a = cnn.relu %stem
    %conv = cnn.conv2d %a filters(64) kernel(1)
    %bn = cnn.batch_norm %conv
    %x = cnn.concat %bn, %conv
    %pool = cnn.global_avg_pool2d %x
    %flat = cnn.flatten %pool
    %fc = cnn.dense %flat units(4)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// CHECK: kernel.batch_norm_statistics
// CHECK-NOT: fold_norm

// -----

// Windows, strides and full precision are left alone.
module attributes {fanfold.precision = "fp16"} {
  cnn.model @others {
    %image = cnn.input "image" as tensor<?x8x8x3xui8>
    %label = cnn.input "label" as tensor<?xi32>
    %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
    %stem = cnn.conv2d %0 filters(16) kernel(3) pad(1)
    %a = cnn.relu %stem
    %wide = cnn.conv2d %a filters(64) kernel(3)
    %wide_bn = cnn.batch_norm %wide
    %strided = cnn.conv2d %wide_bn filters(128) kernel(1) stride(2)
    %x = cnn.batch_norm %strided
    %pool = cnn.global_avg_pool2d %x
    %flat = cnn.flatten %pool
    %fc = cnn.dense %flat units(4)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// CHECK-NOT: fold_norm

// -----

// Windows, strides and full precision are left alone.
module attributes {fanfold.precision = "tf32"} {
  cnn.model @single {
    %image = cnn.input "image" as tensor<?x8x8x3xui8>
    %label = cnn.input "label" as tensor<?xi32>
    %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
    %stem = cnn.conv2d %0 filters(16) kernel(3) pad(1)
    %a = cnn.relu %stem
    %conv = cnn.conv2d %a filters(64) kernel(1)
    %x = cnn.batch_norm %conv
    %pool = cnn.global_avg_pool2d %x
    %flat = cnn.flatten %pool
    %fc = cnn.dense %flat units(4)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// CHECK-NOT: fold_norm

// RUN: fanfold-opt %s --pass-pipeline='builtin.module(infer-shapes{batch=4},build-steps,build-backward{keep-gradients},scale-loss,cnn-to-kernel,lower-precision)' --split-input-file | FileCheck %s

module attributes {fanfold.precision = "fp16"} {
  cnn.model @half {
    %image = cnn.input "image" as tensor<?x8x8x3xui8>
    %label = cnn.input "label" as tensor<?xi32>
    %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
    %conv = cnn.conv2d %0 filters(8) kernel(3)
    %bn = cnn.batch_norm %conv
    %pool = cnn.global_avg_pool2d %bn
    %flat = cnn.flatten %pool
    %fc = cnn.dense %flat units(4)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// Variables stay as they are.
// CHECK-DAG: cnn.variable @conv.weight "parameter" {{.*}} : tensor<8x3x3x3xf32>
// CHECK-DAG: cnn.variable @"grad/conv.weight" "gradient" {{.*}} : tensor<8x3x3x3xf32>
// CHECK-LABEL: cnn.step @train
// Activations are narrow, arithmetic is not.
// CHECK: %[[IMAGE:.*]] = kernel.pointwise {{.*}} : (tensor<4x8x8x3xui8>, tensor<3xf32>, tensor<3xf32>) -> tensor<4x8x8x3xf16> {
// CHECK: kernel.yield %{{.*}} : f32
// Parameters get a copy for the matrix units.
// CHECK: %conv.weight.half = kernel.pointwise %conv.weight {{.*}} : (tensor<8x3x3x3xf32>) -> tensor<8x3x3x3xf16>
// CHECK: %conv = kernel.conv2d %[[IMAGE]], %conv.weight.half {{.*}} -> tensor<4x6x6x8xf16>
// Numbers for each channel stay wide.
// CHECK: kernel.batch_norm_statistics %conv, {{.*}} -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
// CHECK: %flat = kernel.view %pool {{.*}} -> tensor<4x8xf16>
// CHECK: %fc = kernel.matmul {{.*}} -> tensor<4x4xf16>
// CHECK: kernel.softmax_cross_entropy %logits, %label {{.*}} : (tensor<4x4xf16>, tensor<4xi32>) -> (tensor<f32>, tensor<4x4xf32>)
// CHECK: %loss.grad = kernel.softmax_cross_entropy_grad {{.*}} -> tensor<4x4xf16>
// CHECK: %logits.bgrad = kernel.pointwise %loss.grad {{.*}} -> tensor<4xf32>
// Gradients of parameters come out narrow and are widened on their way to a variable.
// CHECK: %conv.wgrad = kernel.conv2d_wgrad {{.*}} -> tensor<8x3x3x3xf16>
// CHECK: %conv.weight.mean = kernel.all_reduce %conv.wgrad {{.*}} -> tensor<8x3x3x3xf16>
// CHECK: %[[WIDE:.*]] = kernel.pointwise %conv.weight.mean, %loss_scale {{.*}} -> tensor<8x3x3x3xf32>
// One check for each type.
// CHECK: %[[A:.*]] = kernel.all_finite {{.*}} : (tensor<4xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<i32>
// CHECK: %[[B:.*]] = kernel.all_finite {{.*}} : (tensor<8x4xf16>, tensor<8x3x3x3xf16>) -> tensor<i32>
// CHECK: kernel.pointwise %[[B]], %[[A]]
// CHECK: arith.muli
// CHECK: cnn.write %[[WIDE]] to @"grad/conv.weight"
// CHECK-LABEL: cnn.step @eval
// CHECK: kernel.conv2d {{.*}} -> tensor<4x6x6x8xf16>

// -----

// Without a loss scale nothing is on the way from the gradient to the variable.
module attributes {fanfold.precision = "bf16"} {
  cnn.model @brain {
    %x = cnn.input "x" as tensor<?x8xf32>
    %label = cnn.input "label" as tensor<?xi32>
    %fc = cnn.dense %x units(4)
    %loss = cnn.softmax_cross_entropy %fc, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// CHECK: %fc.wgrad = kernel.matmul {{.*}} -> tensor<8x4xbf16>
// CHECK: %[[WIDE:.*]] = kernel.pointwise %fc.weight.mean {{.*}} : (tensor<8x4xbf16>) -> tensor<8x4xf32>
// CHECK: cnn.write %[[WIDE]] to @"grad/fc.weight"

// -----

// Full precision.
cnn.model @single {
  %x = cnn.input "x" as tensor<?x8xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %fc = cnn.dense %x units(4)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
// CHECK-LABEL: cnn.step @train
// CHECK-NOT: f16

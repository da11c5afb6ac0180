// RUN: fanfold-opt %s --infer-shapes=batch=4 --build-steps --build-backward --scale-loss="start=1024 interval=10" --split-input-file | FileCheck %s

module attributes {fanfold.precision = "fp16"} {
  cnn.model @m {
    %x = cnn.input "x" as tensor<?x8xf32>
    %label = cnn.input "label" as tensor<?xi32>
    %fc = cnn.dense %x units(3)
    %logits = cnn.bias %fc
    %loss = cnn.softmax_cross_entropy %logits, %label
    cnn.loss %loss
  }
}
// The scale takes the place of the loss's gradient.
// CHECK-NOT: @loss.gradient
// CHECK: cnn.variable @loss_scale "optimizer" init {a = 1.024000e+03
// CHECK-NOT: @loss.gradient
// CHECK-LABEL: cnn.step @train
// CHECK: %loss_scale.clean_steps = cnn.read @loss_scale.clean_steps
// CHECK: %loss_scale = cnn.read @loss_scale
// CHECK: cnn.softmax_cross_entropy_grad %loss.1, %label, %loss_scale
// Each gradient is divided by it, and looked at before that: as the mean over all ranks, so that
// all see what overflows on one.
// CHECK: %[[BIAS:.*]] = cnn.unscale %logits.bias.mean, %loss_scale
// CHECK: %[[WEIGHT:.*]] = cnn.unscale %fc.weight.mean, %loss_scale
// CHECK: %loss_scale.finite = cnn.all_finite %logits.bias.mean, %fc.weight.mean
// CHECK: %logits.bias.update, {{.*}} = cnn.sgd %logits.bias, %[[BIAS]],
// CHECK: %fc.weight.update, {{.*}} = cnn.sgd %fc.weight, %[[WEIGHT]],
// What an update writes depends on all gradients.
// CHECK: %[[KEPT:.*]] = cnn.keep_if %loss_scale.finite, %logits.bias.update, %logits.bias
// CHECK: cnn.write %[[KEPT]] to @logits.bias
// CHECK: cnn.keep_if %loss_scale.finite, %logits.bias.update.1, %logits.bias.velocity
// CHECK: cnn.keep_if %loss_scale.finite, %fc.weight.update, %fc.weight
// CHECK: %loss_scale.adjust, %loss_scale.adjust.1 = cnn.adjust_loss_scale %loss_scale, %loss_scale.clean_steps, %loss_scale.finite {interval = 10 : i64
// CHECK: cnn.write %loss_scale.adjust to @loss_scale
// CHECK: cnn.write %loss_scale.adjust.1 to @loss_scale.clean_steps
// The evaluation step has no gradients.
// CHECK-LABEL: cnn.step @eval
// CHECK-NOT: loss_scale

// -----

// Other precisions need no scale.
module attributes {fanfold.precision = "bf16"} {
  cnn.model @m {
    %x = cnn.input "x" as tensor<?x8xf32>
    %label = cnn.input "label" as tensor<?xi32>
    %fc = cnn.dense %x units(3)
    %loss = cnn.softmax_cross_entropy %fc, %label
    cnn.loss %loss
  }
}
// CHECK-NOT: loss_scale
// CHECK: cnn.softmax_cross_entropy_grad %loss.1, %label, %loss.gradient

// RUN: fanfold-opt %s --infer-shapes=batch=4 --build-steps --build-backward --split-input-file | FileCheck %s

// Without a recipe: SGD with momentum.
cnn.model @default {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %fc = cnn.dense %x units(3)
  %bias = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %bias, %label
  cnn.loss %loss
}
// Each hyperparameter is read once.
// CHECK-LABEL: cnn.step @train
// CHECK-COUNT-1: cnn.scalar "learning_rate"
// CHECK-NOT: cnn.scalar "learning_rate"
// CHECK: cnn.sgd %bias.bias, %bias.bias.mean, %bias.bias.velocity, %learning_rate, %momentum, %weight_decay {name = "bias.bias.update"}
// CHECK: cnn.sgd %fc.weight, %fc.weight.mean, %fc.weight.velocity, %learning_rate, %momentum, %weight_decay {decay, name = "fc.weight.update"}

// -----

cnn.model @nesterov {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %fc = cnn.dense %x units(3)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
cnn.recipe @nesterov optimizer(sgd, nesterov = true)
// CHECK-LABEL: cnn.step @train
// CHECK: cnn.sgd {{.*}} {decay, name = "fc.weight.update", nesterov}

// -----

cnn.model @adamw {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %fc = cnn.dense %x units(3)
  %bias = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %bias, %label
  cnn.loss %loss
}
cnn.recipe @adamw optimizer(adamw)
// CHECK-DAG: cnn.variable @fc.weight.first_moment "optimizer" init {a = 0.000000e+00 : f64, {{.*}}} : tensor<4x3xf32>
// CHECK-DAG: cnn.variable @fc.weight.second_moment "optimizer" init {a = 0.000000e+00 : f64, {{.*}}} : tensor<4x3xf32>
// CHECK-LABEL: cnn.step @train
// CHECK: cnn.adamw %bias.bias, {{.*}} {name = "bias.bias.update"}
// CHECK: %fc.weight.update, %fc.weight.update.1, %fc.weight.update.2 = cnn.adamw %fc.weight, %fc.weight.mean, %fc.weight.first_moment, %fc.weight.second_moment, %learning_rate, %beta1, %beta2, %epsilon, %weight_decay, %bias_correction1, %bias_correction2 {decay, name = "fc.weight.update"}
// CHECK: cnn.write %fc.weight.update to @fc.weight :
// CHECK: cnn.write %fc.weight.update.1 to @fc.weight.first_moment :
// CHECK: cnn.write %fc.weight.update.2 to @fc.weight.second_moment :

// -----

// LARS adapts the rate of weights; biases have plain momentum.
cnn.model @lars {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %fc = cnn.dense %x units(3)
  %bias = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %bias, %label
  cnn.loss %loss
}
cnn.recipe @lars optimizer(lars)
// CHECK-LABEL: cnn.step @train
// CHECK: cnn.sgd %bias.bias, {{.*}} {name = "bias.bias.update"}
// CHECK-DAG: %fc.weight.norm = cnn.sum_of_squares %fc.weight {name = "fc.weight.norm"} : (tensor<4x3xf32>) -> tensor<f32>
// CHECK-DAG: %fc.weight.grad_norm = cnn.sum_of_squares %fc.weight.mean {name = "fc.weight.grad_norm"} : (tensor<4x3xf32>) -> tensor<f32>
// CHECK: cnn.lars %fc.weight, %fc.weight.mean, %fc.weight.velocity, %fc.weight.norm, %fc.weight.grad_norm, %learning_rate, %momentum, %weight_decay, %trust, %epsilon {name = "fc.weight.update"}

// RUN: fanfold-opt %s --pass-pipeline='builtin.module(infer-shapes{batch=4},build-steps,build-backward,scale-loss,cnn-to-kernel,lower-precision,cnn.step(fuse-pointwise,merge-updates))' | FileCheck %s

module attributes {fanfold.precision = "bf16"} {
  cnn.model @m {
    %x = cnn.input "x" as tensor<?x8xf32>
    %label = cnn.input "label" as tensor<?xi32>
    %a = cnn.dense %x units(4)
    %b = cnn.bias %a
    %c = cnn.dense %b units(2)
    %d = cnn.bias %c
    %loss = cnn.softmax_cross_entropy %d, %label
    cnn.loss %loss
  }
}
// CHECK-LABEL: cnn.step @train
// Copies of parameters come first.
// CHECK: %a.weight.half_and_1_more, %a.weight.half_and_1_more.1 = kernel.pointwise_many %a.weight, %c.weight {counts = array<i64: 32, 8>, layer = "a.weight.half and 1 more"} : (tensor<8x4xf32>, tensor<4x2xf32>) -> (tensor<8x4xbf16>, tensor<4x2xbf16>) {
// CHECK: kernel.matmul %{{.*}}, %a.weight.half_and_1_more
// CHECK: %c.wgrad = kernel.matmul
// Biases have no weight decay: they are updated by another function.
// CHECK: %d.bias.update_and_1_more, {{.*}} = kernel.pointwise_many %d.bias, %d.bias.mean, %d.bias.velocity, %b.bias, %b.bias.mean, %b.bias.velocity, %learning_rate, %momentum, %weight_decay {counts = array<i64: 2, 4>, layer = "d.bias.update and 1 more", scalars = 3 : i64}
// CHECK: %a.wgrad = kernel.matmul
// CHECK: kernel.pointwise_many %c.weight, %c.weight.mean, %c.weight.velocity, %a.weight, %a.weight.mean, %a.weight.velocity, %learning_rate, %momentum, %weight_decay {counts = array<i64: 8, 32>, layer = "c.weight.update and 1 more", scalars = 3 : i64}
// CHECK: cnn.write {{.*}} to @c.weight :
// CHECK: cnn.write {{.*}} to @a.weight :

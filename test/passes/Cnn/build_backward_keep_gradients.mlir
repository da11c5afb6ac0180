// RUN: fanfold-opt %s --infer-shapes=batch=4 --build-steps --build-backward=keep-gradients | FileCheck %s
// RUN: fanfold-opt %s --infer-shapes=batch=4 --build-steps --build-backward | FileCheck %s --check-prefix=NOT

cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %fc = cnn.dense %x units(3)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
// CHECK: cnn.variable @"grad/fc.weight" "gradient" init {{.*}} : tensor<4x3xf32>{{$}}
// CHECK-LABEL: cnn.step @train
// CHECK: %fc.wgrad = cnn.matmul
// CHECK: %fc.weight.mean = cnn.all_reduce %fc.wgrad
// CHECK: cnn.write %fc.weight.mean to @"grad/fc.weight" : tensor<4x3xf32>
// NOT-NOT: grad/

// RUN: fanfold-opt %s --infer-shapes=batch=6 | FileCheck %s --check-prefixes=CHECK,OPTION
// RUN: fanfold-opt %s --infer-shapes | FileCheck %s --check-prefixes=CHECK,RECIPE
// RUN: fanfold-opt %s --infer-shapes=batch=6 | fanfold-opt --infer-shapes=batch=9 | FileCheck %s --check-prefixes=CHECK,OPTION

// A layer's variables stand beside the model, in the order of the layers; their names are
// the layer's with a suffix.
// CHECK: cnn.variable @conv.weight "parameter" init {{.*}} : tensor<20x5x5x1xf32> {decay}
// CHECK-NEXT: cnn.variable @bias.bias "parameter" init {{.*}} : tensor<20xf32>
// CHECK-NEXT: cnn.variable @bn.gamma "parameter"
// CHECK-NEXT: cnn.variable @bn.beta "parameter"
// CHECK-NEXT: cnn.variable @bn.running_mean "statistic"
// CHECK-NEXT: cnn.variable @bn.running_variance "statistic"
// CHECK-NOT: cnn.variable
// CHECK-LABEL: cnn.model @m
cnn.model @m {
  // The batch is bound: by the option, else by the recipe.
  // OPTION: %x = cnn.input "x" as tensor<6x28x28x1xf32> : tensor<6x28x28x1xf32>
  // RECIPE: %x = cnn.input "x" as tensor<32x28x28x1xf32> : tensor<32x28x28x1xf32>
  %x = cnn.input "x" as tensor<?x28x28x1xf32>
  // CHECK: %conv.weight = cnn.read @conv.weight : tensor<20x5x5x1xf32>
  // CHECK: %conv = cnn.conv2d %x, %conv.weight filters(20) kernel(5) : (tensor<[[N:[0-9]+]]x28x28x1xf32>, tensor<20x5x5x1xf32>) -> tensor<[[N]]x24x24x20xf32>
  %conv = cnn.conv2d %x filters(20) kernel(5)
  // CHECK: %bias.bias = cnn.read @bias.bias : tensor<20xf32>
  // CHECK: %bias = cnn.bias %conv, %bias.bias
  %bias = cnn.bias %conv
  // CHECK: %bn = cnn.batch_norm %bias, %bn.gamma, %bn.beta, %bn.running_mean, %bn.running_variance
  %bn = cnn.batch_norm %bias
  // CHECK: cnn.loss %bn : tensor<[[N]]x24x24x20xf32>
  cnn.loss %bn
}

// An input may have a batch of its own.
// CHECK-LABEL: cnn.model @fixed
cnn.model @fixed {
  // CHECK: %x = cnn.input "x" as tensor<3x2xf32> : tensor<3x2xf32>
  %x = cnn.input "x" as tensor<3x2xf32>
  cnn.loss %x
}

cnn.recipe @m batch(32)

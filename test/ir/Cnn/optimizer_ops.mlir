// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s

// CHECK-LABEL: cnn.step @updates
cnn.step @updates {
  %w = cnn.input "w" as tensor<8xf32> : tensor<8xf32>
  %g = cnn.input "g" as tensor<8xf32> : tensor<8xf32>
  %s = cnn.scalar "learning_rate" : tensor<f32>
  // CHECK: %w.update, %w.update.1 = cnn.sgd %w, %g, %g, %learning_rate, %learning_rate, %learning_rate {decay, name = "w.update", nesterov}
  %0:2 = cnn.sgd %w, %g, %g, %s, %s, %s {decay, name = "w.update", nesterov} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>)
  // CHECK: cnn.adamw %w, %g, %g, %g, %learning_rate, %learning_rate, %learning_rate, %learning_rate, %learning_rate, %learning_rate, %learning_rate :
  %1:3 = cnn.adamw %w, %g, %g, %g, %s, %s, %s, %s, %s, %s, %s : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
  // CHECK: %w.norm = cnn.sum_of_squares %w {name = "w.norm"} : (tensor<8xf32>) -> tensor<f32>
  %2 = cnn.sum_of_squares %w {name = "w.norm"} : (tensor<8xf32>) -> tensor<f32>
  // CHECK: cnn.lars %w, %g, %g, %w.norm, %w.norm, %learning_rate, %learning_rate, %learning_rate, %learning_rate, %learning_rate :
  %3:2 = cnn.lars %w, %g, %g, %2, %2, %s, %s, %s, %s, %s : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>)
}

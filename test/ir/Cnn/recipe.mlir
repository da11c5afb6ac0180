// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s

// Every clause with every field, and none.
// CHECK: cnn.recipe @m{{$}}
cnn.recipe @m
// CHECK: cnn.recipe @m optimizer(sgd, learning_rate = 0.1, momentum = 0.9, nesterov = true, reference_batch = 256, weight_decay = 0.0001) schedule(constant, warmup_epochs = 5)
cnn.recipe @m
  optimizer(sgd, learning_rate = 0.1, momentum = 0.9, weight_decay = 1e-4, nesterov = true, reference_batch = 256)
  schedule(constant, warmup_epochs = 5)
// CHECK: cnn.recipe @m optimizer(adamw, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-08, learning_rate = 0.001, weight_decay = 0.01) schedule(cosine, final_learning_rate = 1e-05)
cnn.recipe @m
  optimizer(adamw, learning_rate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.01)
  schedule(cosine, final_learning_rate = 1e-5)
// CHECK: cnn.recipe @m optimizer(lars, epsilon = 1e-09, momentum = 0.9, trust = 0.001) schedule(polynomial, power = 2)
cnn.recipe @m
  optimizer(lars, momentum = 0.9, trust = 0.001, epsilon = 1e-9)
  schedule(polynomial, power = 2)
// CHECK: cnn.recipe @m schedule(step, gamma = 0.1, milestones = [30, 60, 80]) augment(crop_padding = 4, flip = true, resized_crop = false) precision(bf16)
cnn.recipe @m
  schedule(step, milestones = [30, 60, 80], gamma = 0.1)
  augment(crop_padding = 4, flip = true, resized_crop = false)
  precision(bf16)

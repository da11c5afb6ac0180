// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

// cnn.recipe (C1)

// expected-error@+1 {{batch is not a positive integer}}
cnn.recipe @m batch(0)

// -----

// expected-error@+1 {{batch is not a positive integer}}
cnn.recipe @m batch(n)

// -----

// expected-error@+1 {{epochs is 0.000000e+00, expected a positive number}}
cnn.recipe @m epochs(0)

// -----

// expected-error@+1 {{unknown optimizer 'adam', expected one of sgd, adamw, lars}}
cnn.recipe @m optimizer(adam)

// -----

// expected-error@+1 {{unknown optimizer '', expected one of sgd, adamw, lars}}
cnn.recipe @m optimizer(learning_rate = 1)

// -----

// expected-error@+1 {{optimizer field 'learning_rate' is not a number}}
cnn.recipe @m optimizer(sgd, learning_rate = true)

// -----

// expected-error@+1 {{optimizer field 'momentum' is 1.500000e+00, expected 0.000000e+00 to 1.000000e+00}}
cnn.recipe @m optimizer(sgd, momentum = 1.5)

// -----

// expected-error@+1 {{optimizer field 'weight_decay' is -1.000000e+00, expected 0.000000e+00 to 1.000000e+30}}
cnn.recipe @m optimizer(sgd, weight_decay = -1)

// -----

// expected-error@+1 {{optimizer field 'nesterov' is neither true nor false}}
cnn.recipe @m optimizer(sgd, nesterov = 1)

// -----

// expected-error@+1 {{optimizer has no field 'beta1', expected one of learning_rate, weight_decay, reference_batch, momentum, nesterov}}
cnn.recipe @m optimizer(sgd, beta1 = 0.9)

// -----

// expected-error@+1 {{optimizer has no field 'nesterov', expected one of learning_rate, weight_decay, reference_batch, beta1, beta2, epsilon}}
cnn.recipe @m optimizer(adamw, nesterov = true)

// -----

// expected-error@+1 {{'momentum' is given twice}}
cnn.recipe @m optimizer(sgd, momentum = 0.9, momentum = 0.8)

// -----

// expected-error@+1 {{unknown schedule 'linear', expected one of constant, step, cosine, polynomial}}
cnn.recipe @m schedule(linear)

// -----

// expected-error@+1 {{schedule field 'milestones' is not a list of ascending numbers}}
cnn.recipe @m schedule(step, milestones = 30)

// -----

// expected-error@+1 {{schedule field 'milestones' is not a list of ascending numbers}}
cnn.recipe @m schedule(step, milestones = [60, 30])

// -----

// expected-error@+1 {{schedule field 'milestones' is not a list of ascending numbers}}
cnn.recipe @m schedule(step, milestones = [-1])

// -----

// expected-error@+1 {{schedule has no field 'gamma', expected one of warmup_epochs, final_learning_rate}}
cnn.recipe @m schedule(cosine, gamma = 0.1)

// -----

// expected-error@+1 {{augment has no field 'rotate', expected one of crop_padding, flip, resized_crop}}
cnn.recipe @m augment(rotate = 1)

// -----

// expected-error@+1 {{augment field 'crop_padding' is 5.000000e+03, expected 0.000000e+00 to 1.024000e+03}}
cnn.recipe @m augment(crop_padding = 5000)

// -----

// expected-error@+1 {{unknown precision 'int8', expected one of fp32, tf32, fp16, bf16}}
cnn.recipe @m precision(int8)

// -----

// expected-error@+1 {{clause 'batch' is given twice}}
cnn.recipe @m batch(1) batch(2)

// -----

// expected-error@+1 {{unknown clause 'momentum', expected one of batch, epochs, optimizer, schedule, augment, precision}}
cnn.recipe @m momentum(0.9)

// -----

// expected-error@+1 {{expected a number}}
cnn.recipe @m schedule(step, milestones = [1, x])

// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

// cnn.recipe (C1)

// expected-error@+1 {{found 0, expected batch in [1, 1000000000] samples, a whole number}}
cnn.recipe @m batch(0)

// -----

// expected-error@+1 {{found 9223372036854775807, expected batch in [1, 1000000000] samples, a whole number}}
cnn.recipe @m batch(9223372036854775807)

// -----

// expected-error@+1 {{found an expression of parameters, expected batch in [1, 1000000000] samples, a whole number}}
cnn.recipe @m batch(n)

// -----

// expected-error@+1 {{found 0, expected epochs in (0, 1e+09]}}
cnn.recipe @m epochs(0)

// -----

// expected-error@+1 {{unknown optimizer 'adam', expected one of sgd, adamw, lars}}
cnn.recipe @m optimizer(adam)

// -----

// expected-error@+1 {{unknown optimizer '', expected one of sgd, adamw, lars}}
cnn.recipe @m optimizer(learning_rate = 1)

// -----

// expected-error@+1 {{found true, expected learning_rate in [0, 1e+30]}}
cnn.recipe @m optimizer(sgd, learning_rate = true)

// -----

// expected-error@+1 {{found 1.5, expected momentum in [0, 1]}}
cnn.recipe @m optimizer(sgd, momentum = 1.5)

// -----

// expected-error@+1 {{found -1, expected weight_decay in [0, 1e+30]}}
cnn.recipe @m optimizer(sgd, weight_decay = -1)

// -----

// expected-error@+1 {{found 1, expected nesterov true or false}}
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

// expected-error@+1 {{found 30, expected milestones as a list in ascending order}}
cnn.recipe @m schedule(step, milestones = 30)

// -----

// expected-error@+1 {{found [60, 30], expected milestones as a list in ascending order}}
cnn.recipe @m schedule(step, milestones = [60, 30])

// -----

// expected-error@+1 {{found -1, expected milestones in [0, 1e+09]}}
cnn.recipe @m schedule(step, milestones = [-1])

// -----

// expected-error@+1 {{schedule has no field 'gamma', expected one of warmup_epochs, final_learning_rate}}
cnn.recipe @m schedule(cosine, gamma = 0.1)

// -----

// expected-error@+1 {{augment has no field 'rotate', expected one of crop_padding, flip, resized_crop}}
cnn.recipe @m augment(rotate = 1)

// -----

// expected-error@+1 {{found 5000, expected crop_padding in [0, 1024] pixels, a whole number}}
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

// -----

// The correction of the bias would divide by zero.
// expected-error@+1 {{found 1, expected beta1 in [0, 1)}}
cnn.recipe @m optimizer(adamw, beta1 = 1.0)

// -----

// expected-error@+1 {{found 1, expected beta2 in [0, 1)}}
cnn.recipe @m optimizer(adamw, beta2 = 1)

// -----

// One in fp32, which is what kernels compute in.
// expected-error@+1 {{found 0.999999999999, expected beta2 in [0, 1)}}
cnn.recipe @m optimizer(adamw, beta2 = 0.999999999999)

// -----

// expected-error@+1 {{found -0.1, expected beta1 in [0, 1)}}
cnn.recipe @m optimizer(adamw, beta1 = -0.1)

// -----

// expected-error@+1 {{found 0, expected epsilon in (0, 1e+30]}}
cnn.recipe @m optimizer(adamw, epsilon = 0)

// -----

// Zero in fp32.
// expected-error@+1 {{found 1e-60, expected epsilon in (0, 1e+30]}}
cnn.recipe @m optimizer(lars, epsilon = 1e-60)

// -----

// expected-error@+1 {{found -1, expected trust in [0, 1e+30]}}
cnn.recipe @m optimizer(lars, trust = -1)

// -----

// expected-error@+1 {{found 1e+31, expected learning_rate in [0, 1e+30]}}
cnn.recipe @m optimizer(sgd, learning_rate = 1e31)

// -----

// expected-error@+1 {{found 32.5, expected reference_batch in [0, 1000000000] samples, a whole number}}
cnn.recipe @m optimizer(sgd, reference_batch = 32.5)

// -----

// expected-error@+1 {{found 10000000000, expected epochs in (0, 1e+09]}}
cnn.recipe @m epochs(1e10)

// -----

// expected-error@+1 {{found -1, expected warmup_epochs in [0, 1e+09]}}
cnn.recipe @m schedule(cosine, warmup_epochs = -1)

// -----

// expected-error@+1 {{found -1, expected final_learning_rate in [0, 1e+30]}}
cnn.recipe @m schedule(cosine, final_learning_rate = -1)

// -----

// expected-error@+1 {{found -2, expected power in [0, 1e+30]}}
cnn.recipe @m schedule(polynomial, power = -2)

// -----

// expected-error@+1 {{found -0.1, expected gamma in [0, 1e+30]}}
cnn.recipe @m schedule(step, gamma = -0.1)

// -----

// expected-error@+1 {{found [1], expected nesterov true or false}}
cnn.recipe @m optimizer(sgd, nesterov = [1])

// -----

// expected-error@+1 {{found 1.5, expected crop_padding in [0, 1024] pixels, a whole number}}
cnn.recipe @m augment(crop_padding = 1.5)

// -----

// The generic form can have what the model language cannot.
// expected-error@+1 {{found nan, expected momentum in [0, 1]}}
"cnn.recipe"() {model = @m, optimizer = {kind = "sgd", momentum = 0x7FF8000000000000 : f64}} : () -> ()

// -----

// expected-error@+1 {{found inf, expected learning_rate in [0, 1e+30]}}
"cnn.recipe"() {model = @m, optimizer = {kind = "sgd", learning_rate = 0x7FF0000000000000 : f64}} : () -> ()

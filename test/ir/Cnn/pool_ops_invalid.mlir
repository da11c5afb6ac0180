// RUN: fanfold-opt %s --infer-shapes=batch=4 --split-input-file --verify-diagnostics

// cnn.max_pool2d (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{input has rank 2, expected 4}}
  %y = cnn.max_pool2d %x kernel(2)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{kernel is 0, expected 1 to 1048576}}
  %y = cnn.max_pool2d %x kernel(0)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{stride is 0, expected 1 to 1048576}}
  %y = cnn.max_pool2d %x kernel(2) stride(1, 0)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{pad is -1, expected 0 to 1048576}}
  %y = cnn.avg_pool2d %x kernel(2) pad(0 - 1)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{pad is 2, expected at most 1, half of the kernel 3}}
  %y = cnn.avg_pool2d %x kernel(3) pad(2)
  cnn.loss %y
}

// -----

// (C3)
cnn.model @m {
  // expected-note@+1 {{the input is defined here}}
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{window of width 9 does not fit, expected at most 8 (input 8 + padding 0)}}
  %y = cnn.max_pool2d %x kernel(1, 9)
  cnn.loss %y
}

// -----

// (C3)
cnn.model @m {
  // expected-note@+1 {{the input is defined here}}
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{window of height 11 does not fit, expected at most 10 (input 8 + padding 2)}}
  %y = cnn.avg_pool2d %x kernel(11, 1) pad(1, 0)
  cnn.loss %y
}

// -----

// cnn.global_avg_pool2d (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8xf32>
  // expected-error@+1 {{input has rank 3, expected 4}}
  %y = cnn.global_avg_pool2d %x
  cnn.loss %y
}

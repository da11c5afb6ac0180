// RUN: fanfold-opt %s --infer-shapes=batch=4 --split-input-file --verify-diagnostics

// cnn.softmax_cross_entropy (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  %l = cnn.input "l" as tensor<?xi32>
  // expected-error@+1 {{logits has rank 4, expected 2}}
  %y = cnn.softmax_cross_entropy %x, %l
  cnn.loss %y
}

// -----

// (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x1xf32>
  %l = cnn.input "l" as tensor<?xi32>
  // expected-error@+1 {{found logits of 1 class, expected 2 or more: of one the loss is 0}}
  %y = cnn.softmax_cross_entropy %x, %l
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x10xf32>
  %l = cnn.input "l" as tensor<?x1xi32>
  // expected-error@+1 {{labels has rank 2, expected 1}}
  %y = cnn.softmax_cross_entropy %x, %l
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x10xf32>
  %l = cnn.input "l" as tensor<?xi64>
  // expected-error@+1 {{labels are of 'i64', expected i32}}
  %y = cnn.softmax_cross_entropy %x, %l
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x10xf32>
  %l = cnn.input "l" as tensor<5xi32>
  // expected-error@+1 {{has 5 labels, expected 4 as there are rows of logits}}
  %y = cnn.softmax_cross_entropy %x, %l
  cnn.loss %y
}

// -----

// (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x10xf32>
  %l = cnn.input "l" as tensor<?xi32>
  // expected-error@+1 {{found 1, expected smoothing in [0, 1)}}
  %y = cnn.softmax_cross_entropy %x, %l smoothing(1)
  cnn.loss %y
}

// -----

// cnn.accuracy (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x10xf32>
  %l = cnn.input "l" as tensor<?xui8>
  // expected-error@+1 {{labels are of 'ui8', expected i32}}
  %y = cnn.accuracy %x, %l
  cnn.loss %y
}

// -----

// cnn.accuracy (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x10xf32>
  %l = cnn.input "l" as tensor<?xi32>
  // expected-error@+1 {{top is 11, expected a number from 1 to the 10 classes}}
  %y = cnn.accuracy %x, %l top(11)
  cnn.loss %y
}

// -----

// cnn.accuracy (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x10xf32>
  %l = cnn.input "l" as tensor<?xi32>
  // expected-error@+1 {{top is 0, expected a number from 1 to the 10 classes}}
  %y = cnn.accuracy %x, %l top(0)
  cnn.loss %y
}

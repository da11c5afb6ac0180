// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{missing clause 'kernel'}}
  %y = cnn.conv2d %x filters(8)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{clause 'kernel' is given twice}}
  %y = cnn.conv2d %x filters(8) kernel(3) kernel(3)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{unknown clause 'padding', expected one of filters, kernel, stride, pad, dilation, groups, init}}
  %y = cnn.conv2d %x filters(8) kernel(3) padding(1)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{unknown clause 'leak', expected none}}
  %y = cnn.relu %x leak(0.1)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{expected an operand}}
  %y = cnn.relu
  %z = cnn.relu %x
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{expected a number}}
  %y = cnn.scale %x by(nan)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{expected a number, found '1e4f'}}
  %y = cnn.scale %x by(1e4f)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{expected a decimal number}}
  %y = cnn.scale %x by(0x10)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{number is too large}}
  %y = cnn.scale %x by(1e999)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{number is too large}}
  %y = cnn.scale %x by(1.0e999)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{expected '= value' behind 'std'}}
  %y = cnn.conv2d %x filters(8) kernel(3) init(normal, std)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{'std' is given twice}}
  %y = cnn.conv2d %x filters(8) kernel(3) init(normal, std = 1, std = 2)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{expected '('}}
  %y = cnn.conv2d %x filters 8 kernel(3)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{expected ')'}}
  %y = cnn.conv2d %x filters(8) kernel(3, 3, 3)
  cnn.loss %y
}

// -----

cnn.model @m {
  // expected-error@+1 {{expected 'as'}}
  %x = cnn.input "x" tensor<?x8x8x3xf32>
  cnn.loss %x
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // expected-error@+1 {{custom op 'cnn.rleu' is unknown}}
  %y = cnn.rleu %x
  cnn.loss %y
}

// -----

cnn.model @m {
  // expected-note@+1 {{prior use here}}
  %x = cnn.input "x" as tensor<4x8xf32> : tensor<4x8xf32>
  // expected-error@+1 {{expects different type than prior uses}}
  %y = cnn.relu %x : (tensor<4x9xf32>) -> tensor<4x9xf32>
  cnn.loss %y : tensor<4x9xf32>
}

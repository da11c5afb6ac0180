// RUN: fanfold-opt %s --infer-shapes=batch=4 --split-input-file --verify-diagnostics

cnn.block @b(%x) {
  cnn.yield %x
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{'cnn.use' op is parametric, expected expand-blocks to run first}}
  %y = cnn.use @b(%x)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{'cnn.if' op is parametric, expected expand-blocks to run first}}
  %y = cnn.if(1) {
    cnn.yield %x
  } else {
    cnn.yield %x
  }
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x4x4x1xf32>
  // expected-error@+1 {{'cnn.conv2d' op is parametric, expected expand-blocks to run first}}
  %y = cnn.conv2d %x filters(2) kernel(n, 3)
  cnn.loss %y
}

// -----

cnn.model @m {
  // expected-error@+1 {{result 'tensor<4x9000000000000000000xf32>' has more than 2^42 elements}}
  %x = cnn.input "x" as tensor<?x9000000000000000000xf32>
  cnn.loss %x
}

// -----

// Each tensor is small enough, their concatenation is not.
cnn.model @m {
  %x = cnn.input "x" as tensor<?x1000000000000xf32>
  // expected-error@+1 {{result 'tensor<4x2000000000000xf32>' has more than 2^42 elements}}
  %y = cnn.concat %x, %x
  cnn.loss %y
}

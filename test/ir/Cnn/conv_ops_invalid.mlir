// RUN: fanfold-opt %s --infer-shapes=batch=4 --split-input-file --verify-diagnostics

// (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{'cnn.conv2d' op input has rank 2, expected 4}}
  %y = cnn.conv2d %x filters(8) kernel(3)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{has 0 filters, expected at least 1}}
  %y = cnn.conv2d %x filters(0) kernel(3)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{has 0 groups, expected at least 1}}
  %y = cnn.conv2d %x filters(8) kernel(3) groups(0)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{kernel is 0, expected 1 to 1048576}}
  %y = cnn.conv2d %x filters(8) kernel(3, 0)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{stride is 0, expected 1 to 1048576}}
  %y = cnn.conv2d %x filters(8) kernel(3) stride(0)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{pad is -1, expected 0 to 1048576}}
  %y = cnn.conv2d %x filters(8) kernel(3) pad(0 - 1)
  cnn.loss %y
}

// -----

// (C2) a size that would overflow
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{pad is 9223372036854775807, expected 0 to 1048576}}
  %y = cnn.conv2d %x filters(8) kernel(3) pad(9223372036854775807)
  cnn.loss %y
}

// -----

// (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{dilation is 0, expected 1 to 1048576}}
  %y = cnn.conv2d %x filters(8) kernel(3) dilation(1, 0)
  cnn.loss %y
}

// -----

// (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{has 4 groups, expected a divisor of the 6 input channels}}
  %y = cnn.conv2d %x filters(8) kernel(3) groups(4)
  cnn.loss %y
}

// -----

// (C3)
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{has 3 groups, expected a divisor of the 8 filters}}
  %y = cnn.conv2d %x filters(8) kernel(3) groups(3)
  cnn.loss %y
}

// -----

// (C4)
cnn.model @m {
  // expected-note@+1 {{the input is defined here}}
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{window of height 11 does not fit, expected at most 10 (input 8 + padding 2)}}
  %y = cnn.conv2d %x filters(8) kernel(11, 1) pad(1)
  cnn.loss %y
}

// -----

// (C4) the dilated kernel counts
cnn.model @m {
  // expected-note@+1 {{the input is defined here}}
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{window of width 9 does not fit, expected at most 8 (input 8 + padding 0)}}
  %y = cnn.conv2d %x filters(8) kernel(3) dilation(1, 4)
  cnn.loss %y
}

// -----

// (C5) the filter's channels
cnn.model @m {
  %x = cnn.input "x" as tensor<4x8x8x6xf32> : tensor<4x8x8x6xf32>
  %w = cnn.input "w" as tensor<8x3x3x6xf32> : tensor<8x3x3x6xf32>
  // expected-error@+1 {{filter has 6 input channels, expected 3 (input 6 / groups 2)}}
  %y = cnn.conv2d %x, %w filters(8) kernel(3) groups(2) : (tensor<4x8x8x6xf32>, tensor<8x3x3x6xf32>) -> tensor<4x6x6x8xf32>
  cnn.loss %y : tensor<4x6x6x8xf32>
}

// -----

// (C5) the number of filters
cnn.model @m {
  %x = cnn.input "x" as tensor<4x8x8x6xf32> : tensor<4x8x8x6xf32>
  %w = cnn.input "w" as tensor<9x3x3x6xf32> : tensor<9x3x3x6xf32>
  // expected-error@+1 {{filter tensor holds 9 filters, expected 8}}
  %y = cnn.conv2d %x, %w filters(8) kernel(3) : (tensor<4x8x8x6xf32>, tensor<9x3x3x6xf32>) -> tensor<4x6x6x8xf32>
  cnn.loss %y : tensor<4x6x6x8xf32>
}

// -----

// (C5) the kernel
cnn.model @m {
  %x = cnn.input "x" as tensor<4x8x8x6xf32> : tensor<4x8x8x6xf32>
  %w = cnn.input "w" as tensor<8x5x3x6xf32> : tensor<8x5x3x6xf32>
  // expected-error@+1 {{weight is of 'tensor<8x5x3x6xf32>', expected 'tensor<8x3x3x6xf32>'}}
  %y = cnn.conv2d %x, %w filters(8) kernel(3) : (tensor<4x8x8x6xf32>, tensor<8x5x3x6xf32>) -> tensor<4x6x6x8xf32>
  cnn.loss %y : tensor<4x6x6x8xf32>
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{unknown init 'xavier', expected one of he_normal, he_uniform, glorot_uniform, lecun_uniform, normal}}
  %y = cnn.conv2d %x filters(8) kernel(3) init(xavier)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{init 'he_normal' has no field 'std'}}
  %y = cnn.conv2d %x filters(8) kernel(3) init(he_normal, std = 1)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found true, expected std in [0, 1e+30]}}
  %y = cnn.conv2d %x filters(8) kernel(3) init(normal, std = true)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{found -1, expected std in [0, 1e+30]}}
  %y = cnn.conv2d %x filters(8) kernel(3) init(normal, std = -1)
  cnn.loss %y
}

// -----

// Sizes that would overflow
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x6xf32>
  // expected-error@+1 {{result 'tensor<4x6x6x9223372036854775807xf32>' has more than 2^42 elements}}
  %y = cnn.conv2d %x filters(9223372036854775807) kernel(3)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x5000xf32>
  // expected-error@+1 {{weight 'tensor<4000000000x8x8x5000xf32>' has more than 2^42 elements}}
  %y = cnn.conv2d %x filters(4000000000) kernel(8, 8)
  cnn.loss %y
}

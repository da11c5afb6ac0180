// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

// all_reduce (C1)
cnn.step @none {
  // expected-error@+1 {{has no operand, expected at least one}}
  kernel.all_reduce : () -> ()
}

// -----

// all_reduce (C1)
cnn.step @types {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  // expected-error@+1 {{has results of other types than its operands}}
  %0 = kernel.all_reduce %x : (tensor<4xf32>) -> tensor<5xf32>
}

// -----

// all_reduce (C2)
cnn.step @elements {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  %y = cnn.input "y" as tensor<4xf16> : tensor<4xf16>
  // expected-error@+1 {{operand 1 is 'tensor<4xf16>', expected elements of 'f32'}}
  %0:2 = kernel.all_reduce %x, %y : (tensor<4xf32>, tensor<4xf16>) -> (tensor<4xf32>, tensor<4xf16>)
}

// -----

// bucket (C1)
cnn.step @extent {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  %a = kernel.copy %x : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@+1 {{is 'tensor<4xf32>', expected one extent of 128}}
  %0 = kernel.bucket %a : (tensor<4xf32>) -> tensor<4xf32>
}

// -----

// bucket (C1)
cnn.step @bucket_elements {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  %a = kernel.copy %x : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@+1 {{operand 0 is 'tensor<4xf32>', expected elements of 'f16'}}
  %0 = kernel.bucket %a : (tensor<4xf32>) -> tensor<128xf16>
}

// -----

// bucket (C2)
cnn.step @maker {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  // expected-error@+1 {{operand 0 is no result of a launch}}
  %0 = kernel.bucket %x : (tensor<4xf32>) -> tensor<128xf32>
}

// -----

cnn.step @under_way {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  // expected-error@+1 {{is read before it ends}}
  %0 = kernel.all_reduce_begin %x {ticket = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-note@+1 {{by this one}}
  %1 = kernel.copy %0 : (tensor<4xf32>) -> tensor<4xf32>
}

// -----

cnn.step @tickets {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  // expected-error@+1 {{is read before it ends}}
  %0 = kernel.all_reduce_begin %x {ticket = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-note@+1 {{by this one}}
  %1 = kernel.all_reduce_end %0 {ticket = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
}

// -----

// A part of a bucket lies within it.
cnn.step @beyond {
  %x = cnn.input "x" as tensor<128xf32> : tensor<128xf32>
  %a = kernel.copy %x : (tensor<128xf32>) -> tensor<128xf32>
  // expected-error@+1 {{is rows 120 to 131, expected rows of 0 to 127}}
  %0 = kernel.part %a {offset = 120 : i64} : (tensor<128xf32>) -> tensor<3x4xf32>
}

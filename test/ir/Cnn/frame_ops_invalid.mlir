// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

// cnn.block (C1)
// expected-error@+1 {{parameter 'n' is declared twice}}
cnn.block @b(%x) params(n, n) {
  cnn.yield %x
}

// -----

// expected-error@+1 {{a default is an integer, not an expression of parameters}}
cnn.block @b(%x) params(n, m = n) {
  cnn.yield %x
}

// -----

// cnn.block (C2)
// expected-error@+1 {{'cnn.block' op body does not end in cnn.yield}}
cnn.block @b(%x) {
  %y = cnn.relu %x
}

// -----

// cnn.block (C2)
cnn.block @b(%x) {
  // expected-error@+1 {{'cnn.yield' op stands before the end of the body}}
  cnn.yield %x
  %y = cnn.relu %x
  cnn.yield %y
}

// -----

// cnn.block (C3)
cnn.block @b(%x) {
  // expected-error@+1 {{'arith.constant' op is not a layer, expected only layers in cnn.block}}
  %c = arith.constant 1 : i32
  cnn.yield %x
}

// -----

cnn.model @m {
  // expected-error@+1 {{'cnn.block' op is not a layer, expected only layers in cnn.model}}
  cnn.block @b(%x) {
    cnn.yield %x
  }
  %x = cnn.input "x" as tensor<?xf32>
  cnn.loss %x
}

// -----

// expected-note@+1 {{see existing symbol definition here}}
cnn.block @b(%x) {
  cnn.yield %x
}
// expected-error@+1 {{redefinition of symbol named 'b'}}
cnn.block @b(%x) {
  cnn.yield %x
}

// -----

// A block sees its arguments and nothing else.
cnn.block @b(%x) {
  // expected-error@+1 {{use of undeclared SSA value name}}
  cnn.yield %image
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{'n' is given twice}}
  %y = cnn.use @b(%x) with(n = 1, n = 2)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{unknown clause 'times', expected one of repeat}}
  %y = cnn.use @b(%x) times(2)
  cnn.loss %y
}

// -----

// cnn.if (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{'cnn.if' op body does not end in cnn.yield}}
  %y = cnn.if(1) {
    cnn.yield %x
  } else {
    %z = cnn.relu %x
  }
  cnn.loss %y
}

// -----

// cnn.if (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{region #0 ('thenBody') failed to verify constraint: region with 1 blocks}}
  %y = cnn.if(1) {
  } else {
    cnn.yield %x
  }
  cnn.loss %y
}

// -----

// cnn.if (C2)
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  %y = cnn.if(1) {
    // expected-error@+1 {{is not a layer, expected only layers in cnn.if}}
    %c = arith.constant 1 : i32
    cnn.yield %x
  } else {
    cnn.yield %x
  }
  cnn.loss %y
}

// -----

// The body of a branch has no arguments.
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{body has arguments, expected none}}
  %y = cnn.if(1) {
  ^body(%a: !cnn.value):
    cnn.yield %a
  } else {
    cnn.yield %x
  }
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  %y = cnn.if(1) {
    cnn.yield %x
  }
  // expected-error@+1 {{expected 'else'}}
  cnn.loss %y
}

// -----

// cnn.model (C1)
// expected-error@+1 {{'cnn.model' op body does not end in cnn.loss}}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
}

// -----

// cnn.model (C1)
// expected-error@+1 {{region #0 ('body') failed to verify constraint: region with 1 blocks}}
cnn.model @m {
}

// -----

// cnn.model (C2)
cnn.model @m {
  // expected-error@+1 {{'cnn.scalar' op is not a layer, expected only layers in cnn.model}}
  %x = cnn.scalar "seed" : tensor<i32>
  cnn.loss %x : tensor<i32>
}

// -----

// expected-error@+1 {{'cnn.model' op body has arguments, expected none}}
cnn.model @m {
^body(%x: !cnn.value):
  cnn.loss %x
}

// -----

// cnn.loss (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{metric is called 'loss', which is the loss itself}}
  cnn.loss %x metrics(loss = %x)
}

// -----

// cnn.loss (C1)
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{metric 'top1' is given twice}}
  cnn.loss %x metrics(top1 = %x, top1 = %x)
}

// -----

// cnn.input (C1)
cnn.model @m {
  // expected-error@+1 {{is of 'f32', expected a ranked tensor}}
  %x = cnn.input "x" as f32
  cnn.loss %x
}

// -----

// cnn.input (C1)
cnn.model @m {
  // expected-error@+1 {{is of 'tensor<f32>', expected a ranked tensor}}
  %x = cnn.input "x" as tensor<f32>
  cnn.loss %x
}

// -----

// cnn.input (C1)
cnn.model @m {
  // expected-error@+1 {{is of 'tensor<*xf32>', expected a ranked tensor}}
  %x = cnn.input "x" as tensor<*xf32>
  cnn.loss %x
}

// -----

// cnn.input (C1)
cnn.model @m {
  // expected-error@+1 {{is of 'tensor<?x?xf32>', expected only the first extent to be dynamic}}
  %x = cnn.input "x" as tensor<?x?xf32>
  cnn.loss %x
}

// -----

// cnn.input (C1)
cnn.model @m {
  // expected-error@+1 {{is of 'tensor<?x0xf32>', expected extents of at least 1}}
  %x = cnn.input "x" as tensor<?x0xf32>
  cnn.loss %x
}

// -----

// cnn.input (C2)
cnn.model @m {
  // expected-error@+1 {{results in 'tensor<4xf32>', expected 'tensor<5xf32>'}}
  %x = cnn.input "x" as tensor<5xf32> : tensor<4xf32>
  cnn.loss %x : tensor<4xf32>
}

// -----

// cnn.input (C3)
cnn.model @m {
  // expected-error@+1 {{has the name "a\0Ab", expected letters and digits}}
  %x = cnn.input "a\nb" as tensor<?xf32>
  cnn.loss %x
}

// -----

// cnn.input (C3)
cnn.model @m {
  // expected-error@+1 {{has the name "", expected letters and digits}}
  %x = cnn.input "" as tensor<?xf32>
  cnn.loss %x
}

// -----

// cnn.variable (C1)
// expected-error@+1 {{role is 'weight', expected one of parameter, statistic, optimizer, constant, gradient}}
cnn.variable @w "weight" init {kind = "fill", a = 0.0 : f64, b = 0.0 : f64} : tensor<2xf32>

// -----

// cnn.variable (C2)
// expected-error@+1 {{variable is of 'tensor<?xf32>', expected a shape of static extents of at least 1}}
cnn.variable @w "parameter" init {kind = "fill", a = 0.0 : f64, b = 0.0 : f64} : tensor<?xf32>

// -----

// cnn.variable (C2)
// expected-error@+1 {{variable is of 'tensor<2xindex>', expected elements of f16, bf16, f32, f64, i32, i8 or ui8}}
cnn.variable @w "parameter" init {kind = "fill", a = 0.0 : f64, b = 0.0 : f64} : tensor<2xindex>

// -----

// cnn.variable (C3)
// expected-error@+1 {{init is of kind 'zero', expected one of fill, uniform, normal, data}}
cnn.variable @w "parameter" init {kind = "zero"} : tensor<2xf32>

// -----

// cnn.variable (C3)
// expected-error@+1 {{init has no number 'b'}}
cnn.variable @w "parameter" init {kind = "fill", a = 0.0 : f64} : tensor<2xf32>

// -----

// cnn.variable (C3)
// expected-error@+1 {{init has no data of the shape and elements of 'tensor<2xf32>'}}
cnn.variable @w "constant" init {kind = "data", value = dense<0.0> : tensor<3xf32>} : tensor<2xf32>

// -----

// cnn.step (C1)
// expected-error@+1 {{'cnn.step' op body has arguments, expected none}}
cnn.step @train {
^body(%x: tensor<f32>):
  cnn.output %x as "loss" : tensor<f32>
}

// -----

// cnn.step (C1)
cnn.step @train {
  // expected-error@+1 {{'arith.constant' op stands in a step, expected only ops of cnn and kernel}}
  %x = arith.constant dense<1.0> : tensor<f32>
  cnn.output %x as "loss" : tensor<f32>
}

// -----

// cnn.step (C2)
cnn.step @train {
  // expected-error@+1 {{result is of 'tensor<?xf32>', expected a shape of static extents of at least 1}}
  %x = cnn.input "x" as tensor<?xf32> : tensor<?xf32>
}

// -----

// cnn.step (C2)
cnn.step @train {
  // expected-error@+1 {{result is of 'tensor<4xi64>', expected elements of}}
  %x = cnn.input "x" as tensor<4xi64> : tensor<4xi64>
}

// -----

// cnn.step (C2)
cnn.step @train {
  // expected-error@+1 {{result 'tensor<4x9000000000000000000xf32>' has more than 2^42 elements}}
  %x = cnn.input "x" as tensor<4x9000000000000000000xf32> : tensor<4x9000000000000000000xf32>
}

// -----

// cnn.step (C3)
cnn.variable @w "parameter" init {kind = "fill", a = 0.0 : f64, b = 0.0 : f64} : tensor<2xf32>
cnn.step @train {
  %w = cnn.read @w : tensor<2xf32>
  // expected-note@+1 {{the first time is here}}
  cnn.write %w to @w : tensor<2xf32>
  // expected-error@+1 {{writes @w a second time}}
  cnn.write %w to @w : tensor<2xf32>
}

// -----

// cnn.read (C1)
cnn.step @train {
  // expected-error@+1 {{names the unknown variable @w}}
  %w = cnn.read @w : tensor<2xf32>
}

// -----

// cnn.read (C1)
// expected-note@+1 {{the variable is defined here}}
cnn.variable @w "parameter" init {kind = "fill", a = 0.0 : f64, b = 0.0 : f64} : tensor<2xf32>
cnn.step @train {
  // expected-error@+1 {{is of 'tensor<3xf32>', expected 'tensor<2xf32>'}}
  %w = cnn.read @w : tensor<3xf32>
}

// -----

// cnn.write (C1)
cnn.step @train {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  // expected-error@+1 {{names the unknown variable @w}}
  cnn.write %x to @w : tensor<4xf32>
}

// -----

// cnn.write (C1)
// expected-note@+1 {{the variable is defined here}}
cnn.variable @w "parameter" init {kind = "fill", a = 0.0 : f64, b = 0.0 : f64} : tensor<2xf32>
cnn.step @train {
  %x = cnn.input "x" as tensor<4xf32> : tensor<4xf32>
  // expected-error@+1 {{is of 'tensor<4xf32>', expected 'tensor<2xf32>'}}
  cnn.write %x to @w : tensor<4xf32>
}

// RUN: fanfold-opt %s --split-input-file --verify-diagnostics

// plan.variable (C2)
// expected-error@+1 {{init is of kind '', expected one of fill, uniform, normal, data}}
plan.variable @w "parameter" at 0 init {} : memref<4xf32>

// -----

// plan.variable (C1)
// expected-error@+1 {{variable is of 'memref<0xf32>', expected a shape of static extents of at least 1}}
plan.variable @w "parameter" at 0 init {a = 0.0 : f64, b = 1.0 : f64, kind = "normal"} : memref<0xf32>

// -----

// plan.staging (C1)
// expected-error@+1 {{slot 'memref<4x9000000000000000000xf32>' has more than 2^42 elements}}
plan.staging "x" at [0, 64] : memref<4x9000000000000000000xf32>

// -----

// plan.buffer (C2)
plan.step @train {
  // expected-error@+1 {{buffer is of 'memref<4x0xf32>', expected a shape of static extents of at least 1}}
  %0 = plan.buffer "x" "input" at 0 : memref<4x0xf32>
}

// -----

// Everything has its size.
// expected-error@+1 {{failed to satisfy constraint: type attribute of statically shaped memref}}
plan.variable @w "parameter" at 0 init {a = 0.0 : f64, b = 1.0 : f64, kind = "normal"} : memref<?xf32>

// -----

plan.step @train {
  // expected-error@+1 {{must be statically shaped memref of}}
  %0 = plan.buffer "x" "input" at 0 : memref<4xindex>
}

// -----

// plan.step (C1)
plan.step @train {
  // expected-error@+1 {{'arith.constant' op stands in a plan, expected only ops of plan}}
  %0 = arith.constant 1 : i32
}

// -----

// plan.step (C1)
// expected-error@+1 {{body has arguments, expected none}}
plan.step @train {
^body(%x: memref<4xf32>):
  plan.output %x as "loss" : memref<4xf32>
}

// -----

// plan.buffer (C1)
plan.step @train {
  // expected-error@+1 {{kind is 'weight', expected one of activation, gradient, workspace, input, scalar, metric}}
  %0 = plan.buffer "x" "weight" at 0 : memref<4xf32>
}

// -----

// plan.view (C1)
plan.step @train {
  %0 = plan.buffer "x" "input" at 0 : memref<4xf32>
  // expected-error@+1 {{shows 16 bytes as 20}}
  %1 = plan.view %0 : memref<4xf32> to memref<5xf32>
}

// -----

// plan.view (C2)
plan.step @train {
  %0 = plan.buffer "x" "input" at 0 : memref<4x4xf32>
  %1 = plan.part %0 "p" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1]>>
  // expected-error@+1 {{shows 'memref<4x2xf32, strided<[4, 1]>>' as 'memref<8xf32>', expected elements one behind the other}}
  %2 = plan.view %1 : memref<4x2xf32, strided<[4, 1]>> to memref<8xf32>
}

// -----

// plan.buffer (C2)
plan.step @train {
  // expected-error@+1 {{buffer is of 'memref<4x2xf32, strided<[4, 1]>>', expected elements one behind the other}}
  %0 = plan.buffer "x" "input" at 0 : memref<4x2xf32, strided<[4, 1]>>
}

// -----

// plan.part (C1)
plan.step @train {
  %0 = plan.buffer "x" "input" at 0 : memref<4x4xf32>
  // expected-error@+1 {{is 'memref<2x2xf32, strided<[4, 1]>>', expected 'memref<4x4xf32>' up to the channels}}
  %1 = plan.part %0 "p" : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1]>>
}

// -----

// plan.part (C1)
plan.step @train {
  %0 = plan.buffer "x" "input" at 0 : memref<4x4xf32>
  // expected-error@+1 {{is 'memref<4x2xf32>', expected the strides of 'memref<4x4xf32>'}}
  %1 = plan.part %0 "p" : memref<4x4xf32> to memref<4x2xf32>
}

// -----

// plan.part (C2)
plan.step @train {
  %0 = plan.buffer "x" "input" at 0 : memref<4x4xf32>
  // expected-error@+1 {{is channels 3 to 4, expected channels of 0 to 3}}
  %1 = plan.part %0 "p" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1], offset: 3>>
}

// -----

// plan.part (C2): along the first extent
plan.step @train {
  %0 = plan.buffer "x" "input" at 0 : memref<4x4xf32>
  // expected-error@+1 {{is elements 12 to 19, expected whole extents of 0 to 15}}
  %1 = plan.part %0 "p" : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1], offset: 12>>
}

// -----

// plan.part (C2): along the first extent, not from its begin
plan.step @train {
  %0 = plan.buffer "x" "input" at 0 : memref<4x4xf32>
  // expected-error@+1 {{is elements 2 to 9, expected whole extents of 0 to 15}}
  %1 = plan.part %0 "p" : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1], offset: 2>>
}

// -----

// plan.part (C2): the first channel of a part is one that the part has.
plan.step @train {
  %0 = plan.buffer "x" "input" at 0 : memref<4x4xf32>
  %1 = plan.part %0 "p" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1], offset: 2>>
  // expected-error@+1 {{is channels -1 to -1, expected channels of 0 to 1}}
  %2 = plan.part %1 "q" : memref<4x2xf32, strided<[4, 1], offset: 2>> to memref<4x1xf32, strided<[4, 1], offset: 1>>
}

// -----

module {
  func.func @f() {
    // expected-error@+1 {{'plan.step' op expects parent op 'builtin.module'}}
    plan.step @train {
    }
    return
  }
}

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

module {
  func.func @f() {
    // expected-error@+1 {{'plan.step' op expects parent op 'builtin.module'}}
    plan.step @train {
    }
    return
  }
}

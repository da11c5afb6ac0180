// Brackets inside each other, of every kind: the parser would end in a stack overflow.
// RUN: %python %S/Inputs/generate.py parens > %t.parens.mlir
// RUN: not fanfold-opt %t.parens.mlir 2>&1 | FileCheck %s --check-prefix=PARENS
// PARENS: parens.mlir:3:281: error: found more than 256 brackets inside each other

// RUN: %python %S/Inputs/generate.py regions > %t.regions.mlir
// RUN: not fanfold-opt %t.regions.mlir 2>&1 | FileCheck %s --check-prefix=REGIONS
// REGIONS: regions.mlir:257:8: error: found more than 256 brackets inside each other

// RUN: %python %S/Inputs/generate.py arrays > %t.arrays.mlir
// RUN: not fanfold-opt %t.arrays.mlir 2>&1 | FileCheck %s --check-prefix=ARRAYS
// ARRAYS: arrays.mlir:1:281: error: found more than 256 brackets inside each other

// RUN: %python %S/Inputs/generate.py types > %t.types.mlir
// RUN: not fanfold-opt %t.types.mlir 2>&1 | FileCheck %s --check-prefix=TYPES
// TYPES: types.mlir:1:{{[0-9]+}}: error: found more than 256 brackets inside each other

// What only looks like brackets counts for nothing: in comments and strings, less-than
// signs and arrows.
// RUN: %python %S/Inputs/generate.py no_brackets > %t.none.mlir
// RUN: fanfold-opt %t.none.mlir | FileCheck %s --check-prefix=NONE
// NONE: %x999 = cnn.conv2d %{{.*}} filters(1 + (n < 999)) kernel(n < 7, 3 < n)

// Brackets inside each other, of every kind: the parser would end in a stack overflow.
// RUN: %python -c "print('cnn.model @m {\n  %%x = cnn.input \"x\" as tensor<?x4xf32>\n  %%y = cnn.dense %%x units(' + '(' * 100000 + '1' + ')' * 100000 + ')\n  cnn.loss %%y\n}')" > %t.parens.mlir
// RUN: not fanfold-opt %t.parens.mlir 2>&1 | FileCheck %s --check-prefix=PARENS
// PARENS: parens.mlir:3:281: error: found more than 256 brackets inside each other

// RUN: %python -c "print('module {\n' * 100000)" > %t.regions.mlir
// RUN: not fanfold-opt %t.regions.mlir 2>&1 | FileCheck %s --check-prefix=REGIONS
// REGIONS: regions.mlir:257:8: error: found more than 256 brackets inside each other

// RUN: %python -c "print('module attributes {a = ' + '[' * 100000)" > %t.arrays.mlir
// RUN: not fanfold-opt %t.arrays.mlir 2>&1 | FileCheck %s --check-prefix=ARRAYS
// ARRAYS: arrays.mlir:1:279: error: found more than 256 brackets inside each other

// RUN: %python -c "print('module attributes {a = ' + 'tuple<' * 100000)" > %t.types.mlir
// RUN: not fanfold-opt %t.types.mlir 2>&1 | FileCheck %s --check-prefix=TYPES
// TYPES: types.mlir:1:{{[0-9]+}}: error: found more than 256 brackets inside each other

// What only looks like brackets counts for nothing: in comments and strings, less-than
// signs and arrows.
// RUN: %python -c "print('// ' + '(' * 1000 + '\nmodule attributes {a = \"\\\\\"' + '(' * 1000 + '\"} {\n  cnn.block @b(%%x) params(n) {'); [print('    %%x%d = cnn.conv2d %%x filters(1 + (n < %d)) kernel(n < 7, 3 < n)' % (i, i)) for i in range(1000)]; print('    cnn.yield %%x\n  }\n  func.func private @f() -> i32\n}')" > %t.none.mlir
// RUN: fanfold-opt %t.none.mlir | FileCheck %s --check-prefix=NONE
// NONE: %x999 = cnn.conv2d %{{.*}} filters(1 + (n < 999)) kernel(n < 7, 3 < n)

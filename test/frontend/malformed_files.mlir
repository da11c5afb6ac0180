// Files that are no model files. None may crash or hang the compiler, and each diagnostic
// has its place.
// RUN: %python -c "pass" > %t.empty.mlir
// RUN: not fanfold-opt %t.empty.mlir --verify-model 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: empty.mlir:{{.*}} error: found 0 models, expected one cnn.model

// RUN: not fanfold-opt %t.nowhere.mlir 2>&1 | FileCheck %s --check-prefix=NOWHERE
// NOWHERE: cannot open input file '{{.*}}nowhere.mlir': No such file or directory

// RUN: %python -c "import sys, random; random.seed(1); sys.stdout.buffer.write(random.randbytes(100000))" > %t.binary.mlir
// RUN: not fanfold-opt %t.binary.mlir 2>&1 | FileCheck %s --check-prefix=BINARY
// BINARY: binary.mlir:1:{{[0-9]+}}: error:

// Bytecode that ends at once.
// RUN: %python -c "import sys; sys.stdout.buffer.write(b'ML\xefR')" > %t.bytecode.mlir
// RUN: not fanfold-opt %t.bytecode.mlir 2>&1 | FileCheck %s --check-prefix=BYTECODE
// BYTECODE: bytecode.mlir:0:0: error:

// Model files, cut off anywhere, or with one byte changed.
// RUN: %python %S/Inputs/damage.py 40 %examples/lenet/lenet.mlir fanfold-opt --expand-blocks --infer-shapes --verify-model | FileCheck %s --check-prefix=DAMAGED
// RUN: %python %S/Inputs/damage.py 40 %examples/inception_resnet_v2/inception_resnet_v2.mlir fanfold-opt --expand-blocks --infer-shapes --verify-model | FileCheck %s --check-prefix=DAMAGED
// DAMAGED: taken, {{[1-9][0-9]+}} refused

// A hundred thousand layers.
// RUN: %python %S/Inputs/generate.py long_model > %t.long.mlir
// RUN: not fanfold-opt %t.long.mlir --expand-blocks --infer-shapes --verify-model 2>&1 | FileCheck %s --check-prefix=LONG
// LONG: long.mlir:100003:3: error: 'cnn.loss' op takes 'tensor<64x4xf32>', expected tensor<f32>

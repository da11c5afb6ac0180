// Kernels of more than 16 operands or 512 statements are not made.
// RUN: %python -c "n = 40; print('cnn.step @wide {'); [print(f'  %%x{i} = cnn.input \"x{i}\" as tensor<4x3xf32> : tensor<4x3xf32>') for i in range(n)]; t = '(tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>'; [print(f'  %%s{i} = cnn.add %%{\"s\" if i > 1 else \"x\"}{i - 1}, %%x{i} : {t}') for i in range(1, n)]; print(f'  cnn.output %%s{n - 1} as \"s\" : tensor<4x3xf32>'); print('}')" > %t.wide.mlir
// RUN: fanfold-opt %t.wide.mlir --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(fuse-pointwise))' | FileCheck %s --check-prefix=WIDE
// RUN: %python -c "n = 1200; t = '(tensor<4x3xf32>) -> tensor<4x3xf32>'; print('cnn.step @long {'); print('  %%s0 = cnn.input \"x\" as tensor<4x3xf32> : tensor<4x3xf32>'); [print(f'  %%s{i} = cnn.tanh %%s{i - 1} : {t}') for i in range(1, n + 1)]; print(f'  cnn.output %%s{n} as \"s\" : tensor<4x3xf32>'); print('}')" > %t.long.mlir
// RUN: fanfold-opt %t.long.mlir --pass-pipeline='builtin.module(cnn-to-kernel,cnn.step(fuse-pointwise))' | FileCheck %s --check-prefix=LONG

// 40 operands are 15 new ones in each kernel but the first, which has 16.
// WIDE-COUNT-3: kernel.pointwise
// WIDE-NOT: kernel.pointwise

// LONG-COUNT-3: kernel.pointwise
// LONG-NOT: kernel.pointwise

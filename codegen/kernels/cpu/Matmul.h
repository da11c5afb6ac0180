//===- Matmul.h - matrix products on oneDNN -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// c = op(a) op(b), then the epilogue over c's columns. op(a) is m x k and op(b) is
// k x n; a transposed operand is held as k x m or n x k. A dense layer with weights
// (inputs, units) is
//
//   y  = x w            Matmul(batch, units, inputs)
//   dx = dy w^T         Matmul(batch, inputs, units, false, true)
//   dw = x^T dy         Matmul(inputs, units, batch, true, false)
//
// Life cycle, threads, memory and errors are as in Conv2d.h.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_MATMUL_H
#define FANFOLD_CODEGEN_KERNELS_CPU_MATMUL_H

#include "codegen/kernels/cpu/Epilogue.h"

#include <memory>

namespace fanfold::cpu {

class Primitive;

class Matmul {
public:
  Matmul(int64_t m, int64_t n, int64_t k, bool transposeA = false, bool transposeB = false,
         Epilogue epilogue = {});
  ~Matmul();

  size_t workspaceBytes() const;
  const char *implementation() const;

  /// `bias` has n elements; it is not read without a bias in the epilogue and may
  /// then be null.
  void run(const float *a, const float *b, const float *bias, float *c,
           std::byte *workspace) const {
    multiply(a, b, c, workspace);
    applyEpilogue(epilogue, m, n, bias, c);
  }

private:
  void multiply(const float *a, const float *b, float *c, std::byte *workspace) const;

  std::unique_ptr<Primitive> primitive;
  Epilogue epilogue;
  int64_t m, n;
};

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_MATMUL_H

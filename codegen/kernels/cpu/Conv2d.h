//===- Conv2d.h - convolutions on oneDNN ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A convolution and its two gradients. Activations are NHWC and filters KRSC
// (Shapes.h); inside, filters take the blocked order that oneDNN prefers, in a
// copy that lives in the workspace.
//
// Build the objects once, in the program's prepare(), after the number of threads
// is set: oneDNN divides the work among the threads it finds then, and with the
// same number the bits are the same in every run. run() allocates nothing; one
// object runs in one thread at a time. The caller owns all memory; workspaces
// hold workspaceBytes() and are aligned to 64 bytes. Outputs overlap no input.
//
// Constructors throw std::invalid_argument for a shape that makes no sense and
// dnnl::error (a std::exception) if oneDNN fails.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_CONV2D_H
#define FANFOLD_CODEGEN_KERNELS_CPU_CONV2D_H

#include "codegen/kernels/cpu/Epilogue.h"
#include "codegen/kernels/cpu/Shapes.h"

#include <memory>

namespace fanfold::cpu {

class Primitive;

/// y = conv(x, w), then the epilogue.
class Conv2d {
public:
  explicit Conv2d(const Conv2dShape &shape, Epilogue epilogue = {});
  ~Conv2d();

  size_t workspaceBytes() const;
  /// What oneDNN calls the implementation: "brgconv:avx512_core".
  const char *implementation() const;

  /// `bias` has outChannels elements; it is not read without a bias in the
  /// epilogue and may then be null.
  void run(const float *x, const float *w, const float *bias, float *y,
           std::byte *workspace) const {
    convolve(x, w, y, workspace);
    applyEpilogue(epilogue, rows, channels, bias, y);
  }

private:
  void convolve(const float *x, const float *w, float *y, std::byte *workspace) const;

  std::unique_ptr<Primitive> primitive;
  Epilogue epilogue;
  int64_t rows, channels; ///< Of y.
};

/// dx = the gradient of the input.
class Conv2dDataGradient {
public:
  explicit Conv2dDataGradient(const Conv2dShape &shape);
  ~Conv2dDataGradient();

  size_t workspaceBytes() const;
  const char *implementation() const;
  void run(const float *dy, const float *w, float *dx, std::byte *workspace) const;

private:
  std::unique_ptr<Primitive> primitive;
};

/// dw = the gradient of the filters.
class Conv2dWeightGradient {
public:
  explicit Conv2dWeightGradient(const Conv2dShape &shape);
  ~Conv2dWeightGradient();

  size_t workspaceBytes() const;
  const char *implementation() const;
  void run(const float *x, const float *dy, float *dw, std::byte *workspace) const;

private:
  std::unique_ptr<Primitive> primitive;
};

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_CONV2D_H

//===- ConvAsMatmul.h - 1x1 convolutions as matrix products ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A 1x1 convolution of stride 1 without padding is a product of its pixels and its
// filters, and so are its gradients:
//
//   y (pixels x K)  = x (pixels x C) w^T     dx = dy w     dw (K x C) = dy^T x
//
// so cuBLASLt can run it in cuDNN's place.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CUDA_CONVASMATMUL_H
#define FANFOLD_CODEGEN_CUDA_CONVASMATMUL_H

#include "codegen/kernels/cublaslt/MatmulProblem.h"
#include "codegen/kernels/cudnn/ConvProblem.h"

#include <optional>

namespace fanfold {

/// The product that a convolution is, with the same epilogue; nothing if it is none, or has a
/// prologue or statistics. The operands are x and w, dy and w, or dy and x.
std::optional<cublaslt::MatmulProblem> asMatmul(const cudnn::ConvProblem &problem);

/// Whether the product is the better guess where neither was measured. The sums over all
/// pixels of a filter's gradient are: cuBLASLt reads the pixels at the memory's speed. So are
/// filters that pose as images of one pixel, of which cuDNN's tiles are mostly empty, and parts
/// of larger tensors, which cuDNN copies into its workspace.
bool prefersMatmul(const cudnn::ConvProblem &problem);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CUDA_CONVASMATMUL_H

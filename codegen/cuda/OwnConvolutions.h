//===- OwnConvolutions.h - convolutions that our own kernels compute ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolutions for which there is a kernel of our own in cuDNN's place, in fp16 and bf16:
//
//   line   few channels and few filters, which folded images have (LineConv.h); taken
//          wherever it can be
//   rows   three rows of taps and few filters (RowConv.h), forward or the gradient of the
//          input; taken where a model of its time is below what is known of cuDNN's, and
//          for parts of joined tensors, which cuDNN copies
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CUDA_OWNCONVOLUTIONS_H
#define FANFOLD_CODEGEN_CUDA_OWNCONVOLUTIONS_H

#include "codegen/cuda/CudaKernels.h"

#include <optional>

namespace fanfold {

/// Names in `algorithm` attributes.
inline constexpr llvm::StringLiteral lineConv = "line", rowConv = "rows";

struct OwnConvolution {
  llvm::StringRef name;
  int64_t workspaceBytes;
  std::optional<double> microseconds; ///< By a model; none where it is taken without one.
  std::string reason;
};

/// The kernel of our own for a problem, if there is one and it is the better choice.
std::optional<OwnConvolution> ownConvolution(const cudnn::ConvProblem &problem, Chooser &chooser);

/// Whether the kernel of that name computes the problem.
bool hasOwnConvolution(llvm::StringRef name, const cudnn::ConvProblem &problem);

/// Bytes of the workspace that it then needs.
int64_t ownConvolutionBytes(llvm::StringRef name, const cudnn::ConvProblem &problem);

/// The call of that kernel.
std::string emitOwnConvolution(CudaProgramText &text, plan::LaunchOp op, llvm::StringRef name,
                               const cudnn::ConvProblem &problem);

/// Microseconds of RowConv.h, which has the problem, on an H200: within a quarter of
/// what cuda_kernels_bench measures.
double rowConvMicroseconds(const cudnn::ConvProblem &problem);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CUDA_OWNCONVOLUTIONS_H

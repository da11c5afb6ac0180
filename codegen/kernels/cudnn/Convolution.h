//===- Convolution.h - convolutions of compiled programs -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs a plan that the compiler chose. Build the objects once, in the program's
// prepare(), with the texts that the compiler embedded:
//
//   fanfold::cudnn::Handle handle;
//   fanfold::cudnn::Convolution conv1(handle, "conv2d forward in=...", R"({"cudnn": ...})");
//   conv1.run(stream, {x, w, y}, workspace);
//
// A plan is bound to the version of cuDNN that made it. If another one is loaded,
// the program says so once on stderr, asks the loaded one for a plan that fits in the
// workspace that was reserved, and goes on.
//
// run() allocates nothing and may be captured in a CUDA graph. Convolutions of one
// handle run in one thread at a time.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_CONVOLUTION_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_CONVOLUTION_H

#include "codegen/kernels/cudnn/ConvProblem.h"
#include "codegen/kernels/cudnn/Handle.h"
#include "codegen/kernels/cudnn/Plan.h"

namespace fanfold::cudnn {

/// Device pointers. forward writes y (and the sums), dgrad writes x, wgrad writes w;
/// what is written overlaps nothing else. Those that the problem does not use are
/// null. All are aligned to 16 bytes, but slices as OperationGraph.h says.
struct ConvOperands {
  const void *x = nullptr;
  const void *w = nullptr;
  const void *y = nullptr;
  const void *bias = nullptr;          ///< k elements of y's type.
  const void *scale = nullptr;         ///< c elements of x's type.
  const void *shift = nullptr;         ///< c elements of x's type.
  const float *sum = nullptr;          ///< k elements, written.
  const float *sumOfSquares = nullptr; ///< k elements, written.
};

class Convolution {
public:
  /// Throws std::invalid_argument for a text that makes no sense, and
  /// std::runtime_error if no plan of the loaded cuDNN fits in the workspace. The
  /// handle outlives the convolution.
  Convolution(Handle &handle, const std::string &problem, const std::string &plan);
  /// Of a plan that is finalised for the handle's device.
  Convolution(Handle &handle, const ConvProblem &problem, const Plan &plan);
  ~Convolution();
  Convolution(Convolution &&other) noexcept;

  /// At most what the embedded plan says.
  int64_t workspaceBytes() const { return bytes; }

  /// `stream` is a cudaStream_t, the workspace is aligned to 256 bytes. Throws Error
  /// if cuDNN fails and std::invalid_argument for a misaligned pointer.
  void run(void *stream, const ConvOperands &operands, void *workspace);

private:
  void load(const Plan &embedded);
  void rebuild(const Plan &embedded);
  void bind(const ConvOperands &operands, void *workspace);

  Handle &handle;
  ConvProblem problem;
  std::shared_ptr<const Descriptor> plan;
  int64_t bytes = 0;
  Descriptor pack;                    ///< The pointers of the last run, for cuDNN.
  std::vector<void *> packedPointers; ///< The same, with the workspace behind.
};

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_CONVOLUTION_H

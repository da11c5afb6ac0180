//===- Matmul.h - matrix products on cuBLASLt ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Build the objects once, in the program's prepare(). Which algorithm runs is settled
// there: the one that the tuning database named, or the first of cuBLASLt's heuristic
// that repeats to the bit and sums in fp32. That heuristic needs the device, so the
// compiler fixes the problem and the bytes of workspace and not the algorithm.
//
// run() allocates nothing and may be captured in a CUDA graph; any stream, one thread
// at a time. Errors are std::invalid_argument (texts and pointers that make no sense)
// and std::runtime_error with cuBLAS's own name of the failure.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMUL_H
#define FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMUL_H

#include "codegen/kernels/cublaslt/MatmulProblem.h"

#include <memory>
#include <vector>

namespace fanfold::cublaslt {

/// cuBLASLt's handle for the current device; one for a program.
class Handle {
public:
  Handle();
  ~Handle();
  Handle(const Handle &) = delete;
  Handle &operator=(const Handle &) = delete;

  void *get() const { return raw; } ///< A cublasLtHandle_t.

private:
  void *raw = nullptr;
};

/// "13.1.0"; algorithms in tuning databases are bound to it.
std::string versionText();

class Matmul {
public:
  /// `algorithm` is what algorithm() of a Matmul of the same problem and version gave,
  /// or empty. One that this device or version refuses is passed over.
  Matmul(Handle &handle, const std::string &problem, int64_t workspaceBytes,
         const std::string &algorithm = "");
  ~Matmul();
  Matmul(Matmul &&other) noexcept;

  /// Text of the algorithm in use: 16 hexadecimal digits for each of 8 words.
  std::string algorithm() const;

  /// Algorithms that keep the workspace, in the heuristic's order; for tuning.
  std::vector<std::string> candidates(int most) const;

  /// Device pointers. `bias` has n elements of c's type and is null without a bias in
  /// the epilogue, `addend` without one. `c` overlaps no operand: over the addend cuBLASLt
  /// rounds other bits. The workspace is aligned to 256 bytes.
  void run(void *stream, const void *a, const void *b, const void *bias, const void *addend,
           void *c, void *workspace) const;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace fanfold::cublaslt

#endif // FANFOLD_CODEGEN_KERNELS_CUBLASLT_MATMUL_H

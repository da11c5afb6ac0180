//===- AsyncCopy.cuh - pieces of tensors to shared memory -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies of 16 bytes, of which each thread begins its own and waits for them.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_ASYNCCOPY_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_ASYNCCOPY_CUH

#include <cstdint>

namespace fanfold::cuda::detail {

/// Copies 16 bytes from global to shared memory, or fills with zeros. Both addresses are
/// aligned to 16; `from` is valid in either case.
__device__ inline void copyAsync(uint32_t to, const void *from, bool zero) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(zero ? 0 : 16)
               : "memory");
}

/// Ends a group of copies of this thread.
__device__ inline void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Waits for all groups of this thread but the last `Pending`.
template <int Pending>
__device__ inline void waitForCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_ASYNCCOPY_CUH

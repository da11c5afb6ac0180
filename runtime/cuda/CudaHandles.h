//===- CudaHandles.h - objects of the CUDA runtime with an owner ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_CUDA_CUDAHANDLES_H
#define FANFOLD_RUNTIME_CUDA_CUDAHANDLES_H

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <type_traits>

namespace fanfold {

/// Calls a function of CUDA on what a unique_ptr held. A failure has nobody left to
/// hear it.
template <auto Destroy>
struct CudaDelete {
  template <typename T>
  void operator()(T *handle) const {
    (void)Destroy(handle);
  }
};

/// CUDA's handles are pointers to types that it keeps to itself.
template <typename Handle, auto Destroy>
using CudaOwned = std::unique_ptr<std::remove_pointer_t<Handle>, CudaDelete<Destroy>>;

using CudaStream = CudaOwned<cudaStream_t, cudaStreamDestroy>;
using CudaEvent = CudaOwned<cudaEvent_t, cudaEventDestroy>;
using CudaGraph = CudaOwned<cudaGraph_t, cudaGraphDestroy>;
using CudaGraphExec = CudaOwned<cudaGraphExec_t, cudaGraphExecDestroy>;
/// Memory of the device.
using CudaMemory = CudaOwned<std::byte *, cudaFree>;
/// Memory of the host that the device copies from and to without the host's help.
using PinnedMemory = CudaOwned<std::byte *, cudaFreeHost>;

} // namespace fanfold

#endif // FANFOLD_RUNTIME_CUDA_CUDAHANDLES_H

//===- BulkCopy.cuh - boxes of tensors to shared memory -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies by the unit of sm_90 that knows tensors by their maps (TensorMap.h), and the barriers that
// say when they have arrived. One thread begins a copy of thousands of elements; what lies
// outside of the tensor is zero. Addresses are of shared memory.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_BULKCOPY_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_BULKCOPY_CUH

#include <cstdint>
#include <cuda.h>

namespace fanfold::cuda::detail {

/// A barrier, 8 bytes, whose phases end when `arrivals` threads and all announced bytes have
/// arrived. One thread makes it, before a __syncthreads().
__device__ inline void makeBarrier(uint32_t barrier, uint32_t arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

/// Makes new barriers known to the copying unit; by the thread that made them.
__device__ inline void publishBarriers() {
  asm volatile("fence.mbarrier_init.release.cluster;\n"
               "fence.proxy.async.shared::cta;" ::
                   : "memory");
}

__device__ inline void arrive(uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

/// Arrives and announces what copies will bring.
__device__ inline void arriveExpecting(uint32_t barrier, uint32_t bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}

/// Waits for the end of a phase: of those with an odd number if `odd`, the first one being 0.
__device__ inline void waitFor(uint32_t barrier, uint32_t odd) {
  asm volatile("{\n"
               ".reg .pred p;\n"
               "again:\n"
               "mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
               "@p bra done;\n"
               "bra again;\n"
               "done:\n"
               "}" ::"r"(barrier),
               "r"(odd)
               : "memory");
}

/// The position of a copy in a tensor of images: channel, column, row, image.
struct ImagePosition {
  int32_t channel, column, row, image;
};

/// Copies the pixels of a map of pixels from a position on, each from the pixel that lies so many
/// to the right of it and below.
__device__ inline void copyPixels(uint32_t to, const CUtensorMap &map, uint32_t barrier,
                                  const ImagePosition &from, uint16_t right, uint16_t down) {
  asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes "
               "[%0], [%1, {%2, %3, %4, %5}], [%6], {%7, %8};" ::"r"(to),
               "l"(&map), "r"(from.channel), "r"(from.column), "r"(from.row), "r"(from.image),
               "r"(barrier), "h"(right), "h"(down)
               : "memory");
}

/// Copies a box of a map of rows from a position on.
__device__ inline void copyRows(uint32_t to, const CUtensorMap &map, uint32_t barrier,
                                const ImagePosition &from) {
  asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
               "[%0], [%1, {%2, %3, %4, %5}], [%6];" ::"r"(to),
               "l"(&map), "r"(from.channel), "r"(from.column), "r"(from.row), "r"(from.image),
               "r"(barrier)
               : "memory");
}

/// Copies a box of a map of filters: from an input channel, a tap and an output channel on.
__device__ inline void copyFilters(uint32_t to, const CUtensorMap &map, uint32_t barrier,
                                   int32_t inChannel, int32_t tap, int32_t outChannel) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
               "[%0], [%1, {%2, %3, %4}], [%5];" ::"r"(to),
               "l"(&map), "r"(inChannel), "r"(tap), "r"(outChannel), "r"(barrier)
               : "memory");
}

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_BULKCOPY_CUH

//===- CudaConvBench.h - times convolutions of our own --------*- C++ -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_BENCH_KERNELS_CUDACONVBENCH_H
#define FANFOLD_TEST_BENCH_KERNELS_CUDACONVBENCH_H

#include "CudaBench.h"

namespace fanfold::bench {

/// Stems as lines of pixels, and data gradients with pointwise kernels behind them. T is __half or
/// __nv_bfloat16.
template <typename T>
void benchConvolutions(Bench &b);

} // namespace fanfold::bench

#endif // FANFOLD_TEST_BENCH_KERNELS_CUDACONVBENCH_H

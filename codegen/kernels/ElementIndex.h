//===- ElementIndex.h - which element a pointwise kernel is at ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_ELEMENTINDEX_H
#define FANFOLD_CODEGEN_KERNELS_ELEMENTINDEX_H

#include <cstdint>

#ifdef __CUDACC__
#define FANFOLD_HOST_DEVICE __host__ __device__
#else
#define FANFOLD_HOST_DEVICE
#endif

namespace fanfold::kernels {

/// An element of a rows x channels space. It is its index where rows lie one behind the
/// other, so that functors which know no other tensors may take an int64_t.
struct ElementIndex {
  int64_t i; ///< row * channels + channel.
  int64_t row;

  FANFOLD_HOST_DEVICE operator int64_t() const { return i; }
  /// Index in a tensor with `gap` elements of something else between its rows.
  FANFOLD_HOST_DEVICE int64_t apart(int64_t gap) const { return i + row * gap; }
};

} // namespace fanfold::kernels

#undef FANFOLD_HOST_DEVICE

#endif // FANFOLD_CODEGEN_KERNELS_ELEMENTINDEX_H

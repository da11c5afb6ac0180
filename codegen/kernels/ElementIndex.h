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

/// Some of the channels of a space. A tensor of its own has them.
struct ChannelRange {
  int64_t channels; ///< Of the space.
  int64_t first, count;

  /// Index in that tensor; -1 for an element of another channel.
  FANFOLD_HOST_DEVICE int64_t find(ElementIndex e) const {
    const int64_t channel = e.i - e.row * channels - first;
    return channel >= 0 && channel < count ? e.row * count + channel : -1;
  }
};

} // namespace fanfold::kernels

#undef FANFOLD_HOST_DEVICE

#endif // FANFOLD_CODEGEN_KERNELS_ELEMENTINDEX_H

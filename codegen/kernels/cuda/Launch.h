//===- Launch.h - how much of a tensor one launch takes -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the kernels have in common in cutting their work into blocks.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_LAUNCH_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_LAUNCH_H

#include <cstdint>

#ifdef __CUDACC__
#define FANFOLD_HOST_DEVICE __host__ __device__
#else
#define FANFOLD_HOST_DEVICE
#endif

namespace fanfold::cuda {

constexpr int blockThreads = 256;

/// Rounds up. `n` is not negative, `d` positive.
FANFOLD_HOST_DEVICE constexpr int64_t divideUp(int64_t n, int64_t d) { return (n + d - 1) / d; }

/// Division of 0 <= n < 2^31 by a number that is known when the kernel is launched,
/// 1 <= d < 2^31: a multiplication and a shift (Granlund and Montgomery), where the
/// instruction sequence for a division would cost more than moving an element does.
struct Divisor {
  uint32_t divisor, multiplier, shift;

  explicit Divisor(int64_t d) : divisor(static_cast<uint32_t>(d)), shift(0) {
    while ((uint64_t{1} << shift) < divisor)
      ++shift;
    multiplier = static_cast<uint32_t>((((uint64_t{1} << shift) - divisor) << 32) / divisor + 1);
  }

  FANFOLD_HOST_DEVICE uint32_t divide(uint32_t n) const {
#ifdef __CUDA_ARCH__
    const uint32_t high = __umulhi(n, multiplier);
#else
    const auto high = static_cast<uint32_t>((uint64_t{n} * multiplier) >> 32);
#endif
    return (high + n) >> shift;
  }
  /// The remainder of n, which becomes the quotient.
  FANFOLD_HOST_DEVICE uint32_t split(uint32_t &n) const {
    const uint32_t quotient = divide(n), remainder = n - quotient * divisor;
    n = quotient;
    return remainder;
  }
};

/// What kernels count with 32 bits.
constexpr int64_t maxGroups = (int64_t{1} << 31) - 1;

/// Of `count` pieces of work, whose blocks begin at firstBlock[0] = 0, firstBlock[1], ...,
/// the one that a block belongs to: the last that begins at or before it.
FANFOLD_HOST_DEVICE inline int pieceOfBlock(const uint32_t *firstBlock, int count, uint32_t block) {
  int piece = 0;
  for (int end = count; piece + 1 < end;) {
    const int middle = (piece + end) / 2;
    if (firstBlock[middle] <= block)
      piece = middle;
    else
      end = middle;
  }
  return piece;
}

} // namespace fanfold::cuda

#undef FANFOLD_HOST_DEVICE

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_LAUNCH_H

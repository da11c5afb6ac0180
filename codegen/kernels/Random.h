//===- Random.h - random numbers inside kernels ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A number is a hash of (seed, stream, index): the same on every target and for
// every order of evaluation, so dropout can draw its mask again in the backward
// pass instead of keeping it. Kernels use this and not runtime/Random.h because 32
// bits are what a vector lane multiplies fast.
//
//   mix(x):  x ^= x >> 16;  x *= 0x7feb352d;  x ^= x >> 15;
//            x *= 0x846ca68b;  x ^= x >> 16                  (all modulo 2^32)
//   h = mix(low(index) ^ mix(high(index) ^ mix(stream ^ mix(seed + 0x9e3779b9))))
//   uniform = (h >> 8) * 2^-24
//
// where low and high are the 32-bit halves of the index. The constants are
// Wellons' lowbias32, a bijection of 32 bits.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_RANDOM_H
#define FANFOLD_CODEGEN_KERNELS_RANDOM_H

#include <cstdint>

#ifdef __CUDACC__
#define FANFOLD_HOST_DEVICE __host__ __device__
#else
#define FANFOLD_HOST_DEVICE
#endif

namespace fanfold::kernels {

FANFOLD_HOST_DEVICE inline uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}

/// Element `index` of `stream` under `seed`, uniform in [0, 1), a multiple of 2^-24.
FANFOLD_HOST_DEVICE inline float uniform(uint32_t seed, uint32_t stream, uint64_t index) {
  const uint32_t key = mix(stream ^ mix(seed + 0x9e3779b9u));
  const uint32_t high = static_cast<uint32_t>(index >> 32), low = static_cast<uint32_t>(index);
  return static_cast<float>(mix(low ^ mix(high ^ key)) >> 8) * 0x1p-24f;
}

} // namespace fanfold::kernels

#undef FANFOLD_HOST_DEVICE

#endif // FANFOLD_CODEGEN_KERNELS_RANDOM_H

//===- Random.h - random numbers as a function of a counter ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// There is no generator with a state here: the n-th number of a stream is a
// hash of the stream's seed and n. So any number can be had without those
// before it, threads need no order among them, and a checkpoint has nothing to
// save but the counter. Integers and uniform numbers are the same on every
// machine, and so are normal numbers (see there).
//
// A stream inside a stream: `hash(hash(seed, epoch), sample)`.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_RANDOM_H
#define FANFOLD_RUNTIME_RANDOM_H

#include <cmath>
#include <cstdint>
#include <string_view>

namespace fanfold::random {

/// The finaliser of SplitMix64: a bijection in which every bit of the input
/// flips every bit of the output with probability one half.
inline uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Number `counter` of the stream `seed`, uniform over 64 bits. The seed is
/// mixed before the counter comes in, so that streams of neighbouring seeds do
/// not overlap shifted.
inline uint64_t hash(uint64_t seed, uint64_t counter) {
  return mix(mix(seed + 0x9e3779b97f4a7c15ULL) + (counter + 1) * 0x9e3779b97f4a7c15ULL);
}

/// The seed of the stream called `name` inside the stream `seed`.
inline uint64_t hash(uint64_t seed, std::string_view name) {
  for (unsigned char c : name)
    seed = hash(seed, uint64_t{c});
  return hash(seed, uint64_t{name.size()});
}

/// `bits` (of hash()) as a number in [0, 1): 53 bits.
inline double toDouble(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

/// `bits` (of hash()) as a number in [0, 1): 24 bits.
inline float toFloat(uint64_t bits) { return static_cast<float>(bits >> 40) * 0x1p-24f; }

/// `bits` (of hash()) as an integer in [0, bound), `bound` > 0. The bias is at
/// most bound / 2^64.
inline uint64_t toBelow(uint64_t bits, uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((static_cast<Wide>(bits) * bound) >> 64);
}

/// Number `counter` of the stream, uniform in [0, 1).
inline double uniformDouble(uint64_t seed, uint64_t counter) {
  return toDouble(hash(seed, counter));
}
inline float uniformFloat(uint64_t seed, uint64_t counter) { return toFloat(hash(seed, counter)); }

/// Number `counter` of the stream, normal with mean 0 and deviation 1: ratio of
/// uniforms (Kinderman and Monahan). Unlike Box-Muller, the value comes from a
/// product and a quotient alone; the logarithm only accepts or rejects, so the
/// last bit of a C library's `log` does not show in the result.
inline double normal(uint64_t seed, uint64_t counter) {
  const uint64_t stream = hash(seed, counter);
  for (uint64_t attempt = 0;; ++attempt) {
    double v = uniformDouble(stream, 2 * attempt) - 0.5;
    double u = 1.0 - uniformDouble(stream, 2 * attempt + 1); // In (0, 1].
    double z = 1.7155277699214135 * v / u;                   // 4 exp(-1/2) / sqrt(2)
    if (z * z <= -4.0 * std::log(u))
      return z;
  }
}

} // namespace fanfold::random

#endif // FANFOLD_RUNTIME_RANDOM_H

//===- Random.h - random numbers that are a function of a counter ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every random number is a pure function of a seed and a counter: there is no
// state to save, any number of threads draw in any order, and a resumed run
// draws what the uninterrupted one would have drawn. Results are the same on
// every machine: integers throughout, and doubles only by operations that IEEE
// 754 rounds exactly.
//
//   hash(hash(seed, "conv1.weight"), 17)   the 17th number of a named stream
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_RANDOM_H
#define FANFOLD_RUNTIME_RANDOM_H

#include <cmath>
#include <cstdint>
#include <string_view>

namespace fanfold {

/// 64 random bits for (seed, counter): the output function of SplitMix64 over a
/// state that starts at a scrambled seed. For one seed it is a bijection of the
/// counter, so a stream never repeats.
constexpr uint64_t hash(uint64_t seed, uint64_t counter) {
  auto mix = [](uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  };
  return mix(mix(seed + 0x9e3779b97f4a7c15) + (counter + 1) * 0x9e3779b97f4a7c15);
}

/// A seed for the stream called `name`.
constexpr uint64_t hash(uint64_t seed, std::string_view name) {
  for (char c : name)
    seed = hash(seed, static_cast<uint64_t>(static_cast<unsigned char>(c)));
  return hash(seed, static_cast<uint64_t>(name.size()));
}

/// Uniform in [0, 1), a multiple of 2^-53.
constexpr double uniform(uint64_t seed, uint64_t counter) {
  return static_cast<double>(hash(seed, counter) >> 11) * 0x1p-53;
}

/// Uniform in {0, ..., bound - 1}; 0 if `bound` is 0. The bias is below
/// bound / 2^64.
inline uint64_t uniformBelow(uint64_t seed, uint64_t counter, uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((static_cast<Wide>(hash(seed, counter)) * bound) >> 64);
}

/// Standard normal. Ratio of uniforms (Kinderman and Monahan): unlike Box-Muller
/// its value comes from a subtraction, a product and a quotient alone. The
/// logarithm only accepts or rejects, so the last bit of a library's `log` does
/// not show in the result.
inline double normal(uint64_t seed, uint64_t counter) {
  const uint64_t stream = hash(seed, counter);
  for (uint64_t attempt = 0;; ++attempt) {
    double v = uniform(stream, 2 * attempt) - 0.5;
    double u = 1.0 - uniform(stream, 2 * attempt + 1); // In (0, 1].
    double z = 1.7155277699214135 * v / u;             // 4 exp(-1/2) / sqrt(2)
    if (z * z <= -4.0 * std::log(u))
      return z;
  }
}

} // namespace fanfold

#endif // FANFOLD_RUNTIME_RANDOM_H

//===- PoolMaximum.cuh - the largest of several elements, and its place ---===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// V channels side by side, in words of 32 bits: pairs of 16-bit elements are compared by
// one instruction, and a comparison gives a mask that chooses among places.
//
// Comparisons take numbers only, so a NaN gets no place while elements go by. It stays in
// the value, though; the owner of the elements looks for the first one afterwards, which
// costs nothing where there is none.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POOLMAXIMUM_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_POOLMAXIMUM_CUH

#include "codegen/kernels/cuda/Vec.cuh"

namespace fanfold::cuda::detail {

/// Elements in a word. Masks have all bits of an element; `lowest` is -inf throughout.
template <typename T>
struct Packed;

template <>
struct Packed<float> {
  static constexpr uint32_t lowest = 0xff800000;
  static __device__ uint32_t larger(uint32_t a, uint32_t b) {
    const float x = __uint_as_float(a), y = __uint_as_float(b);
    return x > y || x != x ? a : b;
  }
  static __device__ uint32_t isGreater(uint32_t a, uint32_t b) {
    return __uint_as_float(a) > __uint_as_float(b) ? ~0u : 0u;
  }
  static __device__ uint32_t isNan(uint32_t a) {
    return __uint_as_float(a) != __uint_as_float(a) ? ~0u : 0u;
  }
};

/// Of a type for two 16-bit elements.
template <typename Pair>
struct PackedPair {
  static __device__ uint32_t larger(uint32_t a, uint32_t b) {
    const Pair result = __hmax2_nan(pair(a), pair(b));
    return *reinterpret_cast<const uint32_t *>(&result);
  }
  static __device__ uint32_t isGreater(uint32_t a, uint32_t b) {
    return __hgt2_mask(pair(a), pair(b));
  }
  static __device__ uint32_t isNan(uint32_t a) { return __hneu2_mask(pair(a), pair(a)); }

private:
  static __device__ Pair pair(uint32_t word) { return *reinterpret_cast<const Pair *>(&word); }
};

template <>
struct Packed<__half> : PackedPair<__half2> {
  static constexpr uint32_t lowest = 0xfc00fc00;
};
template <>
struct Packed<__nv_bfloat16> : PackedPair<__nv_bfloat162> {
  static constexpr uint32_t lowest = 0xff80ff80;
};

/// Word k of 32 bits of a group; its bits beyond the group's are zero, and dropped.
template <typename T, int V>
__device__ uint32_t word(const Vec<T, V> &v, int k) {
  if constexpr (Vec<T, V>::bytes < 4)
    return v.words[0];
  else
    return reinterpret_cast<const uint32_t *>(v.words)[k];
}
template <typename T, int V>
__device__ void setWord(Vec<T, V> &v, int k, uint32_t word) {
  if constexpr (Vec<T, V>::bytes < 4)
    v.words[0] = static_cast<uint16_t>(word);
  else
    reinterpret_cast<uint32_t *>(v.words)[k] = word;
}

template <typename T, int V>
struct Maximum {
  static constexpr int perWord = 4 / static_cast<int>(sizeof(T));
  static constexpr int words = V < perWord ? 1 : V / perWord;

  uint32_t values[words];
  uint32_t places[words]; ///< A place for each element, in as many bits as it has.

  /// A place in all elements of a word. It is less than 2^16.
  static __device__ uint32_t everywhere(int place) {
    return static_cast<uint32_t>(place) * (perWord == 2 ? 0x10001u : 1u);
  }
  static __device__ Vec<T, V> lowest() {
    Vec<T, V> v;
#pragma unroll
    for (int k = 0; k < words; ++k)
      setWord(v, k, Packed<T>::lowest);
    return v;
  }

  /// The maximum of nothing: -inf, with the place that it keeps if nothing is greater.
  __device__ explicit Maximum(int place) : Maximum(lowest(), place) {}
  __device__ Maximum(const Vec<T, V> &v, int place) {
#pragma unroll
    for (int k = 0; k < words; ++k) {
      values[k] = word(v, k);
      places[k] = everywhere(place);
    }
  }
  Maximum() = default; // uninitialised

  __device__ void add(const Vec<T, V> &v, int place) { merge(Maximum(v, place), 0); }
  /// The places of `other` grow by `offset`.
  __device__ void merge(const Maximum &other, int offset) {
#pragma unroll
    for (int k = 0; k < words; ++k) {
      const uint32_t takes = Packed<T>::isGreater(other.values[k], values[k]);
      places[k] = choose(takes, other.places[k] + everywhere(offset), places[k]);
      values[k] = Packed<T>::larger(other.values[k], values[k]);
    }
  }

  __device__ bool hasNan() const {
    uint32_t any = 0;
#pragma unroll
    for (int k = 0; k < words; ++k)
      any |= Packed<T>::isNan(values[k]);
    return any != 0;
  }
  /// Those of the elements that are NaN get the place.
  __device__ void placeNan(const Vec<T, V> &v, int place) {
#pragma unroll
    for (int k = 0; k < words; ++k)
      places[k] = choose(Packed<T>::isNan(word(v, k)), everywhere(place), places[k]);
  }

  __device__ Vec<T, V> result() const {
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < words; ++k)
      setWord(out, k, values[k]);
    return out;
  }
  /// Places are less than 256.
  __device__ void storePlaces(uint8_t *p) const {
    Vec<uint8_t, V> out;
    if constexpr (perWord == 2 && words == 4) {
      out.words[0].x = __byte_perm(places[0], places[1], 0x6420);
      out.words[0].y = __byte_perm(places[2], places[3], 0x6420);
    } else {
#pragma unroll
      for (int k = 0; k < V; ++k)
        out[k] = static_cast<uint8_t>(places[k / perWord] >> (16 * (k % perWord)));
    }
    store(p, out);
  }

private:
  static __device__ uint32_t choose(uint32_t mask, uint32_t a, uint32_t b) {
    return (a & mask) | (b & ~mask);
  }
};

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POOLMAXIMUM_CUH

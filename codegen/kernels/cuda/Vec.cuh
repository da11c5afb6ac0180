//===- Vec.cuh - elements that travel together ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread moves V neighbouring elements with one memory instruction: of 16 bytes
// where there are so many, which is what device memory is fastest at, or a few of
// 16 where there are more. Arithmetic is fp32 whatever the elements are:
//
//   Vec<__half, 8> a = load<8>(x + i);
//   a[0] = fromFloat<__half>(2.0f * toFloat(a[0]));
//   store(y + i, a);
//
// Elements of a Vec are indexed by what unrolled loops know; an index that is
// computed at run time would put it into local memory.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_VEC_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_VEC_CUH

#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace fanfold::cuda {

namespace detail {

/// What one memory instruction moves.
template <int Bytes>
struct Word;
template <>
struct Word<1> {
  using Type = uint8_t;
};
template <>
struct Word<2> {
  using Type = uint16_t;
};
template <>
struct Word<4> {
  using Type = uint32_t;
};
template <>
struct Word<8> {
  using Type = uint2;
};
template <>
struct Word<16> {
  using Type = uint4;
};

} // namespace detail

/// V elements; V is a power of two. In memory they are aligned to their size, or to
/// 16 bytes where they are larger.
template <typename T, int V>
struct Vec {
  static_assert(V > 0 && (V & (V - 1)) == 0, "a power of two");
  static constexpr int bytes = static_cast<int>(sizeof(T)) * V;
  static constexpr int wordBytes = bytes < 16 ? bytes : 16;
  static constexpr int wordCount = bytes / wordBytes;
  using Word = typename detail::Word<wordBytes>::Type;

  Word words[wordCount];

  __device__ T &operator[](int k) { return reinterpret_cast<T *>(words)[k]; }
  __device__ const T &operator[](int k) const { return reinterpret_cast<const T *>(words)[k]; }
};

/// The V elements at p, which is aligned as Vec says. An ordinary load: the kernel may
/// write the same memory, so it does not go through the read-only path.
template <int V, typename T>
__device__ Vec<T, V> load(const T *p) {
  Vec<T, V> v;
  const auto *words = reinterpret_cast<const typename Vec<T, V>::Word *>(p);
#pragma unroll
  for (int k = 0; k < Vec<T, V>::wordCount; ++k)
    v.words[k] = words[k];
  return v;
}

template <typename T, int V>
__device__ void store(T *p, const Vec<T, V> &v) {
  auto *words = reinterpret_cast<typename Vec<T, V>::Word *>(p);
#pragma unroll
  for (int k = 0; k < Vec<T, V>::wordCount; ++k)
    words[k] = v.words[k];
}

__device__ inline float toFloat(float x) { return x; }
__device__ inline float toFloat(__half x) { return __half2float(x); }
__device__ inline float toFloat(__nv_bfloat16 x) { return __bfloat162float(x); }
__device__ inline float toFloat(uint8_t x) { return static_cast<float>(x); }
__device__ inline float toFloat(int32_t x) { return static_cast<float>(x); }

/// Rounds to nearest even; to an integer towards zero, and into its range (NaN to 0).
template <typename T>
__device__ T fromFloat(float x) = delete;
template <>
__device__ inline float fromFloat<float>(float x) {
  return x;
}
template <>
__device__ inline __half fromFloat<__half>(float x) {
  return __float2half_rn(x);
}
template <>
__device__ inline __nv_bfloat16 fromFloat<__nv_bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}
template <>
__device__ inline uint8_t fromFloat<uint8_t>(float x) {
  return static_cast<uint8_t>(min(__float2uint_rz(x), 255u));
}
template <>
__device__ inline int32_t fromFloat<int32_t>(float x) {
  return __float2int_rz(x);
}

/// Two elements of 16 bits as one word.
template <typename T>
__device__ uint32_t pack(float low, float high) {
  Vec<T, 2> pair;
  pair[0] = fromFloat<T>(low);
  pair[1] = fromFloat<T>(high);
  return pair.words[0];
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_VEC_CUH

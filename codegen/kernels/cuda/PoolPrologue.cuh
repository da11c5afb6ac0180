//===- PoolPrologue.cuh - what max pools do to elements -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A prologue is a function of an element that never falls, or never rises, in each channel:
// the arithmetic of Normalization is so step by step, rounding included. The pool compares
// elements whose signs are flipped where the function falls, and computes it of the one that
// is left. The prologue is a kernel's argument, and its Channels are what a thread keeps of
// it for the V channels that it has.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_POOLPROLOGUE_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_POOLPROLOGUE_CUH

#include "codegen/kernels/cuda/PoolMaximum.cuh"

namespace fanfold::cuda::detail {

/// The elements are compared as they are.
struct NoPrologue {
  template <int V, typename T>
  struct Channels {
    __device__ Channels(const NoPrologue &, int) {}
    __device__ Vec<T, V> compared(const Vec<T, V> &v) const { return v; }
    __device__ Vec<T, V> result(const Vec<T, V> &v) const { return v; }
  };
};

/// max(0, (x - centre) * scale + shift), with a number each for each channel.
struct Normalization {
  const float *centre, *scale, *shift;

  template <int V, typename T>
  class Channels {
  public:
    /// For the channels from `channel` on. `n` is a kernel's argument.
    __device__ Channels(const Normalization &n, int channel) : n(n), channel(channel) {
      const Vec<float, V> scales = load<V>(n.scale + channel);
#pragma unroll
      for (int k = 0; k < V; ++k) {
        const uint32_t sign = __float_as_uint(scales[k]) & 0x80000000;
        if (k % perWord == 0)
          flips[k / perWord] = 0;
        flips[k / perWord] |= sign >> (16 * (perWord - 1 - k % perWord));
      }
    }
    /// What stands for elements when the largest is looked for. NaN stays NaN.
    __device__ Vec<T, V> compared(Vec<T, V> v) const {
#pragma unroll
      for (int k = 0; k < Maximum<T, V>::words; ++k)
        setWord(v, k, word(v, k) ^ flips[k]);
      return v;
    }
    /// The function of what compared() stands for. Its numbers are read again for every
    /// result, a few at a time: they are near, and registers are few.
    __device__ Vec<T, V> result(const Vec<T, V> &v) const {
      constexpr int few = V < 4 ? V : 4;
      const Vec<T, V> x = compared(v);
      Vec<T, V> out;
#pragma unroll
      for (int first = 0; first < V; first += few) {
        const Vec<float, few> centre = load<few>(n.centre + channel + first),
                              scale = load<few>(n.scale + channel + first),
                              shift = load<few>(n.shift + channel + first);
#pragma unroll
        for (int k = 0; k < few; ++k) {
          const float normalized = (toFloat(x[first + k]) - centre[k]) * scale[k] + shift[k];
          out[first + k] = fromFloat<T>(normalized < 0.0f ? 0.0f : normalized);
        }
      }
      return out;
    }

  private:
    static constexpr int perWord = Maximum<T, V>::perWord;

    const Normalization &n;
    const int channel;
    uint32_t flips[Maximum<T, V>::words]; ///< The signs of elements whose order turns around.
  };
};

} // namespace fanfold::cuda::detail

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_POOLPROLOGUE_CUH

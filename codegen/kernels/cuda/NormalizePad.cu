//===- NormalizePad.cu - images from bytes to padded channels -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/NormalizePad.h"
#include "codegen/kernels/cuda/Vec.cuh"

#include <algorithm>

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// A thread for V channels of a pixel of y. The bytes of a pixel are at no aligned
/// address; a warp's are neighbours, though.
template <int V, typename T>
__global__ void __launch_bounds__(blockThreads)
    normalizePadKernel(uint32_t groups, Divisor groupsPerPixel, int channels, const uint8_t *x,
                       const float *scale, const float *shift, T *y) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= groups)
    return;
  uint32_t pixel = group;
  const int first = static_cast<int>(groupsPerPixel.split(pixel)) * V;
  const uint8_t *in = x + int64_t{pixel} * channels;
  Vec<T, V> out;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    const int c = first + k;
    out[k] = fromFloat<T>(c < channels ? toFloat(in[c]) * scale[c] + shift[c] : 0.0f);
  }
  store(y + int64_t{group} * V, out);
}

} // namespace

template <typename T>
void fanfold::cuda::normalizePad(cudaStream_t stream, int64_t pixels, int64_t channels,
                                 int64_t paddedChannels, const uint8_t *x, const float *scale,
                                 const float *shift, T *y) {
  if (pixels == 0)
    return;
  const auto launch = [&](auto width) {
    constexpr int v = width;
    const int64_t groupsPerPixel = paddedChannels / v, step = maxGroups / groupsPerPixel;
    for (int64_t first = 0; first < pixels; first += step) {
      const int64_t groups = std::min(step, pixels - first) * groupsPerPixel;
      normalizePadKernel<v>
          <<<static_cast<unsigned>(divideUp(groups, blockThreads)), blockThreads, 0, stream>>>(
              static_cast<uint32_t>(groups), Divisor(groupsPerPixel), static_cast<int>(channels),
              x + first * channels, scale, shift, y + first * paddedChannels);
    }
  };
  // Four channels of 2 bytes are padding enough for some convolutions.
  if (paddedChannels % 8 != 0 && paddedChannels % 4 == 0)
    launch(std::integral_constant<int, 4>());
  else
    withWidth<T>(paddedChannels, launch);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::normalizePad(cudaStream_t, int64_t, int64_t, int64_t,               \
                                            const uint8_t *, const float *, const float *, T *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

//===- Fold.cu - images with their strides folded into channels -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/Dispatch.h"
#include "codegen/kernels/cuda/Fold.h"
#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/Vec.cuh"

using namespace fanfold::cuda;
using namespace fanfold::cuda::detail;

namespace {

/// Where a folded channel comes from: the row and the column among s x s, and the
/// channel; the row is s or more for channels of zeros.
struct Source {
  int row, column, channel;
  __device__ Source(int folded, int channels, int stride)
      : row(folded / channels / stride), column(folded / channels % stride),
        channel(folded % channels) {}
};

/// V folded channels of one folded pixel for each thread; blockIdx.y is the image. The
/// channels and the stride of the image, if they are known here (not 0), make divisions by
/// them multiplications, which are most of the work otherwise.
template <int V, int Channels, int Stride, typename T>
__global__ void __launch_bounds__(blockThreads)
    foldImageKernel(FoldImageShape s, Divisor groupsPerPixel, Divisor foldedWidth, uint32_t groups,
                    const uint8_t *x, const float *scale, const float *shift, T *y) {
  const uint32_t group = blockIdx.x * blockThreads + threadIdx.x;
  if (group >= groups)
    return;
  uint32_t row = group;
  const int first = static_cast<int>(groupsPerPixel.split(row)) * V;
  const int column = static_cast<int>(foldedWidth.split(row));
  const int stride = Stride ? Stride : static_cast<int>(s.stride);
  const int channels = Channels ? Channels : static_cast<int>(s.channels);
  const int height = static_cast<int>(s.height), width = static_cast<int>(s.width);
  const int top = static_cast<int>(row) * stride - static_cast<int>(s.padHeight);
  const int left = column * stride - static_cast<int>(s.padWidth);
  const uint8_t *image = x + int64_t{blockIdx.y} * s.height * s.width * s.channels;
  Vec<T, V> out;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    const Source from(first + k, channels, stride);
    const int h = top + from.row, w = left + from.column;
    float value = 0.0f;
    if (from.row < stride && h >= 0 && h < height && w >= 0 && w < width)
      value =
          toFloat(image[(int64_t{h} * width + w) * channels + from.channel]) * scale[from.channel] +
          shift[from.channel];
    out[k] = fromFloat<T>(value);
  }
  store(y + (int64_t{blockIdx.y} * groups + group) * V, out);
}

/// Calls visit(folded index, index in the filter or -1) for each element of the folded
/// filter.
template <typename Visit>
__device__ void visitFilter(const FoldFilterShape &s, Visit visit) {
  const int64_t n = s.filters * s.foldedHeight * s.foldedWidth * s.foldedChannels;
  const int64_t i = int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i >= n)
    return;
  const Source from(static_cast<int>(i % s.foldedChannels), static_cast<int>(s.channels),
                    static_cast<int>(s.stride));
  const int64_t pixel = i / s.foldedChannels;
  const int64_t column = pixel % s.foldedWidth * s.stride + from.column;
  const int64_t row = pixel / s.foldedWidth % s.foldedHeight * s.stride + from.row;
  const int64_t filter = pixel / s.foldedWidth / s.foldedHeight;
  const bool inside = from.row < s.stride && row < s.height && column < s.width;
  visit(i,
        inside ? ((filter * s.height + row) * s.width + column) * s.channels + from.channel : -1);
}

template <typename T>
__global__ void __launch_bounds__(blockThreads)
    foldFilterKernel(FoldFilterShape s, const T *w, T *y) {
  visitFilter(s, [=](int64_t folded, int64_t i) { y[folded] = i < 0 ? fromFloat<T>(0.0f) : w[i]; });
}

template <typename T>
__global__ void __launch_bounds__(blockThreads)
    unfoldFilterKernel(FoldFilterShape s, const T *y, T *w) {
  visitFilter(s, [=](int64_t folded, int64_t i) {
    if (i >= 0)
      w[i] = y[folded];
  });
}

unsigned filterBlocks(const FoldFilterShape &s) {
  return static_cast<unsigned>(
      divideUp(s.filters * s.foldedHeight * s.foldedWidth * s.foldedChannels, blockThreads));
}

} // namespace

template <typename T>
void fanfold::cuda::foldImage(cudaStream_t stream, const FoldImageShape &s, const uint8_t *x,
                              const float *scale, const float *shift, T *y) {
  const auto launchFor = [&](auto width, auto channels, auto stride) {
    constexpr int v = width;
    const int64_t groupsPerPixel = s.foldedChannels / v;
    const int64_t groups = s.foldedHeight * s.foldedWidth * groupsPerPixel;
    const dim3 grid(static_cast<unsigned>(divideUp(groups, blockThreads)),
                    static_cast<unsigned>(s.batch));
    foldImageKernel<v, channels, stride>
        <<<grid, blockThreads, 0, stream>>>(s, Divisor(groupsPerPixel), Divisor(s.foldedWidth),
                                            static_cast<uint32_t>(groups), x, scale, shift, y);
  };
  const auto launch = [&](auto width) {
    constexpr std::integral_constant<int, 3> colours;
    if (s.channels == 3 && s.stride == 2)
      launchFor(width, colours, std::integral_constant<int, 2>());
    else if (s.channels == 3 && s.stride == 4)
      launchFor(width, colours, std::integral_constant<int, 4>());
    else
      launchFor(width, std::integral_constant<int, 0>(), std::integral_constant<int, 0>());
  };
  // Four channels of 2 bytes are enough for some convolutions.
  if (s.foldedChannels % 8 != 0 && s.foldedChannels % 4 == 0)
    launch(std::integral_constant<int, 4>());
  else
    withWidth<T>(s.foldedChannels, launch);
}

template <typename T>
void fanfold::cuda::foldFilter(cudaStream_t stream, const FoldFilterShape &s, const T *w, T *y) {
  foldFilterKernel<<<filterBlocks(s), blockThreads, 0, stream>>>(s, w, y);
}

template <typename T>
void fanfold::cuda::unfoldFilter(cudaStream_t stream, const FoldFilterShape &s, const T *y, T *w) {
  unfoldFilterKernel<<<filterBlocks(s), blockThreads, 0, stream>>>(s, y, w);
}

#define INSTANTIATE(T)                                                                             \
  template void fanfold::cuda::foldImage(cudaStream_t, const FoldImageShape &, const uint8_t *,    \
                                         const float *, const float *, T *);                       \
  template void fanfold::cuda::foldFilter(cudaStream_t, const FoldFilterShape &, const T *, T *);  \
  template void fanfold::cuda::unfoldFilter(cudaStream_t, const FoldFilterShape &, const T *, T *);
FANFOLD_FOR_EACH_FLOAT(INSTANTIATE)

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

/// Folded pixels of a row that a block takes at most: enough for its threads, few enough that
/// the largest folded pixels of fp32 fit in shared memory.
constexpr int64_t segmentPixels = 128;

/// A block has blockIdx.x, a segment of `columns` pixels, of folded row blockIdx.y of image
/// blockIdx.z. The elements of the image that it takes become numbers in shared memory first,
/// row by row, zeros where they lie in the padding. There the channels that a folded pixel
/// has of one row lie side by side:
///
///     row 0 of s:  | s * C of pixel 0 | s * C of pixel 1 | ...
///     row 1:       | s * C of pixel 0 | ...
///
/// So bytes are read one behind the other, and folded channels are written V at a time. A
/// thread stages elements of one channel alone. The channels and the stride of the image, if
/// they are known here (not 0), make divisions by them multiplications.
template <int V, int Channels, int Stride, typename T>
__global__ void __launch_bounds__(blockThreads)
    foldImageKernel(const __grid_constant__ FoldImageShape s, int columns, Divisor length,
                    Divisor groupsPerPixel, const uint8_t *__restrict__ x, const float *scale,
                    const float *shift, T *y) {
  extern __shared__ uint4 memory[];
  T *staged = reinterpret_cast<T *>(memory);
  const int stride = Stride ? Stride : static_cast<int>(s.stride);
  const int channels = Channels ? Channels : static_cast<int>(s.channels);
  const int run = stride * channels;
  const int begin = static_cast<int>(blockIdx.x) * columns;
  const int thread = static_cast<int>(threadIdx.x);

  const int step = blockThreads / channels * channels;
  if (thread < step) {
    const float factor = scale[thread % channels], offset = shift[thread % channels];
    const int top = static_cast<int>(blockIdx.y) * stride - static_cast<int>(s.padHeight);
    const int left = (begin * stride - static_cast<int>(s.padWidth)) * channels;
    const auto height = static_cast<unsigned>(s.height);
    const auto width = static_cast<unsigned>(s.width * s.channels);
    const uint8_t *image = x + blockIdx.z * s.height * s.width * s.channels;
    const auto count = static_cast<uint32_t>(stride) * length.divisor;
    constexpr int batch = 8; // what is on its way at a time
    for (uint32_t first = thread; first < count; first += batch * step) {
      uint8_t bytes[batch];
      bool inside[batch];
#pragma unroll
      for (int k = 0; k < batch; ++k) {
        uint32_t r = first + k * step;
        const bool exists = r < count;
        const int w = left + static_cast<int>(length.split(r)), h = top + static_cast<int>(r);
        inside[k] = exists && static_cast<unsigned>(h) < height && static_cast<unsigned>(w) < width;
        if (inside[k])
          bytes[k] = image[int64_t{h} * width + w];
      }
#pragma unroll
      for (int k = 0; k < batch; ++k)
        if (first + k * step < count)
          staged[first + k * step] =
              fromFloat<T>(inside[k] ? toFloat(bytes[k]) * factor + offset : 0.0f);
    }
  }
  __syncthreads();

  // Neighbours that travel together lie in one row.
  constexpr int together = Channels * Stride > 0 && Channels * Stride % 2 == 0 && V > 1 ? 2 : 1;
  const int pixels = min(columns, static_cast<int>(s.foldedWidth) - begin);
  const int64_t first = (blockIdx.z * s.foldedHeight + blockIdx.y) * s.foldedWidth + begin;
  y += first * s.foldedChannels;
  for (uint32_t group = thread; group < pixels * groupsPerPixel.divisor; group += blockThreads) {
    uint32_t pixel = group;
    const int channel = static_cast<int>(groupsPerPixel.split(pixel)) * V;
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; k += together) {
      const int r = (channel + k) / run;
      const T *from =
          staged + r * length.divisor + static_cast<int>(pixel) * run + (channel + k) % run;
      Vec<T, together> v = {};
      if (r < stride)
        v = load<together>(from);
#pragma unroll
      for (int i = 0; i < together; ++i)
        out[k + i] = v[i];
    }
    store(y + int64_t{group} * V, out);
  }
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
    const int64_t segments = divideUp(s.foldedWidth, segmentPixels);
    const int64_t columns = divideUp(s.foldedWidth, segments);
    const dim3 grid(static_cast<unsigned>(segments), static_cast<unsigned>(s.foldedHeight),
                    static_cast<unsigned>(s.batch));
    const int64_t length = columns * s.stride * s.channels; // of a row of the image, staged
    const size_t bytes = s.stride * length * sizeof(T);
    foldImageKernel<v, channels, stride>
        <<<grid, blockThreads, bytes, stream>>>(s, static_cast<int>(columns), Divisor(length),
                                                Divisor(s.foldedChannels / v), x, scale, shift, y);
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

//===- CudaConvBench.cu - times convolutions of our own -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaConvBench.h"
#include "CudaTensors.cuh"

#include "codegen/kernels/cuda/ConvPointwise.cuh"
#include "codegen/kernels/cuda/LineConv.h"
#include "codegen/kernels/cuda/RowConv.h"

using namespace fanfold;
using namespace fanfold::bench;
using namespace fanfold::cuda;

namespace {

//===----------------------------------------------------------------------===//
// Convolutions of folded images
//===----------------------------------------------------------------------===//

template <typename T>
void benchLineConv(Bench &b, const Conv2dShape &shape) {
  const int64_t size = sizeof(T), k = shape.outChannels;
  const std::string at = " " + std::to_string(shape.kernelHeight) + "x" +
                         std::to_string(shape.kernelWidth) + " " + std::to_string(shape.inHeight) +
                         "x" + std::to_string(shape.inWidth) + "x" +
                         std::to_string(shape.inChannels) + " to " + std::to_string(k);
  const int64_t bytes = size * (shape.inputSize() + shape.outputSize() + shape.filterSize());
  for (const bool statistics : {false, true})
    b.run("line_conv2d" + std::string(statistics ? "_statistics" : "") + at, bytes,
          [=](Memory &memory) {
            const T *x = randomTensor<T>(memory, shape.inputSize());
            const T *w = randomTensor<T>(memory, shape.filterSize());
            T *y = memory.allocate<T>(shape.outputSize());
            float *sums = statistics ? memory.allocate<float>(2 * k) : nullptr;
            void *workspace = memory.allocate<char>(lineConvWorkspaceBytes(shape));
            return [=](cudaStream_t s) {
              lineConv2d<T>(s, shape, x, w, y, {nullptr, false, sums, sums ? sums + k : nullptr},
                            workspace);
            };
          });
  b.run("line_conv2d_gradient" + at, bytes, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, shape.inputSize());
    const T *dy = randomTensor<T>(memory, shape.outputSize());
    T *dw = memory.allocate<T>(shape.filterSize());
    void *workspace = memory.allocate<char>(lineConvGradientWorkspaceBytes(shape));
    return [=](cudaStream_t s) { lineConv2dGradient<T>(s, shape, x, dy, dw, workspace); };
  });
}

/// The first convolutions of ResNet-50 and GoogLeNet, AlexNet, and the first two of
/// Inception-ResNet-v2.
template <typename T>
void benchLineConvs(Bench &b) {
  benchLineConv<T>(b, {batch, 115, 115, 16, 112, 112, 64, 4, 4});
  benchLineConv<T>(b, {batch, 57, 57, 48, 55, 55, 64, 3, 3});
  benchLineConv<T>(b, {batch, 150, 150, 16, 149, 149, 32, 2, 2});
  benchLineConv<T>(b, {batch, 149, 149, 32, 147, 147, 32, 3, 3});
}

//===----------------------------------------------------------------------===//
// Convolutions of few filters
//===----------------------------------------------------------------------===//

/// 3x3 over squares, in `images` images.
template <typename T>
void benchRowConv(Bench &b, int64_t images, int64_t side, int64_t channels, int64_t filters,
                  int64_t pad = 1) {
  const int64_t out = side + 2 * pad - 2;
  Conv2dShape shape{images, side, side, channels, out, out, filters, 3, 3};
  shape.padHeight = shape.padWidth = pad;
  const std::string at = " " + std::to_string(images) + "x" + std::to_string(side) + "x" +
                         std::to_string(side) + " " + std::to_string(channels) + " to " +
                         std::to_string(filters);
  const int64_t bytes = sizeof(T) * (shape.inputSize() + shape.outputSize() + shape.filterSize());
  const double flops = 2.0 * static_cast<double>(shape.filterSize()) *
                       static_cast<double>(shape.outputSize() / filters);
  const RowConvPitches pitches = {channels, filters};
  if (hasRowConv(shape))
    b.run(
        "row_conv2d_statistics" + at, bytes,
        [=](Memory &memory) {
          const T *x = randomTensor<T>(memory, shape.inputSize());
          const T *w = randomTensor<T>(memory, shape.filterSize());
          T *y = memory.allocate<T>(shape.outputSize());
          float *sums = memory.allocate<float>(2 * filters);
          void *workspace = memory.allocate<char>(rowConvWorkspaceBytes(shape));
          return [=](cudaStream_t s) {
            rowConv2d<T>(s, shape, pitches, x, w, y, {sums, sums + filters}, workspace);
          };
        },
        flops);
  if (hasRowConv(rowConvGradient(shape)))
    b.run(
        "row_conv2d_input_gradient" + at, bytes,
        [=](Memory &memory) {
          const T *dy = randomTensor<T>(memory, shape.outputSize());
          const T *w = randomTensor<T>(memory, shape.filterSize());
          T *dx = memory.allocate<T>(shape.inputSize());
          return [=](cudaStream_t s) { rowConv2dInputGradient<T>(s, shape, pitches, dy, w, dx); };
        },
        flops);
}

/// Those of DenseNet-121, Inception-ResNet-v2, GoogLeNet and ResNet-50.
template <typename T>
void benchRowConvs(Bench &b) {
  for (const int64_t side : {56, 28, 14, 7})
    benchRowConv<T>(b, 256, side, 128, 32);
  benchRowConv<T>(b, 128, 149, 32, 32, 0);
  benchRowConv<T>(b, 128, 147, 32, 64);
  benchRowConv<T>(b, 128, 73, 80, 192, 0);
  benchRowConv<T>(b, 128, 35, 32, 32);
  benchRowConv<T>(b, 128, 35, 32, 48);
  benchRowConv<T>(b, 128, 35, 48, 64);
  benchRowConv<T>(b, 128, 35, 64, 96);
  benchRowConv<T>(b, 128, 35, 96, 96);
  benchRowConv<T>(b, 512, 56, 64, 192);
  benchRowConv<T>(b, 512, 28, 96, 128);
  benchRowConv<T>(b, 512, 28, 128, 192);
  benchRowConv<T>(b, 512, 28, 32, 96);
  benchRowConv<T>(b, 512, 14, 96, 208);
  benchRowConv<T>(b, 512, 14, 112, 224);
  benchRowConv<T>(b, 512, 14, 128, 256);
  benchRowConv<T>(b, 512, 14, 24, 64);
  benchRowConv<T>(b, 256, 56, 64, 64);
  benchRowConv<T>(b, 256, 28, 128, 128);
}

//===----------------------------------------------------------------------===//
// Gradients of convolutions with what is behind them
//===----------------------------------------------------------------------===//

/// The end of a residual block: two gradients, the ReLU's mask and the sum.
template <typename T>
struct BlockEnd {
  const T *addend, *forward;
  T *y;
  using Channels = Nothing;
  struct Elements {
    Vec<T, 8> product, addend, forward;
  };
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(ElementIndex i, const Vec<T, 8> &product) const {
    return {product, load<8>(addend + i), load<8>(forward + i)};
  }
  __device__ void operator()(ElementIndex i, const Channels &, const Elements &e,
                             float (&terms)[1][8]) const {
    Vec<T, 8> out;
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      terms[0][k] = toFloat(e.forward[k]) > 0 ? toFloat(e.product[k]) + toFloat(e.addend[k]) : 0.0f;
      out[k] = fromFloat<T>(terms[0][k]);
    }
    store(y + i, out);
  }
};

/// Behind a batch normalisation with a ReLU: the gradient that passes, and its sums.
template <typename T>
struct NormEnd {
  const T *x;
  const float *mean, *invStd, *gamma, *beta;
  T *y;
  struct Channels {
    Vec<float, 4> mean, invStd, gamma, beta;
  };
  struct Elements {
    Vec<T, 4> product, x;
  };
  __device__ Channels channels(int c) const {
    return {load<4>(mean + c), load<4>(invStd + c), load<4>(gamma + c), load<4>(beta + c)};
  }
  __device__ Elements elements(ElementIndex i, const Vec<T, 4> &product) const {
    return {product, load<4>(x + i)};
  }
  __device__ void operator()(ElementIndex i, const Channels &p, const Elements &e,
                             float (&terms)[2][4]) const {
    Vec<T, 4> out;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const float normal = (toFloat(e.x[k]) - p.mean[k]) * p.invStd[k];
      const float dz = normal * p.gamma[k] + p.beta[k] > 0 ? toFloat(e.product[k]) : 0.0f;
      terms[0][k] = dz;
      terms[1][k] = dz * normal;
      out[k] = fromFloat<T>(dz);
    }
    store(y + i, out);
  }
};

/// The gradient of the input, `channels` of it, from `depth` channels behind filters of that
/// size.
template <typename T, int Warpgroups, int Kernel>
void benchConvPointwise(Bench &b, int64_t side, int64_t depth, int64_t channels) {
  Conv2dShape shape{batch, side, side, channels, side, side, depth, Kernel, Kernel};
  shape.padHeight = shape.padWidth = Kernel / 2;
  const PixelProduct p(shape, true);
  const int64_t size = sizeof(T), n = p.rows * channels, read = p.rows * depth;
  const std::string at = " " + std::to_string(Kernel) + "x" + std::to_string(Kernel) + " " +
                         std::to_string(side) + "x" + std::to_string(side) + " " +
                         std::to_string(depth) + " to " + std::to_string(channels);
  const auto run = [=](Memory &memory, auto v, auto warpgroups, auto sums, auto f, float *out) {
    const T *dy = randomTensor<T>(memory, read);
    const T *w = randomTensor<T>(memory, shape.filterSize());
    void *workspace = memory.allocate<char>(convPointwiseWorkspaceBytes(p, warpgroups, sums));
    return [=](cudaStream_t s) {
      float *each[sums];
      for (int i = 0; i < sums; ++i)
        each[i] = out + i * channels;
      convPointwise<v, warpgroups, ConvKind::gradient>(s, shape, dy, w, f, each, workspace);
    };
  };
  const std::integral_constant<int, Warpgroups> warpgroups;
  const std::integral_constant<int, 8> eight;
  const std::integral_constant<int, 4> four;
  const std::integral_constant<int, 2> two;
  const std::integral_constant<int, 1> one;
  b.run("dgrad+block_end" + at, size * (read + 3 * n), [=](Memory &memory) {
    const T *addend = randomTensor<T>(memory, n), *forward = randomTensor<T>(memory, n);
    return run(memory, eight, warpgroups, one, BlockEnd<T>{addend, forward, memory.allocate<T>(n)},
               memory.allocate<float>(channels));
  });
  b.run("dgrad+norm_end" + at, size * (read + 2 * n), [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, n);
    const float *p = randomTensor<float>(memory, 4 * channels);
    return run(
        memory, four, one, two,
        NormEnd<T>{x, p, p + channels, p + 2 * channels, p + 3 * channels, memory.allocate<T>(n)},
        memory.allocate<float>(2 * channels));
  });
}

/// Those of ResNet-50.
template <typename T>
void benchConvPointwises(Bench &b) {
  benchConvPointwise<T, 2, 1>(b, 56, 64, 256);
  benchConvPointwise<T, 2, 1>(b, 28, 128, 512);
  benchConvPointwise<T, 2, 1>(b, 14, 256, 1024);
  benchConvPointwise<T, 2, 1>(b, 7, 512, 2048);
  benchConvPointwise<T, 1, 1>(b, 56, 256, 64);
  benchConvPointwise<T, 2, 1>(b, 28, 512, 128);
  benchConvPointwise<T, 2, 1>(b, 14, 1024, 256);
  benchConvPointwise<T, 2, 1>(b, 7, 2048, 512);
  benchConvPointwise<T, 1, 3>(b, 56, 64, 64);
  benchConvPointwise<T, 2, 3>(b, 28, 128, 128);
  benchConvPointwise<T, 2, 3>(b, 14, 256, 256);
  benchConvPointwise<T, 2, 3>(b, 7, 512, 512);
}

} // namespace

template <typename T>
void fanfold::bench::benchConvolutions(Bench &b) {
  benchLineConvs<T>(b);
  benchRowConvs<T>(b);
  benchConvPointwises<T>(b);
}

template void fanfold::bench::benchConvolutions<__half>(Bench &);
template void fanfold::bench::benchConvolutions<__nv_bfloat16>(Bench &);

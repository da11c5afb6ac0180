//===- cuda_kernels_bench.cu - times the kernels of our own on a GPU ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   cuda_kernels_bench [--type=fp16|bf16|fp32] [NAME]
//
// Times every kernel whose name contains NAME at the sizes of ResNet-50, GoogLeNet and
// AlexNet with batch 256; CudaBench.h says how.
//
//===----------------------------------------------------------------------===//

#include "CudaConvBench.h"
#include "CudaTensors.cuh"

#include "codegen/kernels/cuda/Accuracy.h"
#include "codegen/kernels/cuda/AllFinite.h"
#include "codegen/kernels/cuda/BatchNorm.h"
#include "codegen/kernels/cuda/Copy.h"
#include "codegen/kernels/cuda/Fold.h"
#include "codegen/kernels/cuda/Lrn.h"
#include "codegen/kernels/cuda/PointwiseMany.cuh"
#include "codegen/kernels/cuda/PointwiseReduce.cuh"
#include "codegen/kernels/cuda/Pool.h"
#include "codegen/kernels/cuda/SoftmaxCrossEntropy.h"

#include <cstring>

using namespace fanfold;
using namespace fanfold::cuda;
using bench::batch;
using bench::Bench;
using bench::Launch;
using bench::Memory;
using bench::randomTensor;

namespace {

//===----------------------------------------------------------------------===//
// Batch normalisation
//===----------------------------------------------------------------------===//

template <typename T, int V, bool Add>
struct BatchNormApply {
  const T *x, *other;
  const float *mean, *invStd, *gamma, *beta;
  T *y;
  struct Channels {
    Vec<float, V> m, s, g, b;
  };
  struct One {
    Vec<T, V> in;
  };
  struct Two {
    Vec<T, V> in, added;
  };
  using Elements = std::conditional_t<Add, Two, One>;
  __device__ Channels channels(int c) const {
    return {load<V>(mean + c), load<V>(invStd + c), load<V>(gamma + c), load<V>(beta + c)};
  }
  __device__ Elements elements(int64_t i) const {
    if constexpr (Add)
      return {load<V>(x + i), load<V>(other + i)};
    else
      return {load<V>(x + i)};
  }
  __device__ void operator()(int64_t i, const Channels &p, const Elements &e) const {
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      float value = (toFloat(e.in[k]) - p.m[k]) * (p.s[k] * p.g[k]) + p.b[k];
      if constexpr (Add)
        value += toFloat(e.added[k]);
      out[k] = fromFloat<T>(value < 0.0f ? 0.0f : value);
    }
    store(y + i, out);
  }
};

/// The gradients of gamma and beta behind a ReLU whose output is y.
template <typename T, int V>
struct BatchNormSums {
  const T *dy, *y, *x;
  const float *mean, *invStd;
  struct Channels {
    Vec<float, V> m, s;
  };
  struct Elements {
    Vec<T, V> dy, y, x;
  };
  __device__ Channels channels(int c) const { return {load<V>(mean + c), load<V>(invStd + c)}; }
  __device__ Elements elements(int64_t i) const {
    return {load<V>(dy + i), load<V>(y + i), load<V>(x + i)};
  }
  __device__ void operator()(int64_t, const Channels &p, const Elements &e,
                             float (&terms)[2][V]) const {
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float g = toFloat(e.y[k]) > 0.0f ? toFloat(e.dy[k]) : 0.0f;
      terms[0][k] = g;
      terms[1][k] = g * (toFloat(e.x[k]) - p.m[k]) * p.s[k];
    }
  }
};

template <typename T, int V>
struct BatchNormGradient {
  const T *dy, *y, *x;
  const float *mean, *invStd, *gamma, *dgamma, *dbeta;
  float scale;
  T *dx;
  struct Channels {
    Vec<float, V> m, s, g, dg, db;
  };
  struct Elements {
    Vec<T, V> dy, y, x;
  };
  __device__ Channels channels(int c) const {
    return {load<V>(mean + c), load<V>(invStd + c), load<V>(gamma + c), load<V>(dgamma + c),
            load<V>(dbeta + c)};
  }
  __device__ Elements elements(int64_t i) const {
    return {load<V>(dy + i), load<V>(y + i), load<V>(x + i)};
  }
  __device__ void operator()(int64_t i, const Channels &p, const Elements &e) const {
    Vec<T, V> result;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float d = toFloat(e.y[k]) > 0.0f ? toFloat(e.dy[k]) : 0.0f;
      const float xhat = (toFloat(e.x[k]) - p.m[k]) * p.s[k];
      result[k] = fromFloat<T>(p.g[k] * p.s[k] * (d - scale * (p.db[k] + xhat * p.dg[k])));
    }
    store(dx + i, result);
  }
};

template <typename T>
void benchBatchNorm(Bench &b, int64_t side, int64_t channels) {
  constexpr int v = 16 / sizeof(T);
  const int64_t rows = batch * side * side, n = rows * channels;
  const int64_t bytes = n * static_cast<int64_t>(sizeof(T));
  const std::string at =
      " " + std::to_string(side) + "x" + std::to_string(side) + "x" + std::to_string(channels);
  b.run("batch_norm_statistics" + at, bytes, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, n);
    float *p = randomTensor<float>(memory, 6 * channels);
    void *workspace = memory.allocate<char>(batchNormWorkspaceBytes(rows, channels));
    return [=](cudaStream_t s) {
      batchNormStatistics<T>(s, rows, channels, x, channels, 1e-5f, 0.1f, p, p + channels,
                             p + 2 * channels, p + 3 * channels, p + 4 * channels, p + 5 * channels,
                             workspace);
    };
  });
  b.run("batch_norm_finalize" + at, 8 * 4 * channels, [=](Memory &memory) {
    float *p = randomTensor<float>(memory, 8 * channels, 0, 1);
    return [=](cudaStream_t s) {
      batchNormFinalize(s, rows, channels, p, p + channels, 1e-5f, 0.1f, p + 2 * channels,
                        p + 3 * channels, p + 4 * channels, p + 5 * channels, p + 6 * channels,
                        p + 7 * channels);
    };
  });
  b.run("batch_norm_apply+relu" + at, 2 * bytes, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, n);
    T *y = memory.allocate<T>(n);
    const float *p = randomTensor<float>(memory, 4 * channels);
    return [=](cudaStream_t s) {
      pointwise<v>(s, rows, channels,
                   BatchNormApply<T, v, false>{x, nullptr, p, p + channels, p + 2 * channels,
                                               p + 3 * channels, y});
    };
  });
  b.run("batch_norm_apply+add+relu" + at, 3 * bytes, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, n), *other = randomTensor<T>(memory, n);
    T *y = memory.allocate<T>(n);
    const float *p = randomTensor<float>(memory, 4 * channels);
    return [=](cudaStream_t s) {
      pointwise<v>(s, rows, channels,
                   BatchNormApply<T, v, true>{x, other, p, p + channels, p + 2 * channels,
                                              p + 3 * channels, y});
    };
  });
  b.run("relu_grad+batch_norm_sums" + at, 3 * bytes, [=](Memory &memory) {
    const T *dy = randomTensor<T>(memory, n), *y = randomTensor<T>(memory, n),
            *x = randomTensor<T>(memory, n);
    float *p = randomTensor<float>(memory, 4 * channels);
    void *workspace = memory.allocate<char>(pointwiseReduceWorkspaceBytes(rows, channels, 2));
    return [=](cudaStream_t s) {
      pointwiseReduce<v, 2>(s, rows, channels, BatchNormSums<T, v>{dy, y, x, p, p + channels},
                            {p + 2 * channels, p + 3 * channels}, workspace);
    };
  });
  b.run("relu_grad+batch_norm_grad" + at, 4 * bytes, [=](Memory &memory) {
    const T *dy = randomTensor<T>(memory, n), *y = randomTensor<T>(memory, n),
            *x = randomTensor<T>(memory, n);
    T *dx = memory.allocate<T>(n);
    const float *p = randomTensor<float>(memory, 5 * channels);
    return [=](cudaStream_t s) {
      pointwise<v>(s, rows, channels,
                   BatchNormGradient<T, v>{dy, y, x, p, p + channels, p + 2 * channels,
                                           p + 3 * channels, p + 4 * channels,
                                           1.0f / static_cast<float>(rows), dx});
    };
  });
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

template <typename T>
void benchMaxPool(Bench &b, int64_t side, int64_t out, int64_t channels, int64_t kernel,
                  int64_t stride, int64_t pad) {
  const Pool2dShape shape = {batch,  side,   side,   channels, out, out,
                             kernel, kernel, stride, stride,   pad, pad};
  const int64_t size = sizeof(T), nx = shape.inputSize(), ny = shape.outputSize();
  const std::string at = " " + std::to_string(kernel) + "x" + std::to_string(kernel) + "/" +
                         std::to_string(stride) + " " + std::to_string(side) + "x" +
                         std::to_string(side) + "x" + std::to_string(channels);
  b.run("max_pool2d" + at, size * (nx + ny), [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, nx);
    T *y = memory.allocate<T>(ny);
    return [=](cudaStream_t s) { maxPool2d<T>(s, shape, x, y); };
  });
  b.run("max_pool2d with places" + at, size * (nx + ny) + ny, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, nx);
    T *y = memory.allocate<T>(ny);
    uint8_t *places = memory.allocate<uint8_t>(ny);
    return [=](cudaStream_t s) { maxPool2d<T>(s, shape, x, y, places); };
  });
  b.run("max_pool2d with places, normalised" + at, size * (nx + ny) + ny, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, nx);
    const float *p = randomTensor<float>(memory, 3 * channels);
    T *y = memory.allocate<T>(ny);
    auto *places = memory.allocate<uint8_t>(ny);
    return [=](cudaStream_t s) {
      normalizedMaxPool2d<T>(s, shape, x, p, p + channels, p + 2 * channels, y, places);
    };
  });
  b.run("max_pool2d_grad" + at, size * 2 * (nx + ny), [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, nx), *dy = randomTensor<T>(memory, ny);
    T *y = memory.allocate<T>(ny), *dx = memory.allocate<T>(nx);
    maxPool2d<T>(cudaStreamLegacy, shape, x, y);
    bench::check(cudaDeviceSynchronize(), "pooling");
    return [=](cudaStream_t s) { maxPool2dGradient<T>(s, shape, x, y, dy, dx); };
  });
  b.run("max_pool2d_grad from places" + at, size * (nx + ny) + ny, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, nx), *dy = randomTensor<T>(memory, ny);
    T *y = memory.allocate<T>(ny), *dx = memory.allocate<T>(nx);
    uint8_t *places = memory.allocate<uint8_t>(ny);
    maxPool2d<T>(cudaStreamLegacy, shape, x, y, places);
    bench::check(cudaDeviceSynchronize(), "pooling");
    return [=](cudaStream_t s) { maxPool2dGradient<T>(s, shape, places, dy, dx); };
  });
}

template <typename T>
void benchAvgPool(Bench &b, int64_t side, int64_t out, int64_t channels, int64_t kernel,
                  int64_t stride, int64_t pad) {
  const Pool2dShape shape = {batch,  side,   side,   channels, out, out,
                             kernel, kernel, stride, stride,   pad, pad};
  const int64_t size = sizeof(T), nx = shape.inputSize(), ny = shape.outputSize();
  const std::string at = " " + std::to_string(kernel) + "x" + std::to_string(kernel) + "/" +
                         std::to_string(stride) + " " + std::to_string(side) + "x" +
                         std::to_string(side) + "x" + std::to_string(channels);
  b.run("avg_pool2d" + at, size * (nx + ny), [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, nx);
    T *y = memory.allocate<T>(ny);
    return [=](cudaStream_t s) { avgPool2d<T>(s, shape, false, x, y); };
  });
  b.run("avg_pool2d_grad" + at, size * (nx + ny), [=](Memory &memory) {
    const T *dy = randomTensor<T>(memory, ny);
    T *dx = memory.allocate<T>(nx);
    return [=](cudaStream_t s) { avgPool2dGradient<T>(s, shape, false, dy, dx); };
  });
}

template <typename T>
void benchLrn(Bench &b, int64_t side, int64_t channels) {
  const int64_t rows = batch * side * side, n = rows * channels;
  const int64_t bytes = n * static_cast<int64_t>(sizeof(T));
  const std::string at =
      " " + std::to_string(side) + "x" + std::to_string(side) + "x" + std::to_string(channels);
  b.run("lrn" + at, 2 * bytes, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, n);
    T *y = memory.allocate<T>(n);
    return [=](cudaStream_t s) { lrn<T>(s, rows, channels, 5, 5e-4f, 0.75f, 2, x, y); };
  });
  b.run("lrn_grad" + at, 3 * bytes, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, n), *dy = randomTensor<T>(memory, n);
    T *dx = memory.allocate<T>(n);
    return
        [=](cudaStream_t s) { lrnGradient<T>(s, rows, channels, 5, 5e-4f, 0.75f, 2, x, dy, dx); };
  });
}

//===----------------------------------------------------------------------===//
// Input and loss
//===----------------------------------------------------------------------===//

template <typename T>
void benchEnds(Bench &b) {
  const FoldImageShape stems[] = {{batch, 224, 224, 3, 115, 115, 16, 2, 3, 3},
                                  {batch, 227, 227, 3, 57, 57, 48, 4, 0, 0}};
  for (const FoldImageShape &stem : stems) {
    const int64_t bytes = batch * stem.height * stem.width * stem.channels;
    const int64_t folded = batch * stem.foldedHeight * stem.foldedWidth * stem.foldedChannels;
    b.run("fold_image " + std::to_string(stem.height) + "x" + std::to_string(stem.width) +
              "x3 by " + std::to_string(stem.stride),
          bytes + folded * static_cast<int64_t>(sizeof(T)), [=](Memory &memory) {
            const uint8_t *x = randomTensor<uint8_t>(memory, bytes, 0, 255);
            const float *p = randomTensor<float>(memory, 6);
            T *y = memory.allocate<T>(folded);
            return [=](cudaStream_t s) { foldImage<T>(s, stem, x, p, p + 3, y); };
          });
  }
  const int64_t classes = 1000, n = batch * classes, size = sizeof(T);
  b.run("softmax_cross_entropy 256x1000", n * (size + 4), [=](Memory &memory) {
    const T *logits = randomTensor<T>(memory, n);
    const int32_t *labels = randomTensor<int32_t>(memory, batch, 0, 999);
    float *loss = memory.allocate<float>(1), *p = memory.allocate<float>(n);
    void *workspace = memory.allocate<char>(softmaxCrossEntropyWorkspaceBytes(batch));
    return [=](cudaStream_t s) {
      softmaxCrossEntropy<T, float>(s, batch, classes, 0.1f, logits, labels, loss, p, workspace);
    };
  });
  b.run("softmax_cross_entropy_grad 256x1000", n * (size + 4), [=](Memory &memory) {
    const float *p = randomTensor<float>(memory, n, 0, 1), *dloss = randomTensor<float>(memory, 1);
    const int32_t *labels = randomTensor<int32_t>(memory, batch, 0, 999);
    T *dlogits = memory.allocate<T>(n);
    return [=](cudaStream_t s) {
      softmaxCrossEntropyGradient<T, float>(s, batch, classes, 0.1f, p, labels, dloss, dlogits);
    };
  });
  b.run("accuracy 256x1000", n * size, [=](Memory &memory) {
    const T *logits = randomTensor<T>(memory, n);
    const int32_t *labels = randomTensor<int32_t>(memory, batch, 0, 999);
    float *fraction = memory.allocate<float>(1);
    void *workspace = memory.allocate<char>(accuracyWorkspaceBytes(batch));
    return [=](cudaStream_t s) {
      accuracy<T>(s, batch, classes, 1, logits, labels, fraction, workspace);
    };
  });
  b.run("channel sums 256x1000 (bias)", n * size, [=](Memory &memory) {
    const T *dy = randomTensor<T>(memory, n), *x = dy;
    float *p = randomTensor<float>(memory, 4 * classes);
    void *workspace = memory.allocate<char>(pointwiseReduceWorkspaceBytes(batch, classes, 2));
    constexpr int v = 16 / sizeof(T);
    return [=](cudaStream_t s) {
      pointwiseReduce<v, 2>(s, batch, classes, BatchNormSums<T, v>{dy, x, x, p, p + classes},
                            {p + 2 * classes, p + 3 * classes}, workspace);
    };
  });
  const int64_t rows = batch * 28 * 28, whole = 256, part = 64;
  b.run("concat 28x28 64 of 256", 2 * rows * part * size, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, rows * part);
    T *y = memory.allocate<T>(rows * whole);
    return [=](cudaStream_t s) { copyChannels<T>(s, rows, part, x, part, y + 128, whole); };
  });
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// SGD with momentum on fp32 weights, whose copies in T the next step reads.
template <typename T>
struct Momentum {
  float *w, *m;
  const T *g;
  const float *rate;
  T *copy;
  template <int V>
  __device__ void operator()(int64_t i) const {
    Vec<float, V> weight = load<V>(w + i), velocity = load<V>(m + i);
    const Vec<T, V> gradient = load<V>(g + i);
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      velocity[k] = 0.9f * velocity[k] + toFloat(gradient[k]) + 1e-4f * weight[k];
      weight[k] -= *rate * velocity[k];
      out[k] = fromFloat<T>(weight[k]);
    }
    store(w + i, weight);
    store(m + i, velocity);
    store(copy + i, out);
  }
};

/// The sizes of ResNet-50's 161 parameters.
std::vector<int64_t> parameterSizes() {
  std::vector<int64_t> sizes = {64 * 49 * 3, 64, 64};
  int64_t in = 64;
  const auto add = [&](int64_t filters, int64_t taps, int64_t from) {
    sizes.insert(sizes.end(), {filters * taps * from, filters, filters});
  };
  const int64_t blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage)
    for (int64_t block = 0; block < blocks[stage]; ++block) {
      const int64_t width = int64_t{64} << stage;
      add(width, 1, in);
      add(width, 9, width);
      add(4 * width, 1, width);
      if (block == 0)
        add(4 * width, 1, in);
      in = 4 * width;
    }
  sizes.insert(sizes.end(), {2048 * 1000, 1000});
  return sizes;
}
constexpr int parameters = 161;

template <typename T>
void benchParameters(Bench &b) {
  const std::vector<int64_t> sizes = parameterSizes();
  int64_t n = 0;
  std::vector<int64_t> offsets;
  for (int64_t size : sizes) {
    offsets.push_back(n);
    n += (size + 127) / 128 * 128;
  }
  const int64_t size = sizeof(T);
  b.run("momentum of 161 parameters", n * (4 * 4 + 2 * size), [=](Memory &memory) {
    float *w = randomTensor<float>(memory, n), *m = randomTensor<float>(memory, n);
    const T *g = randomTensor<T>(memory, n);
    const float *rate = randomTensor<float>(memory, 1, 0, 1e-3f);
    T *copy = memory.allocate<T>(n);
    return [=](cudaStream_t s) {
      Segment<Momentum<T>> segments[parameters];
      for (int k = 0; k < parameters; ++k) {
        const int64_t at = offsets[k];
        segments[k] = {{w + at, m + at, g + at, rate, copy + at}, sizes[k]};
      }
      pointwiseMany<4>(s, segments);
    };
  });
  b.run("all_finite of 161 gradients", n * size, [=](Memory &memory) {
    const T *g = randomTensor<T>(memory, n);
    int32_t *result = memory.allocate<int32_t>(1);
    return [=](cudaStream_t s) {
      std::vector<const T *> addresses;
      for (int64_t offset : offsets)
        addresses.push_back(g + offset);
      allFinite<T>(s, parameters, addresses.data(), sizes.data(), result);
    };
  });
  b.run("sum_of_squares 25.6M", n * size, [=](Memory &memory) {
    const T *x = randomTensor<T>(memory, n);
    float *sum = memory.allocate<float>(1);
    void *workspace = memory.allocate<char>(sumOfSquaresWorkspaceBytes(n));
    return [=](cudaStream_t s) { sumOfSquares<T>(s, n, x, sum, workspace); };
  });
}

template <typename T>
void benchAll(Bench &b) {
  const std::pair<int64_t, int64_t> tensors[] = {{112, 64},  {56, 64},  {56, 256},
                                                 {28, 128},  {28, 512}, {14, 256},
                                                 {14, 1024}, {7, 512},  {7, 2048}};
  for (const auto &[side, channels] : tensors)
    benchBatchNorm<T>(b, side, channels);
  if constexpr (sizeof(T) == 2)
    bench::benchConvolutions<T>(b);
  benchMaxPool<T>(b, 112, 56, 64, 3, 2, 1);
  benchMaxPool<T>(b, 28, 28, 192, 3, 1, 1);
  benchMaxPool<T>(b, 14, 7, 832, 2, 2, 0);
  benchMaxPool<T>(b, 55, 27, 96, 3, 2, 0);
  benchAvgPool<T>(b, 7, 1, 2048, 7, 1, 0);
  benchAvgPool<T>(b, 35, 35, 192, 3, 1, 1);
  benchAvgPool<T>(b, 56, 28, 128, 2, 2, 0);
  benchLrn<T>(b, 55, 96);
  benchLrn<T>(b, 27, 256);
  benchEnds<T>(b);
  benchParameters<T>(b);
}

} // namespace

int main(int argc, char **argv) {
  std::string type = "fp16", filter;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--type=", 7) == 0) {
      type = argv[i] + 7;
    } else if (argv[i][0] == '-') {
      type.clear();
    } else {
      filter = argv[i];
    }
  }
  if (type != "fp16" && type != "bf16" && type != "fp32") {
    std::fprintf(stderr, "usage: cuda_kernels_bench [--type=fp16|bf16|fp32] [NAME]\n");
    return 2;
  }
  try {
    Bench b(filter);
    if (type == "fp16")
      benchAll<__half>(b);
    else if (type == "bf16")
      benchAll<__nv_bfloat16>(b);
    else
      benchAll<float>(b);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "cuda_kernels_bench: %s\n", error.what());
    return 1;
  }
}

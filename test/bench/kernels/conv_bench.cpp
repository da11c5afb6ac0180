//===- conv_bench.cpp - times the convolutions of ResNet-50 ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// conv_bench [BATCH] prints, for every distinct convolution of ResNet-50 and each
// of its three kernels, the best time of several runs in milliseconds, GFLOP/s and
// the implementation, and at the end the sums weighted by how often a training
// step runs each. The data gradient of the first layer is not part of a step.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cpu/Conv2d.h"
#include "codegen/kernels/cpu/Shapes.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

using namespace fanfold::cpu;

namespace {

/// One layer; images and kernels are square.
struct Layer {
  int64_t inChannels, inSize, outChannels, kernel, stride, pad;
  int count; ///< Occurrences in the network.
};

/// A tensor aligned as in the arena.
template <typename T>
class Buffer {
public:
  explicit Buffer(size_t count)
      : data(static_cast<T *>(std::aligned_alloc(64, (count * sizeof(T) + 127) / 64 * 64))) {}
  ~Buffer() { std::free(data); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  T *get() const { return data; }

private:
  T *data;
};

} // namespace

static const Layer layers[] = {
    {3, 224, 64, 7, 2, 3, 1},    {64, 56, 64, 1, 1, 0, 1},    {64, 56, 64, 3, 1, 1, 3},
    {64, 56, 256, 1, 1, 0, 4},   {256, 56, 64, 1, 1, 0, 2},   {256, 56, 128, 1, 1, 0, 1},
    {128, 56, 128, 3, 2, 1, 1},  {128, 28, 512, 1, 1, 0, 4},  {256, 56, 512, 1, 2, 0, 1},
    {512, 28, 128, 1, 1, 0, 3},  {128, 28, 128, 3, 1, 1, 3},  {512, 28, 256, 1, 1, 0, 1},
    {256, 28, 256, 3, 2, 1, 1},  {256, 14, 1024, 1, 1, 0, 6}, {512, 28, 1024, 1, 2, 0, 1},
    {1024, 14, 256, 1, 1, 0, 5}, {256, 14, 256, 3, 1, 1, 5},  {1024, 14, 512, 1, 1, 0, 1},
    {512, 14, 512, 3, 2, 1, 1},  {512, 7, 2048, 1, 1, 0, 3},  {1024, 14, 2048, 1, 2, 0, 1},
    {2048, 7, 512, 1, 1, 0, 2},  {512, 7, 512, 3, 1, 1, 2},
};

/// Best of five, in milliseconds; the first run is not counted.
static double bestTime(const std::function<void()> &run) {
  using Clock = std::chrono::steady_clock;
  run();
  double best = 1e30;
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return best;
}

static void fillRandomly(float *data, int64_t count) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  std::generate_n(data, count, [&] { return uniform(generator); });
}

int main(int argc, char **argv) {
  const int64_t batch = argc > 1 ? std::atoll(argv[1]) : 16;
  if (batch < 1) {
    std::fprintf(stderr, "batch is %s, expected a positive number\n", argv[1]);
    return 2;
  }
  const char *kernels[] = {"forward", "data gradient", "weight gradient"};
  double totals[3] = {}, flops[3] = {};
  for (const Layer &layer : layers) {
    const int64_t outSize = (layer.inSize + 2 * layer.pad - layer.kernel) / layer.stride + 1;
    const Conv2dShape shape{batch,        layer.inSize, layer.inSize,      layer.inChannels,
                            outSize,      outSize,      layer.outChannels, layer.kernel,
                            layer.kernel, layer.stride, layer.stride,      layer.pad,
                            layer.pad};
    const double work = 2e-6 * shape.outputSize() * layer.inChannels * layer.kernel * layer.kernel;
    Conv2d forward(shape);
    Conv2dDataGradient dataGradient(shape);
    Conv2dWeightGradient weightGradient(shape);
    Buffer<float> x(shape.inputSize()), w(shape.filterSize()), y(shape.outputSize());
    Buffer<std::byte> workspace(std::max({forward.workspaceBytes(), dataGradient.workspaceBytes(),
                                          weightGradient.workspaceBytes()}));
    fillRandomly(x.get(), shape.inputSize());
    fillRandomly(w.get(), shape.filterSize());
    fillRandomly(y.get(), shape.outputSize());
    const double times[] = {
        bestTime([&] { forward.run(x.get(), w.get(), nullptr, y.get(), workspace.get()); }),
        bestTime([&] { dataGradient.run(y.get(), w.get(), x.get(), workspace.get()); }),
        bestTime([&] { weightGradient.run(x.get(), y.get(), w.get(), workspace.get()); })};
    const char *implementations[] = {forward.implementation(), dataGradient.implementation(),
                                     weightGradient.implementation()};
    std::printf("%d of %lldx%lld, %lld -> %lld channels, stride %lld\n", layer.count,
                (long long)layer.kernel, (long long)layer.kernel, (long long)layer.inChannels,
                (long long)layer.outChannels, (long long)layer.stride);
    for (int k = 0; k < 3; ++k) {
      std::printf("  %-16s %9.3f ms %7.1f GFLOP/s  %s\n", kernels[k], times[k], work / times[k],
                  implementations[k]);
      if (k == 1 && layer.inChannels == 3)
        continue;
      totals[k] += layer.count * times[k];
      flops[k] += layer.count * work;
    }
  }
  std::printf("in one step of batch %lld\n", (long long)batch);
  for (int k = 0; k < 3; ++k)
    std::printf("  %-16s %9.1f ms %7.1f GFLOP/s\n", kernels[k], totals[k], flops[k] / totals[k]);
  std::printf("  %-16s %9.1f ms\n", "together", totals[0] + totals[1] + totals[2]);
}

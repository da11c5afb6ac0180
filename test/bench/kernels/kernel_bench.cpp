//===- kernel_bench.cpp - times the kernels that memory bounds ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// kernel_bench prints, for the kernels in headers at sizes of ResNet-50 (batch 16)
// and LeNet (batch 64), the best time of several runs and the rate at which it
// moves the bytes that it must read and write. Compare with the first line, a copy.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/Random.h"
#include "codegen/kernels/cpu/BatchNorm.h"
#include "codegen/kernels/cpu/Lrn.h"
#include "codegen/kernels/cpu/Pointwise.h"
#include "codegen/kernels/cpu/Pool.h"
#include "codegen/kernels/cpu/Reduce.h"

#include <chrono>
#include <cstdio>
#include <vector>

using namespace fanfold::cpu;

/// Prints the best of ten runs of a kernel that moves `floats` elements.
template <class Run>
static void report(const char *name, int64_t rows, int64_t channels, int64_t floats, Run run) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int i = 0; i < 10; ++i) {
    const auto start = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::printf("%-28s %8lld x %-5lld %9.3f ms %7.1f GB/s\n", name, (long long)rows,
              (long long)channels, best, 4e-6 * static_cast<double>(floats) / best);
}

static void benchPointwise(int64_t rows, int64_t channels) {
  const int64_t n = rows * channels;
  std::vector<float> data(n, 0.5f), more(n, 0.25f), out(n), perChannel(4 * channels, 0.5f);
  std::vector<std::byte> workspace(
      std::max({batchNormWorkspaceBytes(rows, channels),
                pointwiseReduceWorkspaceBytes(rows, channels, 2), sumOfSquaresWorkspaceBytes(n)}));
  const float *x = data.data(), *dy = more.data();
  float *y = out.data(), *a = perChannel.data(), *b = a + channels, *c = b + channels;
  float *d = c + channels;
  report("copy", rows, channels, 2 * n, [=] { pointwise(n, [=](int64_t i) { y[i] = x[i]; }); });
  report("normalise and relu", rows, channels, 2 * n, [=] {
    pointwise(rows, channels, [=](int64_t i, int64_t ch) {
      const float v = (x[i] - a[ch]) * b[ch];
      y[i] = v < 0.0f ? 0.0f : v;
    });
  });
  report("dropout", rows, channels, 2 * n, [=] {
    pointwise(n, [=](int64_t i) {
      y[i] = fanfold::kernels::uniform(1, 2, i) < 0.5f ? 0.0f : x[i] * 2.0f;
    });
  });
  report("two channel sums", rows, channels, 2 * n, [&] {
    float *const sums[] = {c, d};
    pointwiseReduce<2>(
        rows, channels,
        [=](int64_t i, int64_t ch, float(&terms)[2]) {
          terms[0] = dy[i];
          terms[1] = dy[i] * ((x[i] - a[ch]) * b[ch]);
        },
        sums, workspace.data());
  });
  report("batch norm statistics", rows, channels, n, [&] {
    batchNormStatistics(rows, channels, x, channels, 1e-5f, 0.1f, a, b, a, b, c, d,
                        workspace.data());
  });
  report("sum of squares", rows, channels, n, [&] { sumOfSquares(n, x, c, workspace.data()); });
}

static void benchPools(const Pool2dShape &s) {
  std::vector<float> in(s.inputSize(), 0.5f), gradient(s.inputSize());
  std::vector<float> out(s.outputSize()), dout(s.outputSize(), 1.0f);
  const int64_t rows = s.batch * s.inHeight * s.inWidth, both = s.inputSize() + s.outputSize();
  report("max pool", rows, s.channels, both, [&] { maxPool2d(s, in.data(), out.data()); });
  report("max pool gradient", rows, s.channels, 2 * both,
         [&] { maxPool2dGradient(s, in.data(), out.data(), dout.data(), gradient.data()); });
  report("average pool", rows, s.channels, both,
         [&] { avgPool2d(s, false, in.data(), out.data()); });
  report("average pool gradient", rows, s.channels, both,
         [&] { avgPool2dGradient(s, false, dout.data(), gradient.data()); });
}

int main() {
  benchPointwise(16 * 112 * 112, 64);
  benchPointwise(16 * 14 * 14, 1024);
  benchPointwise(16 * 7 * 7, 2048);
  benchPointwise(64 * 24 * 24, 20);
  benchPointwise(64, 500);
  benchPointwise(16 * 224 * 224, 3);
  benchPointwise(64 * 28 * 28, 1);
  benchPools({16, 112, 112, 64, 56, 56, 3, 3, 2, 2, 1, 1});
  benchPools({16, 7, 7, 2048, 1, 1, 7, 7, 1, 1, 0, 0});
  benchPools({64, 24, 24, 20, 12, 12, 2, 2, 2, 2, 0, 0});
  const int64_t rows = 16 * 55 * 55, channels = 96;
  std::vector<float> in(rows * channels, 0.5f), dy(in), out(in);
  report("lrn", rows, channels, 2 * rows * channels,
         [&] { lrn(rows, channels, 5, 1e-4f, 0.75f, 1.0f, in.data(), out.data()); });
  report("lrn gradient", rows, channels, 3 * rows * channels, [&] {
    lrnGradient(rows, channels, 5, 1e-4f, 0.75f, 1.0f, in.data(), dy.data(), out.data());
  });
}

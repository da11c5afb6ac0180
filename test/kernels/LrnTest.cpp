//===- LrnTest.cpp - local response normalisation against its definition --===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTest.h"

#include "codegen/kernels/cpu/Lrn.h"
#include "codegen/kernels/reference/Lrn.h"

using namespace fanfold;
using namespace fanfold::test;

namespace {

class LrnTest : public KernelTest {};

struct Case {
  int64_t rows, channels, size;
  float alpha, beta, k;
};
const Case cases[] = {
    {7, 96, 5, 1e-4f, 0.75f, 1}, {3, 5, 5, 0.5f, 0.75f, 2},     {3, 3, 7, 0.5f, 0.75f, 1},
    {4, 1, 1, 1, 0.5f, 1},       {5, 17, 4, 0.9f, 0.75f, 0.5f}, {200, 64, 2, 0.3f, 1.25f, 1},
    {2, 1100, 5, 1, 0.75f, 1},   {2, 1025, 256, 3, 0.75f, 1},   {1, 513, 9, 1, 0.6f, 2}};

} // namespace

TEST_F(LrnTest, AgreesWithDefinition) {
  for (const Case &t : cases) {
    SCOPED_TRACE(::testing::Message() << t.rows << " x " << t.channels << " size " << t.size);
    const size_t n = t.rows * t.channels;
    const Input x = randomInput(n, -3, 3), dy = randomInput(n);
    std::vector<double> y = poisoned(n), dx = poisoned(n);
    reference::lrn(t.rows, t.channels, t.size, double{t.alpha}, double{t.beta}, double{t.k},
                   x.exact.data(), y.data());
    reference::lrnGradient(t.rows, t.channels, t.size, double{t.alpha}, double{t.beta}, double{t.k},
                           x.exact.data(), dy.exact.data(), dx.data());
    Buffer<float> first(n);
    for (int threads = 1; threads <= 2; ++threads) {
      Buffer<float> yOut(n), dxOut(n);
      withThreads(threads, [&] {
        cpu::lrn(t.rows, t.channels, t.size, t.alpha, t.beta, t.k, x.single, yOut);
        cpu::lrnGradient(t.rows, t.channels, t.size, t.alpha, t.beta, t.k, x.single, dy.single,
                         dxOut);
      });
      expectClose(yOut, y, 2e-6, "y");
      expectClose(dxOut, dx, 5e-6, "dx");
      if (threads == 1)
        std::copy(dxOut.begin(), dxOut.end(), first.begin());
      else
        expectSame(dxOut, first, "dx");
    }
  }
}

TEST_F(LrnTest, NanReachesItsWindowAlone) {
  const int64_t channels = 600, at = 509;
  const Input x = randomInput(channels), dy = randomInput(channels);
  x.single[at] = notANumber;
  Buffer<float> y(channels), dx(channels);
  cpu::lrn(1, channels, 4, 1, 0.75f, 1, x.single, y);
  cpu::lrnGradient(1, channels, 4, 1, 0.75f, 1, x.single, dy.single, dx);
  for (int64_t c = 0; c < channels; ++c) {
    // Channel c looks at c - 2 ... c + 1.
    EXPECT_EQ(std::isnan(y[c]), at - 1 <= c && c <= at + 2) << c;
    EXPECT_EQ(std::isnan(dx[c]), at - 3 <= c && c <= at + 3) << c;
  }
}

TEST_F(LrnTest, ReferenceGradientIsTheDerivative) {
  for (int64_t size : {1, 2, 3, 5}) {
    const int64_t rows = 2, channels = 6;
    std::vector<double> x = randomInput(rows * channels).exact, y(x.size()),
                        dx = poisoned(x.size());
    const std::vector<double> dy = randomInput(rows * channels).exact;
    reference::lrnGradient(rows, channels, size, 0.7, 0.75, 1.5, x.data(), dy.data(), dx.data());
    expectGradient(
        x, dx,
        [&] {
          reference::lrn(rows, channels, size, 0.7, 0.75, 1.5, x.data(), y.data());
          return dot(y, dy);
        },
        "dx");
  }
}

//===- PoolTest.cpp - poolings against their definition -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTest.h"
#include "Part.h"
#include "PoolShapes.h"

#include "codegen/kernels/cpu/Pool.h"
#include "codegen/kernels/reference/Pool.h"

using namespace fanfold;
using namespace fanfold::test;
using cpu::Pool2dShape;

namespace {

class PoolTest : public KernelTest {};

} // namespace

TEST_F(PoolTest, MaximaAgreeWithDefinition) {
  for (const Pool2dShape &s : poolShapes()) {
    SCOPED_TRACE(describe(s));
    Input x = randomInput(s.inputSize()), dy = randomInput(s.outputSize());
    // Few distinct values, so that maxima tie and the first must be found.
    for (int64_t i = 0; i < s.inputSize(); ++i)
      x.exact[i] = double{x.single[i] = std::round(x.single[i] * 3)};
    std::vector<double> y = poisoned(s.outputSize()), dx = poisoned(s.inputSize());
    reference::maxPool2d(s, x.exact.data(), y.data());
    reference::maxPool2dGradient(s, x.exact.data(), y.data(), dy.exact.data(), dx.data());
    std::vector<uint8_t> places(y.size());
    reference::maxPool2dPlaces(s, x.exact.data(), y.data(), places.data());
    for (int threads = 1; threads <= 2; ++threads) {
      Buffer<float> yOut(y.size()), yBeside(y.size()), dxOut(dx.size()), dxFromPlaces(dx.size());
      std::vector<uint8_t> placesOut(y.size());
      withThreads(threads, [&] {
        cpu::maxPool2d(s, x.single, yOut);
        cpu::maxPool2d(s, x.single, yBeside, placesOut.data());
        cpu::maxPool2dGradient(s, x.single, yOut, dy.single, dxOut);
        cpu::maxPool2dGradient(s, placesOut.data(), dy.single, dxFromPlaces);
      });
      for (size_t i = 0; i < y.size(); ++i)
        ASSERT_EQ(double{yOut[i]}, y[i]) << i;
      expectSame(yBeside, yOut, "y beside places");
      EXPECT_EQ(placesOut, places);
      expectClose(dxOut, dx, 1e-6, "dx");
      expectSame(dxFromPlaces, dxOut, "dx from places");
    }
  }
}

TEST_F(PoolTest, NormalizedMaximaAgreeWithDefinition) {
  const auto single = [](const std::vector<double> &values) {
    return std::vector<float>(values.begin(), values.end());
  };
  for (const Pool2dShape &s : poolShapes()) {
    SCOPED_TRACE(describe(s));
    const NormalizedPool pool(s, generator);
    const std::vector<double> elements = reference::normalized(
        s, pool.x.data(), pool.centre.data(), pool.scale.data(), pool.shift.data());
    std::vector<double> y = poisoned(s.outputSize());
    std::vector<uint8_t> places(y.size());
    reference::maxPool2d(s, elements.data(), y.data());
    reference::maxPool2dPlaces(s, elements.data(), y.data(), places.data());
    const std::vector<float> x = single(pool.x), centre = single(pool.centre),
                             scale = single(pool.scale), shift = single(pool.shift);
    for (int threads = 1; threads <= 2; ++threads) {
      Buffer<float> out(y.size()), beside(y.size());
      std::vector<uint8_t> placesOut(y.size());
      withThreads(threads, [&] {
        cpu::normalizedMaxPool2d(s, x.data(), centre.data(), scale.data(), shift.data(), out);
        cpu::normalizedMaxPool2d(s, x.data(), centre.data(), scale.data(), shift.data(), beside,
                                 placesOut.data());
      });
      for (size_t i = 0; i < y.size(); ++i)
        ASSERT_TRUE(double{out[i]} == y[i] || (std::isnan(out[i]) && std::isnan(y[i])))
            << i << " is " << out[i] << ", expected " << y[i];
      expectSame(beside, out, "y beside places");
      EXPECT_EQ(placesOut, places);
    }
  }
}

TEST_F(PoolTest, AveragesAgreeWithDefinition) {
  for (const Pool2dShape &s : poolShapes())
    for (bool countPadding : {false, true}) {
      SCOPED_TRACE(describe(s) + (countPadding ? ", padding counted" : ""));
      const Input x = randomInput(s.inputSize()), dy = randomInput(s.outputSize());
      std::vector<double> y = poisoned(s.outputSize()), dx = poisoned(s.inputSize());
      reference::avgPool2d(s, countPadding, x.exact.data(), y.data());
      reference::avgPool2dGradient(s, countPadding, dy.exact.data(), dx.data());
      Buffer<float> first(dx.size());
      for (int threads = 1; threads <= 2; ++threads) {
        Buffer<float> yOut(y.size()), dxOut(dx.size());
        withThreads(threads, [&] {
          cpu::avgPool2d(s, countPadding, x.single, yOut);
          cpu::avgPool2dGradient(s, countPadding, dy.single, dxOut);
        });
        expectClose(yOut, y, 2e-6, "y");
        expectClose(dxOut, dx, 2e-6, "dx");
        if (threads == 1)
          std::copy(dxOut.begin(), dxOut.end(), first.begin());
        else
          expectSame(dxOut, first, "dx");
      }
    }
}

TEST_F(PoolTest, PartsGiveTheBitsOfWholeTensors) {
  const auto elements = [](const Buffer<float> &buffer) {
    return std::vector<float>(buffer.begin(), buffer.end());
  };
  for (const Pool2dShape &s : poolShapes()) {
    SCOPED_TRACE(describe(s));
    const int64_t in = s.inputSize() / s.channels, out = s.outputSize() / s.channels;
    const Part xPart(in, s.channels, 9), yPart(out, s.channels, 10), dxPart(in, s.channels, 11),
        dyPart(out, s.channels, 12);
    Pool2dShape parts = s;
    parts.xPitch = xPart.pitch;
    parts.yPitch = yPart.pitch;
    parts.dxPitch = dxPart.pitch;
    parts.dyPitch = dyPart.pitch;
    const Input x = randomInput(s.inputSize()), dy = randomInput(s.outputSize());
    Buffer<float> y(s.outputSize()), dx(s.inputSize());
    const std::vector<float> xWhole = xPart.place(elements(x.single)),
                             dyWhole = dyPart.place(elements(dy.single)),
                             nothing = yPart.place(elements(y)), none = dxPart.place(elements(dx));
    const float *xAt = xWhole.data() + xPart.offset, *dyAt = dyWhole.data() + dyPart.offset;

    std::vector<float> yWhole = nothing, dxWhole = none;
    cpu::maxPool2d(s, x.single, y);
    cpu::maxPool2d(parts, xAt, yWhole.data() + yPart.offset);
    yPart.expect(yWhole, elements(y), "maxima");
    cpu::maxPool2dGradient(s, x.single, y, dy.single, dx);
    cpu::maxPool2dGradient(parts, xAt, yWhole.data() + yPart.offset, dyAt,
                           dxWhole.data() + dxPart.offset);
    dxPart.expect(dxWhole, elements(dx), "gradient of maxima");

    yWhole = nothing, dxWhole = none;
    const Input numbers = randomInput(s.channels);
    std::vector<uint8_t> places(s.outputSize()), placesOfParts(s.outputSize());
    cpu::normalizedMaxPool2d(s, x.single, numbers.single, numbers.single, numbers.single, y,
                             places.data());
    cpu::normalizedMaxPool2d(parts, xAt, numbers.single, numbers.single, numbers.single,
                             yWhole.data() + yPart.offset, placesOfParts.data());
    yPart.expect(yWhole, elements(y), "normalised maxima");
    EXPECT_EQ(placesOfParts, places);
    cpu::maxPool2dGradient(s, places.data(), dy.single, dx);
    cpu::maxPool2dGradient(parts, places.data(), dyAt, dxWhole.data() + dxPart.offset);
    dxPart.expect(dxWhole, elements(dx), "gradient from places");

    yWhole = nothing, dxWhole = none;
    cpu::avgPool2d(s, true, x.single, y);
    cpu::avgPool2d(parts, true, xAt, yWhole.data() + yPart.offset);
    yPart.expect(yWhole, elements(y), "averages");
    cpu::avgPool2dGradient(s, true, dy.single, dx);
    cpu::avgPool2dGradient(parts, true, dyAt, dxWhole.data() + dxPart.offset);
    dxPart.expect(dxWhole, elements(dx), "gradient of averages");
  }
}

TEST_F(PoolTest, NanReachesItsWindowsAlone) {
  const Pool2dShape s = makePoolShape(1, {6, 6}, 20, {2, 2}, {2, 2}, {0, 0}, false);
  const int64_t rowStride = s.inWidth * s.channels, channel = 7;
  // Each position within the window of output (1, 1).
  for (int64_t position : {0, 1, 2, 3}) {
    const Input x = randomInput(s.inputSize()), dy = randomInput(s.outputSize());
    const int64_t at = (2 + position / 2) * rowStride + (2 + position % 2) * s.channels + channel;
    const int64_t out = (1 * s.outWidth + 1) * s.channels + channel;
    x.single[at] = notANumber;
    Buffer<float> maximum(s.outputSize()), average(s.outputSize()), dx(s.inputSize());
    cpu::maxPool2d(s, x.single, maximum);
    cpu::avgPool2d(s, false, x.single, average);
    cpu::maxPool2dGradient(s, x.single, maximum, dy.single, dx);
    for (int64_t i = 0; i < s.outputSize(); ++i) {
      EXPECT_EQ(std::isnan(maximum[i]), i == out) << i;
      EXPECT_EQ(std::isnan(average[i]), i == out) << i;
    }
    EXPECT_EQ(dx[at], dy.single[out]);
  }
}

TEST_F(PoolTest, DivisorsAreThoseOfPyTorch) {
  // avg_pool2d(ones(1, 1, 6, 1), (3, 1), (2, 1), (1, 0), ceil_mode=True): the first
  // window has one row of padding, which counts; the last has one too, and another
  // beyond it, which never does.
  const Pool2dShape s = makePoolShape(1, {6, 1}, 1, {3, 1}, {2, 1}, {1, 0}, true);
  ASSERT_EQ(s.outHeight, 4);
  const float ones[] = {1, 1, 1, 1, 1, 1};
  float without[4], with[4];
  cpu::avgPool2d(s, false, ones, without);
  cpu::avgPool2d(s, true, ones, with);
  const float expected[] = {2.0f / 3, 1, 1, 1.0f / 2};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(without[i], 1);
    EXPECT_FLOAT_EQ(with[i], expected[i]);
  }
}

TEST_F(PoolTest, ReferenceGradientsAreDerivatives) {
  for (const Pool2dShape &s : {makePoolShape(1, {5, 6}, 2, {3, 3}, {2, 2}, {1, 1}, true),
                               makePoolShape(2, {4, 4}, 1, {2, 3}, {1, 1}, {0, 1}, false)}) {
    std::vector<double> x = randomInput(s.inputSize()).exact;
    const std::vector<double> dy = randomInput(s.outputSize()).exact;
    std::vector<double> y(s.outputSize()), dx = poisoned(x.size());
    // Far enough apart that a step does not change which is the maximum.
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<double>((i * 7919) % 1009) * 0.01;
    reference::maxPool2d(s, x.data(), y.data());
    reference::maxPool2dGradient(s, x.data(), y.data(), dy.data(), dx.data());
    expectGradient(
        x, dx,
        [&] {
          reference::maxPool2d(s, x.data(), y.data());
          return dot(y, dy);
        },
        "dx of the maximum");
    for (bool countPadding : {false, true}) {
      reference::avgPool2dGradient(s, countPadding, dy.data(), dx.data());
      expectGradient(
          x, dx,
          [&] {
            reference::avgPool2d(s, countPadding, x.data(), y.data());
            return dot(y, dy);
          },
          "dx of the average");
    }
  }
}

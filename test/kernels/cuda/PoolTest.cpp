//===- PoolTest.cpp - poolings on a GPU against their definition ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Part.h"
#include "../PoolShapes.h"
#include "CudaTest.h"

#include "codegen/kernels/cuda/Pool.h"
#include "codegen/kernels/reference/Pool.h"

using namespace fanfold;
using namespace fanfold::test;
using cuda::Pool2dShape;

namespace {

template <typename T>
class CudaPoolTest : public ElementTest<T> {};
TYPED_TEST_SUITE(CudaPoolTest, ElementTypes, ElementName);

/// Beside what poolings are tested at everywhere, tensors with enough threads that each walks
/// down several rows, in whole and in broken columns.
std::vector<Pool2dShape> allShapes() {
  std::vector<Pool2dShape> shapes = poolShapes();
  shapes.push_back(makePoolShape(8, {20, 20}, 560, {3, 3}, {1, 1}, {1, 1}, false));
  shapes.push_back(makePoolShape(8, {21, 39}, 560, {3, 3}, {2, 2}, {1, 1}, false));
  shapes.push_back(makePoolShape(8, {18, 40}, 560, {2, 2}, {2, 2}, {0, 0}, false));
  return shapes;
}

std::vector<uint8_t> firstPlaces(const Pool2dShape &s, const std::vector<double> &x,
                                 const std::vector<double> &y) {
  std::vector<uint8_t> places(s.outputSize());
  reference::maxPool2dPlaces(s, x.data(), y.data(), places.data());
  return places;
}

} // namespace

TYPED_TEST(CudaPoolTest, MaximaAgreeWithDefinition) {
  using T = TypeParam;
  for (const Pool2dShape &s : allShapes()) {
    SCOPED_TRACE(describe(s));
    // Few values, so that windows have ties; some are -inf, some not a number.
    std::vector<double> values = this->randomValues(s.inputSize(), -3, 3);
    for (double &value : values)
      value = value < -2.5 ? -INFINITY : value > 2.95 ? double{notANumber} : std::round(value);
    const typename CudaTest::Tensor<T> x(values);
    const auto dy = this->template randomTensor<T>(s.outputSize());
    std::vector<double> y = poisoned(s.outputSize()), dx = poisoned(s.inputSize());
    reference::maxPool2d(s, x.exact.data(), y.data());
    reference::maxPool2dGradient(s, x.exact.data(), y.data(), dy.exact.data(), dx.data());

    DeviceArray<T> yOut(y.size()), yAlone(y.size()), dxOut(dx.size()), dxFromPlaces(dx.size());
    DeviceArray<uint8_t> places(y.size());
    this->run([&](cudaStream_t stream) {
      cuda::maxPool2d<T>(stream, s, x.device, yOut, places);
      cuda::maxPool2d<T>(stream, s, x.device, yAlone);
      cuda::maxPool2dGradient<T>(stream, s, x.device, yOut, dy.device, dxOut);
      cuda::maxPool2dGradient<T>(stream, s, places, dy.device, dxFromPlaces);
    });
    expectEqual(yOut, y, "y");
    expectEqual(yAlone, y, "y without places");
    EXPECT_EQ(places.values(), firstPlaces(s, x.exact, y));
    expectClose(dxOut, dx, 1e-6, "dx");
    expectSame(dxFromPlaces, dxOut, "dx from places");
  }
}

TYPED_TEST(CudaPoolTest, NormalizedMaximaAgreeWithDefinition) {
  using T = TypeParam;
  for (const Pool2dShape &s : allShapes()) {
    SCOPED_TRACE(describe(s));
    const NormalizedPool pool(s, this->generator);
    const typename CudaTest::Tensor<T> x(pool.x);
    const typename CudaTest::Tensor<float> centre(pool.centre), scale(pool.scale),
        shift(pool.shift);
    // The place is that of the first x that is as extreme as can be, of all that give the maximum.
    std::vector<double> ordered = pool.x, most = poisoned(s.outputSize()), y = most;
    for (int64_t i = 0; i < s.inputSize(); ++i)
      ordered[i] *= pool.scale[i % s.channels] < 0 ? -1 : 1;
    reference::maxPool2d(s, ordered.data(), most.data());
    reference::maxPool2d(s,
                         reference::normalized(s, pool.x.data(), pool.centre.data(),
                                               pool.scale.data(), pool.shift.data())
                             .data(),
                         y.data());

    DeviceArray<T> yOut(y.size()), yAlone(y.size());
    DeviceArray<uint8_t> places(y.size());
    this->run([&](cudaStream_t stream) {
      cuda::normalizedMaxPool2d<T>(stream, s, x.device, centre.device, scale.device, shift.device,
                                   yOut, places);
      cuda::normalizedMaxPool2d<T>(stream, s, x.device, centre.device, scale.device, shift.device,
                                   yAlone);
    });
    expectEqual(yOut, y, "y");
    expectSame(yAlone, yOut, "y without places");
    EXPECT_EQ(places.values(), firstPlaces(s, ordered, most));
  }
}

/// Any numbers, with the roundings that they bring: the bits of a launch that normalises, and
/// one that pools.
TYPED_TEST(CudaPoolTest, NormalizedMaximaHaveTheBitsOfSeparateLaunches) {
  using T = TypeParam;
  for (const Pool2dShape &s : allShapes()) {
    SCOPED_TRACE(describe(s));
    const auto x = this->template randomTensor<T>(s.inputSize());
    const auto centre = this->template randomTensor<float>(s.channels);
    const auto scale = this->template randomTensor<float>(s.channels, -2, 2);
    const auto shift = this->template randomTensor<float>(s.channels);
    // A pool of single pixels normalises alone.
    Pool2dShape pixels = s;
    pixels.outHeight = s.inHeight, pixels.outWidth = s.inWidth;
    pixels.kernelHeight = pixels.kernelWidth = pixels.strideHeight = pixels.strideWidth = 1;
    pixels.padHeight = pixels.padWidth = 0;
    DeviceArray<T> normalized(s.inputSize()), apart(s.outputSize()), fused(s.outputSize());
    this->run([&](cudaStream_t stream) {
      cuda::normalizedMaxPool2d<T>(stream, pixels, x.device, centre.device, scale.device,
                                   shift.device, normalized);
      cuda::maxPool2d<T>(stream, s, normalized, apart);
      cuda::normalizedMaxPool2d<T>(stream, s, x.device, centre.device, scale.device, shift.device,
                                   fused);
    });
    expectClose(normalized,
                reference::normalized(s, x.exact.data(), centre.exact.data(), scale.exact.data(),
                                      shift.exact.data()),
                1e-6, "normalized");
    expectSame(fused, apart, "maxima");
  }
}

TYPED_TEST(CudaPoolTest, AveragesAgreeWithDefinition) {
  using T = TypeParam;
  for (const Pool2dShape &s : allShapes())
    for (bool countPadding : {false, true}) {
      SCOPED_TRACE(describe(s) + (countPadding ? ", padding counted" : ""));
      const auto x = this->template randomTensor<T>(s.inputSize());
      const auto dy = this->template randomTensor<T>(s.outputSize());
      std::vector<double> y = poisoned(s.outputSize()), dx = poisoned(s.inputSize());
      reference::avgPool2d(s, countPadding, x.exact.data(), y.data());
      reference::avgPool2dGradient(s, countPadding, dy.exact.data(), dx.data());
      DeviceArray<T> yOut(y.size()), dxOut(dx.size());
      this->run([&](cudaStream_t stream) {
        cuda::avgPool2d<T>(stream, s, countPadding, x.device, yOut);
        cuda::avgPool2dGradient<T>(stream, s, countPadding, dy.device, dxOut);
      });
      expectClose(yOut, y, 1e-6, "y");
      expectClose(dxOut, dx, 1e-6, "dx");
    }
}

TYPED_TEST(CudaPoolTest, PartsGiveTheBitsOfWholeTensors) {
  using T = TypeParam;
  for (const Pool2dShape &s : allShapes()) {
    SCOPED_TRACE(describe(s));
    const int64_t in = s.inputSize() / s.channels, out = s.outputSize() / s.channels;
    const Part xPart(in, s.channels, 24), yPart(out, s.channels, 32), dxPart(in, s.channels, 40),
        dyPart(out, s.channels, 48);
    Pool2dShape parts = s;
    parts.xPitch = xPart.pitch;
    parts.yPitch = yPart.pitch;
    parts.dxPitch = dxPart.pitch;
    parts.dyPitch = dyPart.pitch;
    const auto x = this->template randomTensor<T>(s.inputSize());
    const auto dy = this->template randomTensor<T>(s.outputSize());
    DeviceArray<T> maxima(s.outputSize()), averages(s.outputSize()), dx(s.inputSize());
    DeviceArray<T> dxFromPlaces(s.inputSize()), dxOfAverages(s.inputSize());
    const auto numbers = this->template randomTensor<float>(s.channels);
    DeviceArray<T> normalized(s.outputSize()), normalizedWhole(yPart.size());
    DeviceArray<uint8_t> places(s.outputSize()), placesOfParts(s.outputSize());
    const DeviceArray<T> xWhole(xPart.place(x.device.values()));
    const DeviceArray<T> dyWhole(dyPart.place(dy.device.values()));
    DeviceArray<T> maximaWhole(yPart.size()), averagesWhole(yPart.size()), dxWhole(dxPart.size());
    DeviceArray<T> dxFromPlacesWhole(dxPart.size()), dxOfAveragesWhole(dxPart.size());
    this->run([&](cudaStream_t stream) {
      cuda::maxPool2d<T>(stream, s, x.device, maxima, places);
      cuda::maxPool2dGradient<T>(stream, s, x.device, maxima, dy.device, dx);
      cuda::maxPool2dGradient<T>(stream, s, places, dy.device, dxFromPlaces);
      cuda::normalizedMaxPool2d<T>(stream, s, x.device, numbers.device, numbers.device,
                                   numbers.device, normalized);
      cuda::avgPool2d<T>(stream, s, true, x.device, averages);
      cuda::avgPool2dGradient<T>(stream, s, true, dy.device, dxOfAverages);

      const T *xAt = xWhole + xPart.offset, *dyAt = dyWhole + dyPart.offset;
      cuda::maxPool2d<T>(stream, parts, xAt, maximaWhole + yPart.offset, placesOfParts);
      cuda::maxPool2dGradient<T>(stream, parts, xAt, maximaWhole + yPart.offset, dyAt,
                                 dxWhole + dxPart.offset);
      cuda::maxPool2dGradient<T>(stream, parts, placesOfParts, dyAt,
                                 dxFromPlacesWhole + dxPart.offset);
      cuda::normalizedMaxPool2d<T>(stream, parts, xAt, numbers.device, numbers.device,
                                   numbers.device, normalizedWhole + yPart.offset);
      cuda::avgPool2d<T>(stream, parts, true, xAt, averagesWhole + yPart.offset);
      cuda::avgPool2dGradient<T>(stream, parts, true, dyAt, dxOfAveragesWhole + dxPart.offset);
    });
    yPart.expect(maximaWhole.values(), maxima.values(), "maxima");
    expectSame(placesOfParts, places, "places");
    yPart.expect(normalizedWhole.values(), normalized.values(), "normalized maxima");
    dxPart.expect(dxWhole.values(), dx.values(), "gradient of maxima");
    dxPart.expect(dxFromPlacesWhole.values(), dxFromPlaces.values(), "gradient from places");
    yPart.expect(averagesWhole.values(), averages.values(), "averages");
    dxPart.expect(dxOfAveragesWhole.values(), dxOfAverages.values(), "gradient of averages");
  }
}

TYPED_TEST(CudaPoolTest, TakesNothing) {
  using T = TypeParam;
  Pool2dShape s = {0, 8, 8, 16, 4, 4, 2, 2, 2, 2, 0, 0};
  DeviceArray<T> nothing(0);
  DeviceArray<uint8_t> places(0);
  this->run([&](cudaStream_t stream) {
    cuda::maxPool2d<T>(stream, s, nothing, nothing, places);
    cuda::normalizedMaxPool2d<T>(stream, s, nothing, nullptr, nullptr, nullptr, nothing, places);
    cuda::maxPool2dGradient<T>(stream, s, places, nothing, nothing);
    cuda::avgPool2d<T>(stream, s, true, nothing, nothing);
    cuda::avgPool2dGradient<T>(stream, s, true, nothing, nothing);
  });
}

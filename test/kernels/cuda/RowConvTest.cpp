//===- RowConvTest.cpp - convolutions by rows against their definition ----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Part.h"
#include "ConvSums.h"

#include "codegen/kernels/cuda/RowConv.h"
#include "codegen/kernels/reference/Conv2d.h"

using namespace fanfold;
using namespace fanfold::test;
using cuda::Conv2dShape;

namespace {

template <typename T>
class CudaRowConvTest : public ElementTest<T> {};
using HalfTypes = ::testing::Types<__half, __nv_bfloat16>;
TYPED_TEST_SUITE(CudaRowConvTest, HalfTypes, ElementName);

Conv2dShape makeShape(int64_t batch, int64_t height, int64_t width, int64_t channels,
                      int64_t filters, int64_t kernelWidth = 3, int64_t padHeight = 1,
                      int64_t padWidth = 1) {
  Conv2dShape s = {batch,
                   height,
                   width,
                   channels,
                   height + 2 * padHeight - 2,
                   width + 2 * padWidth - kernelWidth + 1,
                   filters,
                   3,
                   kernelWidth};
  s.padHeight = padHeight;
  s.padWidth = padWidth;
  return s;
}

std::string describe(const Conv2dShape &s) {
  return std::to_string(s.batch) + "x" + std::to_string(s.inHeight) + "x" +
         std::to_string(s.inWidth) + "x" + std::to_string(s.inChannels) + " by 3x" +
         std::to_string(s.kernelWidth) + " padded by " + std::to_string(s.padHeight) + "x" +
         std::to_string(s.padWidth) + " to " + std::to_string(s.outChannels);
}

std::vector<Conv2dShape> allShapes() {
  return {
      makeShape(1, 1, 1, 8, 8),               // one pixel
      makeShape(1, 3, 3, 8, 8, 3, 0, 0),      // one pixel of y
      makeShape(2, 1, 200, 16, 32),           // one row
      makeShape(5, 90, 1, 24, 40),            // one column
      makeShape(3, 56, 56, 128, 32),          // DenseNet-121
      makeShape(9, 14, 14, 128, 32),          // tiles of several images
      makeShape(9, 7, 7, 128, 32),            //
      makeShape(3, 35, 35, 48, 64),           // Inception-ResNet-v2
      makeShape(3, 35, 35, 32, 48),           //
      makeShape(2, 30, 71, 80, 192, 3, 0, 0), // three blocks of filters
      makeShape(2, 17, 19, 64, 96, 3, 1, 1),  // two
      makeShape(2, 12, 9, 40, 72, 3, 2, 2),   // half a block; the widest padding
      makeShape(2, 20, 13, 16, 24, 1, 1, 0),  // a column of taps
      makeShape(2, 21, 33, 32, 56, 5, 0, 2),  //
      makeShape(1, 9, 40, 24, 16, 8, 2, 7),   // more padding than image in a row
      makeShape(40, 60, 60, 16, 8),           // several units for each warpgroup
  };
}

} // namespace

TYPED_TEST(CudaRowConvTest, ForwardAgreesWithDefinition) {
  using T = TypeParam;
  for (const Conv2dShape &s : allShapes()) {
    SCOPED_TRACE(describe(s));
    ASSERT_TRUE(cuda::hasRowConv(s));
    const auto x = this->template randomTensor<T>(s.inputSize());
    const auto w = this->template randomTensor<T>(s.filterSize());
    std::vector<double> y = poisoned(s.outputSize());
    reference::conv2d(s, x.exact.data(), w.exact.data(), y.data());

    const size_t k = s.outChannels;
    const Part xPart(s.inputSize() / s.inChannels, s.inChannels);
    const Part yPart(s.outputSize() / s.outChannels, s.outChannels, 16);
    const DeviceArray<T> xWhole(xPart.place(x.device.values()));
    DeviceArray<T> yAlone(y.size()), yOut(y.size()), yAgain(y.size()), yWhole(yPart.size());
    DeviceArray<float> sum(k), squares(k), sumAgain(k), squaresAgain(k);
    DeviceBytes workspace(cuda::rowConvWorkspaceBytes(s));
    this->run([&](cudaStream_t stream) {
      const cuda::RowConvPitches packed = {s.inChannels, s.outChannels};
      cuda::rowConv2d<T>(stream, s, packed, x.device, w.device, yAlone, {}, nullptr);
      cuda::rowConv2d<T>(stream, s, packed, x.device, w.device, yOut, {sum, squares}, workspace);
      cuda::rowConv2d<T>(stream, s, packed, x.device, w.device, yAgain, {sumAgain, squaresAgain},
                         workspace);
      cuda::rowConv2d<T>(stream, s, {xPart.pitch, yPart.pitch}, xWhole.get() + xPart.offset,
                         w.device, yWhole.get() + yPart.offset, {}, nullptr);
    });
    expectClose(yAlone, y, 1e-5, "y");
    expectSame(yOut, yAlone, "y with sums");
    expectSame(yAgain, yAlone, "y again");
    expectSame(sumAgain, sum, "sums again");
    expectSame(squaresAgain, squares, "sums of squares again");
    yPart.expect(yWhole.values(), yAlone.values(), "part of y");

    expectSumsOf(yOut, sum, squares);
  }
}

TYPED_TEST(CudaRowConvTest, InputGradientAgreesWithDefinition) {
  using T = TypeParam;
  for (const Conv2dShape &s : allShapes()) {
    if (!cuda::hasRowConv(cuda::rowConvGradient(s)))
      continue;
    SCOPED_TRACE(describe(s));
    const auto dy = this->template randomTensor<T>(s.outputSize());
    const auto w = this->template randomTensor<T>(s.filterSize());
    std::vector<double> dx = poisoned(s.inputSize());
    reference::conv2dDataGradient(s, dy.exact.data(), w.exact.data(), dx.data());

    const Part xPart(s.inputSize() / s.inChannels, s.inChannels);
    const Part yPart(s.outputSize() / s.outChannels, s.outChannels, 16);
    const DeviceArray<T> dyWhole(yPart.place(dy.device.values()));
    DeviceArray<T> dxOut(dx.size()), dxWhole(xPart.size());
    this->run([&](cudaStream_t stream) {
      cuda::rowConv2dInputGradient<T>(stream, s, {s.inChannels, s.outChannels}, dy.device, w.device,
                                      dxOut);
      cuda::rowConv2dInputGradient<T>(stream, s, {xPart.pitch, yPart.pitch},
                                      dyWhole.get() + yPart.offset, w.device,
                                      dxWhole.get() + xPart.offset);
    });
    expectClose(dxOut, dx, 1e-5, "dx");
    xPart.expect(dxWhole.values(), dxOut.values(), "part of dx");
  }
}

TYPED_TEST(CudaRowConvTest, TakesNothing) {
  using T = TypeParam;
  const Conv2dShape s = makeShape(0, 8, 8, 16, 8);
  DeviceArray<T> nothing(0), w(s.filterSize());
  DeviceArray<float> sum(8), squares(8);
  DeviceBytes workspace(cuda::rowConvWorkspaceBytes(s));
  this->run([&](cudaStream_t stream) {
    cuda::rowConv2d<T>(stream, s, {16, 8}, nothing, w, nothing, {sum, squares}, workspace);
  });
  expectEqual(sum, std::vector<double>(8), "sum");
  expectEqual(squares, std::vector<double>(8), "sum of squares");
}

/// NaN spreads to the results that see it, and to no others.
TYPED_TEST(CudaRowConvTest, NanStays) {
  using T = TypeParam;
  const Conv2dShape s = makeShape(2, 20, 21, 48, 64);
  const auto x = this->template randomTensor<T>(s.inputSize());
  const auto w = this->template randomTensor<T>(s.filterSize());
  std::vector<T> values = x.device.values();
  // At the edge: its neighbour in memory belongs to another row.
  const int64_t row = 9, column = 20;
  values[((s.inHeight + row) * s.inWidth + column) * s.inChannels + 5] =
      static_cast<T>(std::numeric_limits<float>::quiet_NaN());
  const DeviceArray<T> broken(values);
  DeviceArray<T> y(s.outputSize());
  this->run([&](cudaStream_t stream) {
    cuda::rowConv2d<T>(stream, s, {s.inChannels, s.outChannels}, broken, w.device, y, {}, nullptr);
  });
  const std::vector<T> out = y.values();
  for (int64_t i = 0; i < s.outputSize(); ++i) {
    const int64_t pixel = i / s.outChannels, p = pixel / s.outWidth - s.outHeight;
    const int64_t q = pixel % s.outWidth;
    const bool sees = std::abs(p - row) <= 1 && std::abs(q - column) <= 1;
    ASSERT_EQ(std::isnan(toDouble(out[i])), sees) << "at " << i;
  }
}

TEST(RowConvTest, LeavesOthersAlone) {
  const Conv2dShape good = makeShape(2, 56, 56, 128, 32);
  EXPECT_TRUE(cuda::hasRowConv(good));
  const auto without = [&](auto change) {
    Conv2dShape s = good;
    change(s);
    return cuda::hasRowConv(s);
  };
  EXPECT_FALSE(without([](Conv2dShape &s) { s.strideWidth = 2; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.dilationWidth = 2; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.groups = 2; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { ++s.outHeight; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.kernelHeight = 5; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.inChannels = 124; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.outChannels = 36; }));
  // Filters that shared memory does not hold, and more pixels than 32 bits count.
  EXPECT_FALSE(cuda::hasRowConv(makeShape(2, 56, 56, 256, 64)));
  EXPECT_FALSE(cuda::hasRowConv(makeShape(1 << 20, 115, 115, 16, 64)));
}

TEST(RowConvTest, FitsTheCard) {
  for (const Conv2dShape &s : allShapes()) {
    SCOPED_TRACE(describe(s));
    const cuda::RowConvTiling tiling(s);
    EXPECT_GE(tiling.rows / s.outHeight * tiling.tileImages, s.batch * tiling.imageTiles);
    EXPECT_GE(tiling.filterBlocks * tiling.filters, s.outChannels);
    EXPECT_LE(tiling.rowBlocks * tiling.filterBlocks, 132);
    EXPECT_LE(tiling.blockBytes, 227 << 10);
    EXPECT_GE(tiling.stages, 2);
  }
}

//===- LineConvTest.cpp - convolutions as lines against their definition --===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConvSums.h"

#include "codegen/kernels/cuda/LineConv.h"
#include "codegen/kernels/reference/Conv2d.h"

using namespace fanfold;
using namespace fanfold::test;
using cuda::Conv2dShape;

namespace {

template <typename T>
class CudaLineConvTest : public ElementTest<T> {};
using HalfTypes = ::testing::Types<__half, __nv_bfloat16>;
TYPED_TEST_SUITE(CudaLineConvTest, HalfTypes, ElementName);

Conv2dShape makeShape(int64_t batch, int64_t height, int64_t width, int64_t channels,
                      int64_t filters, int64_t kernelHeight, int64_t kernelWidth) {
  return {batch,
          height,
          width,
          channels,
          height - kernelHeight + 1,
          width - kernelWidth + 1,
          filters,
          kernelHeight,
          kernelWidth};
}

std::string describe(const Conv2dShape &s) {
  return std::to_string(s.batch) + "x" + std::to_string(s.inHeight) + "x" +
         std::to_string(s.inWidth) + "x" + std::to_string(s.inChannels) + " by " +
         std::to_string(s.kernelHeight) + "x" + std::to_string(s.kernelWidth) + " to " +
         std::to_string(s.outChannels);
}

std::vector<Conv2dShape> allShapes() {
  return {
      makeShape(1, 4, 4, 16, 8, 4, 4),      // one pixel
      makeShape(1, 4, 150, 16, 32, 4, 4),   // one row
      makeShape(3, 150, 4, 16, 24, 4, 4),   // one column
      makeShape(2, 19, 23, 16, 64, 4, 4),   // less than a tile for each block
      makeShape(2, 12, 9, 16, 64, 1, 1),    // one tap
      makeShape(3, 20, 20, 48, 64, 3, 3),   // a tap is three steps
      makeShape(2, 17, 31, 32, 40, 2, 2),   //
      makeShape(3, 25, 14, 32, 64, 3, 3),   // two warpgroups for the gradient
      makeShape(2, 11, 40, 32, 48, 3, 4),   //
      makeShape(2, 40, 33, 32, 64, 3, 2),   // three
      makeShape(2, 21, 21, 16, 64, 3, 4),   // fewer groups than a warpgroup takes
      makeShape(5, 6, 6, 32, 16, 3, 1),     //
      makeShape(2, 9, 300, 16, 56, 4, 3),   // wide rows
      makeShape(1, 115, 115, 16, 64, 4, 4), // ResNet-50
      makeShape(24, 150, 150, 16, 8, 2, 2), // ten tiles for each block
      makeShape(96, 75, 75, 16, 16, 1, 3),  //
  };
}

} // namespace

TYPED_TEST(CudaLineConvTest, ForwardAgreesWithDefinition) {
  using T = TypeParam;
  for (const Conv2dShape &s : allShapes()) {
    SCOPED_TRACE(describe(s));
    ASSERT_TRUE(cuda::hasLineConv(s));
    const auto x = this->template randomTensor<T>(s.inputSize());
    const auto w = this->template randomTensor<T>(s.filterSize());
    std::vector<double> y = poisoned(s.outputSize());
    reference::conv2d(s, x.exact.data(), w.exact.data(), y.data());

    const size_t k = s.outChannels;
    const auto bias = this->template randomTensor<T>(k);
    DeviceArray<T> yAlone(y.size()), yOut(y.size()), yAgain(y.size());
    DeviceArray<T> yBias(y.size()), yRelu(y.size()), yBiasRelu(y.size());
    DeviceArray<float> sum(k), squares(k), sumAgain(k), squaresAgain(k);
    DeviceBytes workspace(cuda::lineConvWorkspaceBytes(s));
    this->run([&](cudaStream_t stream) {
      const auto run = [&](T *out, const cuda::LineConvEpilogue<T> &epilogue) {
        cuda::lineConv2d<T>(stream, s, x.device, w.device, out, epilogue, workspace);
      };
      run(yAlone, {});
      run(yOut, {nullptr, false, sum, squares});
      run(yAgain, {nullptr, false, sumAgain, squaresAgain});
      run(yBias, {bias.device, false});
      run(yRelu, {nullptr, true});
      run(yBiasRelu, {bias.device, true});
    });
    expectClose(yAlone, y, 1e-5, "y");
    expectSame(yOut, yAlone, "y with sums");
    expectSame(sumAgain, sum, "sums again");
    expectSame(squaresAgain, squares, "sums of squares again");

    std::vector<double> withBias = y, withRelu = y, withBoth = y;
    for (size_t i = 0; i < y.size(); ++i) {
      withBias[i] += bias.exact[i % k];
      withRelu[i] = std::max(0.0, y[i]);
      withBoth[i] = std::max(0.0, withBias[i]);
    }
    expectClose(yBias, withBias, 1e-5, "y with bias");
    expectClose(yRelu, withRelu, 1e-5, "y with relu");
    expectClose(yBiasRelu, withBoth, 1e-5, "y with bias and relu");

    expectSumsOf(yOut, sum, squares);
  }
}

TYPED_TEST(CudaLineConvTest, GradientAgreesWithDefinition) {
  using T = TypeParam;
  for (const Conv2dShape &s : allShapes()) {
    if (!cuda::hasLineConvGradient(s))
      continue;
    SCOPED_TRACE(describe(s));
    const auto x = this->template randomTensor<T>(s.inputSize());
    const auto dy = this->template randomTensor<T>(s.outputSize());
    std::vector<double> dw = poisoned(s.filterSize());
    reference::conv2dWeightGradient(s, x.exact.data(), dy.exact.data(), dw.data());

    DeviceArray<T> dwOut(dw.size()), dwAgain(dw.size());
    DeviceBytes workspace(cuda::lineConvGradientWorkspaceBytes(s));
    this->run([&](cudaStream_t stream) {
      cuda::lineConv2dGradient<T>(stream, s, x.device, dy.device, dwOut, workspace);
      cuda::lineConv2dGradient<T>(stream, s, x.device, dy.device, dwAgain, workspace);
    });
    expectClose(dwOut, dw, 5e-5, "dw");
    expectSame(dwAgain, dwOut, "dw again");
  }
}

TYPED_TEST(CudaLineConvTest, TakesNothing) {
  using T = TypeParam;
  const Conv2dShape s = makeShape(0, 8, 8, 16, 8, 2, 2);
  DeviceArray<T> nothing(0), w(s.filterSize());
  DeviceArray<float> sum(8), squares(8);
  DeviceBytes workspace(cuda::lineConvWorkspaceBytes(s));
  this->run([&](cudaStream_t stream) {
    cuda::lineConv2d<T>(stream, s, nothing, w, nothing, {nullptr, false, sum, squares}, workspace);
  });
  expectEqual(sum, std::vector<double>(8), "sum");
  expectEqual(squares, std::vector<double>(8), "sum of squares");

  DeviceArray<T> dw(s.filterSize());
  this->run([&](cudaStream_t stream) {
    cuda::lineConv2dGradient<T>(stream, s, nothing, nothing, dw, nullptr);
  });
  expectEqual(dw, std::vector<double>(s.filterSize()), "dw");
}

/// NaN spreads to the results that see it, past a relu, and to no others.
TYPED_TEST(CudaLineConvTest, NanStays) {
  using T = TypeParam;
  const Conv2dShape s = makeShape(2, 20, 21, 48, 64, 3, 3);
  const auto x = this->template randomTensor<T>(s.inputSize());
  const auto w = this->template randomTensor<T>(s.filterSize());
  std::vector<T> values = x.device.values();
  const int64_t row = 9, column = 13;
  values[((s.inHeight + row) * s.inWidth + column) * s.inChannels + 5] =
      static_cast<T>(std::numeric_limits<float>::quiet_NaN());
  const DeviceArray<T> broken(values);
  DeviceArray<T> y(s.outputSize());
  this->run([&](cudaStream_t stream) {
    cuda::lineConv2d<T>(stream, s, broken, w.device, y, {nullptr, true}, nullptr);
  });
  const std::vector<T> out = y.values();
  for (int64_t i = 0; i < s.outputSize(); ++i) {
    const int64_t pixel = i / s.outChannels, p = pixel / s.outWidth - s.outHeight;
    const int64_t q = pixel % s.outWidth;
    const bool sees =
        p <= row && row < p + s.kernelHeight && q <= column && column < q + s.kernelWidth && p >= 0;
    ASSERT_EQ(std::isnan(toDouble(out[i])), sees) << "at " << i;
  }
}

TEST(LineConvTest, LeavesOthersAlone) {
  EXPECT_TRUE(cuda::hasLineConvGradient(makeShape(2, 57, 57, 48, 64, 3, 3)));
  // Columns of taps, and more sums than registers hold.
  EXPECT_FALSE(cuda::hasLineConvGradient(makeShape(2, 57, 57, 16, 64, 4, 1)));
  EXPECT_FALSE(cuda::hasLineConvGradient(makeShape(2, 57, 57, 64, 64, 2, 2)));
  const Conv2dShape good = makeShape(2, 115, 115, 16, 64, 4, 4);
  EXPECT_TRUE(cuda::hasLineConv(good));
  const auto without = [&](auto change) {
    Conv2dShape s = good;
    change(s);
    return cuda::hasLineConv(s);
  };
  EXPECT_FALSE(without([](Conv2dShape &s) { s.strideWidth = 2; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.padHeight = 1; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.dilationWidth = 2; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.groups = 2; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { ++s.outHeight; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.inChannels = 24; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.outChannels = 12; }));
  EXPECT_FALSE(without([](Conv2dShape &s) { s.outChannels = 72; }));
  // More steps than registers hold filters for, rows longer than shared memory holds, and more
  // pixels than 32 bits count.
  EXPECT_FALSE(cuda::hasLineConv(makeShape(2, 57, 57, 64, 64, 3, 3)));
  EXPECT_FALSE(cuda::hasLineConv(makeShape(2, 57, 4000, 16, 64, 4, 4)));
  EXPECT_FALSE(cuda::hasLineConv(makeShape(1 << 20, 115, 115, 16, 64, 4, 4)));
}

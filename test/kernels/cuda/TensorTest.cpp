//===- TensorTest.cpp - copies, input normalisation, sums on a GPU --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaTest.h"

#include "codegen/kernels/cuda/AllFinite.h"
#include "codegen/kernels/cuda/Copy.h"
#include "codegen/kernels/cuda/NormalizePad.h"
#include "codegen/kernels/cuda/Reduce.h"
#include "codegen/kernels/reference/Loss.h"

using namespace fanfold;
using namespace fanfold::test;

namespace {

class CudaCopyTest : public CudaTest {
protected:
  /// Side by side and apart again; every element is different from its neighbours.
  template <typename T>
  void concatenate(int64_t rows, std::vector<int64_t> widths) {
    int64_t total = 0;
    std::vector<std::unique_ptr<DeviceArray<T>>> parts;
    for (int64_t width : widths) {
      std::vector<T> values(rows * width);
      for (T &value : values)
        value = static_cast<T>(generator());
      parts.push_back(std::make_unique<DeviceArray<T>>(values));
      total += width;
    }
    DeviceArray<T> whole(rows * total);
    std::vector<std::unique_ptr<DeviceArray<T>>> again;
    for (int64_t width : widths)
      again.push_back(std::make_unique<DeviceArray<T>>(rows * width));
    run([&](cudaStream_t stream) {
      int64_t offset = 0;
      for (size_t i = 0; i < widths.size(); offset += widths[i++])
        cuda::copyChannels<T>(stream, rows, widths[i], *parts[i], widths[i], whole + offset, total);
      offset = 0;
      for (size_t i = 0; i < widths.size(); offset += widths[i++])
        cuda::copyChannels<T>(stream, rows, widths[i], whole + offset, total, *again[i], widths[i]);
    });
    const std::vector<T> all = whole.values();
    int64_t offset = 0;
    for (size_t i = 0; i < widths.size(); offset += widths[i++]) {
      const std::vector<T> part = parts[i]->values();
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t c = 0; c < widths[i]; ++c)
          ASSERT_EQ(all[row * total + offset + c], part[row * widths[i] + c])
              << "part " << i << ", row " << row << ", channel " << c;
      expectSame(*again[i], *parts[i], "slice");
    }
  }
};

template <typename T>
class CudaTensorTest : public ElementTest<T> {};
TYPED_TEST_SUITE(CudaTensorTest, ElementTypes, ElementName);

} // namespace

TEST_F(CudaCopyTest, ConcatenatesAndSlices) {
  const std::vector<int64_t> widths[] = {{64, 128, 32, 32}, {8},       {3, 5},     {1, 1, 1},
                                         {4, 12, 8},        {2, 6, 2}, {1000, 24}, {0, 7, 0}};
  for (const std::vector<int64_t> &each : widths)
    for (int64_t rows : {0, 1, 57, 3000}) {
      SCOPED_TRACE(::testing::Message() << rows << " rows of " << each[0] << ", ...");
      concatenate<uint8_t>(rows, each);
      concatenate<uint16_t>(rows, each);
      concatenate<uint32_t>(rows, each);
    }
}

TYPED_TEST(CudaTensorTest, NormalizesAndPads) {
  using T = TypeParam;
  const std::pair<int64_t, int64_t> channelPairs[] = {
      {3, 4}, {3, 8}, {1, 1}, {1, 4}, {3, 3}, {5, 16}, {8, 8}, {4, 12}, {7, 9}, {33, 40}, {16, 20}};
  for (const auto &[channels, padded] : channelPairs)
    for (int64_t pixels : {0, 1, 1000, 224 * 224}) {
      SCOPED_TRACE(::testing::Message() << pixels << " x " << channels << " to " << padded);
      std::vector<uint8_t> bytes(pixels * channels);
      for (uint8_t &byte : bytes)
        byte = static_cast<uint8_t>(this->generator());
      const DeviceArray<uint8_t> x(bytes);
      const auto scale = this->template randomTensor<float>(channels, 0.01, 0.02);
      const auto shift = this->template randomTensor<float>(channels, -2, 2);
      std::vector<double> expected(pixels * padded);
      for (int64_t i = 0; i < pixels; ++i)
        for (int64_t c = 0; c < channels; ++c)
          expected[i * padded + c] = bytes[i * channels + c] * scale.exact[c] + shift.exact[c];
      DeviceArray<T> y(pixels * padded);
      this->run([&, channels = channels, padded = padded](cudaStream_t stream) {
        cuda::normalizePad<T>(stream, pixels, channels, padded, x, scale.device, shift.device, y);
      });
      expectClose(y, expected, 1e-6, "y");
      const std::vector<T> values = y.values();
      for (int64_t i = 0; i < pixels * padded; ++i)
        if (i % padded >= channels) {
          ASSERT_EQ(toDouble(values[i]), 0) << i;
        }
    }
}

TYPED_TEST(CudaTensorTest, SumsSquares) {
  using T = TypeParam;
  for (int64_t n : {0, 1, 7, 8, 9, 1000, 8191, 8193, 1000003}) {
    SCOPED_TRACE(n);
    const auto x = this->template randomTensor<T>(n, -3, 3);
    DeviceArray<float> first(1), second(1);
    DeviceBytes workspace(cuda::sumOfSquaresWorkspaceBytes(n));
    this->run([&](cudaStream_t stream) {
      cuda::sumOfSquares<T>(stream, n, x.device, first, workspace);
      cuda::sumOfSquares<T>(stream, n, x.device, second, workspace);
    });
    const double expected = reference::sumOfSquares(n, x.exact.data());
    EXPECT_NEAR(first.values()[0], expected, 1e-7 * expected);
    expectSame(second, first, "again");
  }
}

TYPED_TEST(CudaTensorTest, FindsWhatIsNotFinite) {
  using T = TypeParam;
  for (size_t tensors : {0, 1, 3, 240, 500}) {
    SCOPED_TRACE(tensors);
    std::vector<int64_t> sizes(tensors);
    std::vector<std::vector<T>> values;
    std::vector<std::unique_ptr<DeviceArray<T>>> arrays;
    std::vector<const T *> addresses;
    for (int64_t &size : sizes) {
      size = this->randomLabels(1, 0, 2000)[0] * (addresses.size() % 7 ? 1 : 50);
      values.emplace_back(size, fromDouble<T>(1.5));
      arrays.push_back(std::make_unique<DeviceArray<T>>(values.back()));
      addresses.push_back(*arrays.back());
    }
    const auto allFinite = [&] {
      DeviceArray<int32_t> result(1);
      this->run([&](cudaStream_t stream) {
        cuda::allFinite<T>(stream, tensors, addresses.data(), sizes.data(), result);
      });
      return result.values()[0];
    };
    EXPECT_EQ(allFinite(), 1); // What lies around the tensors is NaN.
    for (double bad : {double{INFINITY}, -double{INFINITY}, double{notANumber}})
      for (int attempt = 0; attempt < 3; ++attempt) {
        const size_t which = tensors ? this->generator() % tensors : 0;
        if (tensors == 0 || sizes[which] == 0)
          continue;
        const size_t at = attempt == 0   ? 0
                          : attempt == 1 ? sizes[which] - 1
                                         : this->generator() % sizes[which];
        const T wrong = fromDouble<T>(bad);
        T *place = *arrays[which] + at;
        CHECK_CUDA(cudaMemcpy(place, &wrong, sizeof(T), cudaMemcpyHostToDevice));
        EXPECT_EQ(allFinite(), 0) << bad << " at " << at << " of " << sizes[which];
        CHECK_CUDA(cudaMemcpy(place, &values[which][at], sizeof(T), cudaMemcpyHostToDevice));
      }
    EXPECT_EQ(allFinite(), 1);
  }
}

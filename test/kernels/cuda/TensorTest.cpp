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
#include "codegen/kernels/cuda/Fold.h"
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

/// Stems of networks, and what is odd about none of them.
static const cuda::FoldImageShape foldShapes[] = {
    {2, 224, 224, 3, 115, 115, 16, 2, 3, 3}, // 7x7/2, padded
    {2, 227, 227, 3, 57, 57, 48, 4, 0, 0},   // 11x11/4
    {3, 9, 7, 3, 11, 9, 4, 1, 1, 1},         // 3x3, padded
    {1, 5, 6, 1, 4, 4, 5, 2, 2, 1},          // five channels of which one is zero
    {70, 3, 3, 2, 3, 3, 3, 1, 0, 0},
    {2, 6, 299, 3, 5, 151, 16, 2, 3, 3}, // rows of two unequal segments
};

TYPED_TEST(CudaTensorTest, FoldsImages) {
  using T = TypeParam;
  for (const cuda::FoldImageShape &s : foldShapes) {
    SCOPED_TRACE(::testing::Message() << s.height << "x" << s.width << " by " << s.stride);
    std::vector<uint8_t> bytes(s.batch * s.height * s.width * s.channels);
    for (uint8_t &byte : bytes)
      byte = static_cast<uint8_t>(this->generator());
    const DeviceArray<uint8_t> x(bytes);
    const auto scale = this->template randomTensor<float>(s.channels, 0.01, 0.02);
    const auto shift = this->template randomTensor<float>(s.channels, -2, 2);
    const int64_t n = s.batch * s.foldedHeight * s.foldedWidth * s.foldedChannels;
    std::vector<double> expected(n);
    // From the image to its folded form: every pixel has one place.
    for (int64_t b = 0; b < s.batch; ++b)
      for (int64_t h = 0; h < s.height; ++h)
        for (int64_t w = 0; w < s.width; ++w)
          for (int64_t c = 0; c < s.channels; ++c) {
            const int64_t u = h + s.padHeight, v = w + s.padWidth;
            if (u / s.stride >= s.foldedHeight || v / s.stride >= s.foldedWidth)
              continue;
            const int64_t channel = (u % s.stride * s.stride + v % s.stride) * s.channels + c;
            const int64_t pixel =
                (b * s.foldedHeight + u / s.stride) * s.foldedWidth + v / s.stride;
            expected[pixel * s.foldedChannels + channel] =
                bytes[((b * s.height + h) * s.width + w) * s.channels + c] * scale.exact[c] +
                shift.exact[c];
          }
    DeviceArray<T> y(n);
    this->run([&](cudaStream_t stream) {
      cuda::foldImage<T>(stream, s, x, scale.device, shift.device, y);
    });
    expectClose(y, expected, 1e-6, "y");
  }
}

TYPED_TEST(CudaTensorTest, FoldsFiltersAndBack) {
  using T = TypeParam;
  const cuda::FoldFilterShape shapes[] = {{64, 7, 7, 3, 4, 4, 16, 2},
                                          {96, 11, 11, 3, 3, 3, 48, 4},
                                          {5, 3, 2, 3, 3, 2, 4, 1},
                                          {2, 1, 5, 1, 1, 3, 5, 2}};
  for (const cuda::FoldFilterShape &s : shapes) {
    SCOPED_TRACE(::testing::Message() << s.height << "x" << s.width << " by " << s.stride);
    const auto w = this->template randomTensor<T>(s.filters * s.height * s.width * s.channels);
    const int64_t n = s.filters * s.foldedHeight * s.foldedWidth * s.foldedChannels;
    std::vector<double> expected(n);
    for (int64_t k = 0; k < s.filters; ++k)
      for (int64_t h = 0; h < s.height; ++h)
        for (int64_t v = 0; v < s.width; ++v)
          for (int64_t c = 0; c < s.channels; ++c) {
            const int64_t channel = (h % s.stride * s.stride + v % s.stride) * s.channels + c;
            const int64_t pixel =
                (k * s.foldedHeight + h / s.stride) * s.foldedWidth + v / s.stride;
            expected[pixel * s.foldedChannels + channel] =
                w.exact[((k * s.height + h) * s.width + v) * s.channels + c];
          }
    DeviceArray<T> folded(n), again(w.exact.size());
    this->run([&](cudaStream_t stream) {
      cuda::foldFilter<T>(stream, s, w.device, folded);
      cuda::unfoldFilter<T>(stream, s, folded, again);
    });
    expectClose(folded, expected, 0, "folded");
    expectClose(again, w.exact, 0, "unfolded");
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

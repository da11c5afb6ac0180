//===- ConvPointwiseTest.cu - convolutions with pointwise kernels behind --===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Part.h"
#include "CudaTest.h"

#include "codegen/kernels/cuda/ConvPointwise.cuh"
#include "codegen/kernels/reference/Conv2d.h"

using namespace fanfold;
using namespace fanfold::test;
using cuda::Conv2dShape;
using cuda::ConvKind;
using cuda::ElementIndex;
using cuda::fromFloat;
using cuda::load;
using cuda::store;
using cuda::toFloat;
using cuda::Vec;

namespace {

/// y = product + addend where `forward` is above 0, and its sum; as at the end of a residual
/// block.
template <typename T, int V>
struct Masked {
  const T *addend, *forward;
  T *y;
  using Channels = cuda::Nothing;
  struct Elements {
    Vec<T, V> product, addend, forward;
  };
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(ElementIndex i, const Vec<T, V> &product) const {
    return {product, load<V>(addend + i), load<V>(forward + i)};
  }
  __device__ void operator()(ElementIndex i, const Channels &, const Elements &e,
                             float (&terms)[1][V]) const {
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      terms[0][k] = toFloat(e.forward[k]) > 0 ? toFloat(e.product[k]) + toFloat(e.addend[k]) : 0.0f;
      out[k] = fromFloat<T>(terms[0][k]);
    }
    store(y + i, out);
  }
};

/// The sums of y = product * scale[c] and of y times x, both parts of larger tensors.
template <typename T, int V>
struct Scaled {
  const T *x;
  int64_t xGap;
  const float *scale;
  T *y;
  int64_t yGap;
  struct Channels {
    Vec<float, V> scale;
  };
  struct Elements {
    Vec<T, V> product, x;
  };
  __device__ Channels channels(int c) const { return {load<V>(scale + c)}; }
  __device__ Elements elements(ElementIndex i, const Vec<T, V> &product) const {
    return {product, load<V>(x + i.apart(xGap))};
  }
  __device__ void operator()(ElementIndex i, const Channels &p, const Elements &e,
                             float (&terms)[2][V]) const {
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      terms[0][k] = toFloat(e.product[k]) * p.scale[k];
      terms[1][k] = terms[0][k] * toFloat(e.x[k]);
      out[k] = fromFloat<T>(terms[0][k]);
    }
    store(y + i.apart(yGap), out);
  }
};

/// y = product.
template <typename T, int V>
struct Itself {
  T *y;
  using Channels = cuda::Nothing;
  using Elements = Vec<T, V>;
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(ElementIndex, const Vec<T, V> &product) const { return product; }
  __device__ void operator()(ElementIndex i, const Channels &, const Elements &e) const {
    store(y + i, e);
  }
};

/// Images of the input, channels, filters, taps, padding.
struct Sizes {
  int64_t batch, height, width, channels, filters, kernel = 1, kernelWidth = 1, pad = 0;

  Conv2dShape shape() const {
    const int64_t padHeight = std::min(pad, kernel - 1), padWidth = std::min(pad, kernelWidth - 1);
    Conv2dShape s{batch,
                  height,
                  width,
                  channels,
                  height + 2 * padHeight - kernel + 1,
                  width + 2 * padWidth - kernelWidth + 1,
                  filters,
                  kernel,
                  kernelWidth};
    s.padHeight = padHeight;
    s.padWidth = padWidth;
    return s;
  }
  std::string text() const {
    return std::to_string(batch) + "x" + std::to_string(height) + "x" + std::to_string(width) +
           "x" + std::to_string(channels) + " by " + std::to_string(kernel) + "x" +
           std::to_string(kernelWidth) + " pad " + std::to_string(pad) + " to " +
           std::to_string(filters);
  }
};

const Sizes pixelsAlone[] = {
    {1, 1, 1, 8, 8},       // one pixel, less than a step
    {2, 9, 7, 64, 64},     // less than a tile
    {3, 17, 13, 40, 72},   // neither steps nor warpgroups are full
    {2, 16, 16, 256, 64},  // full tiles
    {5, 14, 14, 64, 256},  //
    {2, 31, 29, 192, 320}, // three blocks of channels, the last not full
    {1, 12, 11, 320, 192}, // of which gradients have three
    {40, 56, 56, 64, 128}, // several tiles for a block
    {300, 14, 14, 32, 24}, //
};
const Sizes windows[] = {
    {2, 8, 9, 64, 64, 3, 3, 1},    {3, 11, 5, 24, 136, 3, 3, 1}, {2, 13, 12, 32, 64, 5, 5, 2},
    {1, 9, 14, 40, 200, 1, 7, 3},  {2, 12, 10, 96, 64, 2, 3, 0}, {70, 28, 28, 32, 64, 3, 3, 1},
    {2, 10, 10, 64, 128, 2, 2, 1},
};

template <typename T>
class CudaConvPointwiseTest : public ElementTest<T> {
protected:
  template <ConvKind Kind>
  void compare(const Sizes &sizes) {
    SCOPED_TRACE(sizes.text() + (Kind == ConvKind::gradient ? ", gradient" : ""));
    const Conv2dShape s = sizes.shape();
    ASSERT_TRUE(cuda::hasConvPointwise(s));
    if (cuda::ConvPointwiseTiling::warpgroupsFor(
            Kind == ConvKind::forward ? s.outChannels : s.inChannels, 8, 3) == 1)
      compareTiled<Kind, 1>(s);
    else
      compareTiled<Kind, 2>(s);
  }

private:
  template <ConvKind Kind, int Warpgroups>
  void compareTiled(const Conv2dShape &s) {
    constexpr bool isForward = Kind == ConvKind::forward;
    const cuda::PixelProduct size(s, !isForward);
    const auto x = this->template randomTensor<T>(isForward ? s.inputSize() : s.outputSize());
    const auto w = this->template randomTensor<T>(s.filterSize());
    std::vector<double> product = poisoned(isForward ? s.outputSize() : s.inputSize());
    if (isForward)
      reference::conv2d(s, x.exact.data(), w.exact.data(), product.data());
    else
      reference::conv2dDataGradient(s, x.exact.data(), w.exact.data(), product.data());

    const size_t n = product.size(), channels = size.channels;
    const auto a = this->template randomTensor<T>(n), b = this->template randomTensor<T>(n);
    const auto scale = this->template randomTensor<float>(channels);
    const Part part(size.rows, size.channels);
    const DeviceArray<T> aWhole(part.place(a.device.values()));
    DeviceArray<T> itself(n), again(n), masked(n), scaled(part.size());
    DeviceArray<float> sum(channels), sumAgain(channels), first(channels), second(channels);
    DeviceBytes one(cuda::convPointwiseWorkspaceBytes(size, Warpgroups, 1));
    DeviceBytes two(cuda::convPointwiseWorkspaceBytes(size, Warpgroups, 2));
    this->run([&](cudaStream_t stream) {
      const auto run = [&](auto v, auto f, auto &&...sums) {
        cuda::convPointwise<v, Warpgroups, Kind>(stream, s, x.device.get(), w.device.get(), f,
                                                 sums...);
      };
      const std::integral_constant<int, 8> eight;
      const std::integral_constant<int, 4> four;
      run(eight, Itself<T, 8>{itself});
      float *const sums[] = {sum}, *const sumsAgain[] = {sumAgain}, *const both[] = {first, second};
      run(eight, Masked<T, 8>{a.device, b.device, masked}, sums, one.get());
      run(eight, Masked<T, 8>{a.device, b.device, again}, sumsAgain, one.get());
      run(four,
          Scaled<T, 4>{aWhole + part.offset, part.pitch - part.channels, scale.device,
                       scaled + part.offset, part.pitch - part.channels},
          both, two.get());
    });
    expectClose(itself, product, 1e-5, "product");
    expectSame(again, masked, "masked again");
    expectSame(sumAgain, sum, "sum again");

    // The functors have seen the product as it was written.
    const std::vector<T> rounded = itself.values();
    std::vector<T> maskedValues(n), scaledValues(n);
    std::vector<double> total(channels), totalSize(channels), totals[2], sizes(channels);
    totals[0].resize(channels);
    totals[1].resize(channels);
    for (size_t i = 0; i < n; ++i) {
      const auto p = static_cast<float>(toDouble(rounded[i]));
      const float value = b.exact[i] > 0 ? p + static_cast<float>(a.exact[i]) : 0.0f;
      maskedValues[i] = fromDouble<T>(value);
      total[i % channels] += double{value};
      totalSize[i % channels] += std::abs(double{value});
      const float times = p * static_cast<float>(scale.exact[i % channels]);
      scaledValues[i] = fromDouble<T>(times);
      totals[0][i % channels] += double{times};
      totals[1][i % channels] += double{times} * a.exact[i];
      sizes[i % channels] += std::abs(double{times});
    }
    expectEqual(masked, toDoubles(maskedValues), "masked");
    part.expect(scaled.values(), scaledValues, "scaled");
    const std::vector<float> sumOut = sum.values(), firstOut = first.values();
    const std::vector<float> secondOut = second.values();
    for (size_t i = 0; i < channels; ++i) {
      ASSERT_NEAR(sumOut[i], total[i], 1e-6 * totalSize[i]) << "sum of channel " << i;
      ASSERT_NEAR(firstOut[i], totals[0][i], 1e-6 * sizes[i]) << "first sum of channel " << i;
      ASSERT_NEAR(secondOut[i], totals[1][i], 1e-6 * sizes[i]) << "second sum of channel " << i;
    }
  }

  static std::vector<double> toDoubles(const std::vector<T> &values) {
    std::vector<double> all;
    for (T value : values)
      all.push_back(toDouble(value));
    return all;
  }
};
using HalfTypes = ::testing::Types<__half, __nv_bfloat16>;
TYPED_TEST_SUITE(CudaConvPointwiseTest, HalfTypes, ElementName);

} // namespace

TYPED_TEST(CudaConvPointwiseTest, PixelsAlone) {
  for (const Sizes &sizes : pixelsAlone) {
    this->template compare<ConvKind::forward>(sizes);
    this->template compare<ConvKind::gradient>(sizes);
  }
}

TYPED_TEST(CudaConvPointwiseTest, Windows) {
  for (const Sizes &sizes : windows) {
    this->template compare<ConvKind::forward>(sizes);
    this->template compare<ConvKind::gradient>(sizes);
  }
}

TYPED_TEST(CudaConvPointwiseTest, TakesNothing) {
  using T = TypeParam;
  const Conv2dShape s = Sizes{0, 4, 4, 16, 24}.shape();
  DeviceArray<T> nothing(0), w(s.filterSize());
  DeviceArray<float> sum(24);
  this->run([&](cudaStream_t stream) {
    float *const sums[] = {sum};
    cuda::convPointwise<8, 1, ConvKind::forward>(
        stream, s, nothing.get(), w.get(), Masked<T, 8>{nothing, nothing, nothing}, sums, nullptr);
  });
  expectEqual(sum, std::vector<double>(24), "sum");
}

TEST(ConvPointwiseTest, LeavesOthersAlone) {
  const auto with = [](auto change) {
    Conv2dShape s = Sizes{2, 12, 12, 64, 64, 3, 3, 1}.shape();
    change(s);
    return cuda::hasConvPointwise(s);
  };
  EXPECT_TRUE(with([](Conv2dShape &) {}));
  EXPECT_FALSE(with([](Conv2dShape &s) { s.strideWidth = 2; }));
  EXPECT_FALSE(with([](Conv2dShape &s) { s.dilationHeight = 2; }));
  EXPECT_FALSE(with([](Conv2dShape &s) { s.groups = 2; }));
  EXPECT_FALSE(with([](Conv2dShape &s) { s.padWidth = 3; }));
  EXPECT_FALSE(with([](Conv2dShape &s) { s.inChannels = 12; }));
  EXPECT_FALSE(with([](Conv2dShape &s) { s.outChannels = 12; }));
  EXPECT_FALSE(with([](Conv2dShape &s) { s.batch = 1 << 24; }));
}

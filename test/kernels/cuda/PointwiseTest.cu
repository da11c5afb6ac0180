//===- PointwiseTest.cu - pointwise kernels and channel sums on a GPU -----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Part.h"
#include "CudaTest.h"

#include "codegen/kernels/Random.h"
#include "codegen/kernels/cuda/Pointwise.cuh"
#include "codegen/kernels/cuda/PointwiseReduce.cuh"

using namespace fanfold;
using namespace fanfold::test;
using cuda::fromFloat;
using cuda::load;
using cuda::Nothing;
using cuda::store;
using cuda::toFloat;
using cuda::Vec;

namespace {

/// y = x * scale[c], as generated code has it.
template <typename T, int V>
struct Scale {
  const T *x;
  const float *scale;
  T *y;
  struct Channels {
    Vec<float, V> scale;
  };
  struct Elements {
    Vec<T, V> x;
  };
  __device__ Channels channels(int c) const { return {load<V>(scale + c)}; }
  __device__ Elements elements(int64_t i) const { return {load<V>(x + i)}; }
  __device__ void operator()(int64_t i, const Channels &p, const Elements &e) const {
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k)
      out[k] = fromFloat<T>(toFloat(e.x[k]) * p.scale[k]);
    store(y + i, out);
  }
};

/// y = 2 x + 1, of whatever shape.
template <typename T, int V>
struct Line {
  const T *x;
  T *y;
  using Channels = Nothing;
  struct Elements {
    Vec<T, V> x;
  };
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(int64_t i) const { return {load<V>(x + i)}; }
  __device__ void operator()(int64_t i, const Channels &, Elements e) const {
#pragma unroll
    for (int k = 0; k < V; ++k)
      e.x[k] = fromFloat<T>(2.0f * toFloat(e.x[k]) + 1.0f);
    store(y + i, e.x);
  }
};

/// Writes the channel's low byte.
struct ChannelByte {
  uint8_t *y;
  using Channels = int;
  using Elements = Nothing;
  __device__ Channels channels(int c) const { return c; }
  __device__ Elements elements(int64_t) const { return {}; }
  __device__ void operator()(int64_t i, int c, Nothing) const { y[i] = static_cast<uint8_t>(c); }
};

/// y = x * scale[c], and the sums of y; x and y are parts of larger tensors.
template <typename T, int V>
struct ScalePart {
  const T *x;
  int64_t xGap;
  const float *scale;
  T *y;
  int64_t yGap;
  struct Channels {
    Vec<float, V> scale;
  };
  struct Elements {
    Vec<T, V> x;
  };
  __device__ Channels channels(int c) const { return {load<V>(scale + c)}; }
  __device__ Elements elements(cuda::ElementIndex i) const { return {load<V>(x + i.apart(xGap))}; }
  __device__ void operator()(cuda::ElementIndex i, const Channels &p, const Elements &e) const {
    float terms[1][V];
    (*this)(i, p, e, terms);
  }
  __device__ void operator()(cuda::ElementIndex i, const Channels &p, const Elements &e,
                             float (&terms)[1][V]) const {
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      // What dropout would draw is a function of the index in a whole tensor.
      terms[0][k] = toFloat(e.x[k]) * p.scale[k] + kernels::uniform(7, 3, i + k);
      out[k] = fromFloat<T>(terms[0][k]);
    }
    store(y + i.apart(yGap), out);
  }
};

/// y = 2 * x and some channels of it in a tensor of their own, and the sums of y.
template <typename T, int V>
struct CutOut {
  const T *x;
  T *y, *cut;
  kernels::ChannelRange range;
  using Channels = Nothing;
  struct Elements {
    Vec<T, V> x;
  };
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(int64_t i) const { return {load<V>(x + i)}; }
  __device__ void operator()(cuda::ElementIndex i, const Channels &p, const Elements &e) const {
    float terms[1][V];
    (*this)(i, p, e, terms);
  }
  __device__ void operator()(cuda::ElementIndex i, const Channels &, const Elements &e,
                             float (&terms)[1][V]) const {
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      terms[0][k] = 2.0f * toFloat(e.x[k]);
      out[k] = fromFloat<T>(terms[0][k]);
    }
    store(y + i, out);
    if (const int64_t at = range.find(i); at >= 0)
      store(cut + at, out);
  }
};

/// Sums of dy and dy * x, and dz = -dy, which may be dy's memory.
template <typename T, int V>
struct Sums {
  const T *x, *dy;
  T *dz;
  using Channels = Nothing;
  struct Elements {
    Vec<T, V> x, dy;
  };
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(int64_t i) const { return {load<V>(x + i), load<V>(dy + i)}; }
  __device__ void operator()(int64_t i, const Channels &, const Elements &e,
                             float (&terms)[2][V]) const {
    Vec<T, V> out;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      terms[0][k] = toFloat(e.dy[k]);
      terms[1][k] = toFloat(e.dy[k]) * toFloat(e.x[k]);
      out[k] = fromFloat<T>(-toFloat(e.dy[k]));
    }
    store(dz + i, out);
  }
};

template <typename T>
class CudaPointwiseTest : public ElementTest<T> {
protected:
  template <int V>
  void scale(int64_t rows, int64_t channels) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << channels << " by " << V);
    const size_t n = rows * channels;
    const auto x = this->template randomTensor<T>(n);
    const auto factor = this->template randomTensor<float>(channels);
    DeviceArray<T> y(n), flat(n);
    std::vector<double> expected(n), line(n);
    for (size_t i = 0; i < n; ++i) {
      expected[i] = x.exact[i] * factor.exact[i % channels];
      line[i] = 2 * x.exact[i] + 1;
    }
    this->run([&](cudaStream_t stream) {
      cuda::pointwise<V>(stream, rows, channels, Scale<T, V>{x.device, factor.device, y});
      cuda::pointwiseFlat<V>(stream, rows * channels, Line<T, V>{x.device, flat});
      cuda::pointwise<V>(stream, rows, channels, Scale<T, V>{x.device, factor.device, x.device});
    });
    expectClose(y, expected, 1e-7, "y");
    expectClose(flat, line, 1e-7, "flat");
    expectSame(x.device, y, "in place");
  }

  template <int V>
  void parts(int64_t rows, int64_t channels) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << channels << " by " << V);
    const Part in(rows, channels, 24), out(rows, channels, 40);
    const auto x = this->template randomTensor<T>(rows * channels);
    const auto factor = this->template randomTensor<float>(channels);
    const DeviceArray<T> xWhole(in.place(x.device.values()));
    DeviceArray<T> y(rows * channels), ySummed(rows * channels);
    DeviceArray<T> yWhole(out.size()), ySummedWhole(out.size());
    DeviceArray<float> sums(channels), sumsOfPart(channels);
    DeviceBytes workspace(cuda::pointwiseReduceWorkspaceBytes(rows, channels, 1));
    this->run([&](cudaStream_t stream) {
      using F = ScalePart<T, V>;
      const T *xAt = xWhole + in.offset;
      const int64_t xGap = in.pitch - channels, yGap = out.pitch - channels;
      cuda::pointwise<V>(stream, rows, channels, F{x.device, 0, factor.device, y, 0});
      cuda::pointwise<V>(stream, rows, channels,
                         F{xAt, xGap, factor.device, yWhole + out.offset, yGap});
      cuda::pointwiseReduce<V, 1>(stream, rows, channels, F{x.device, 0, factor.device, ySummed, 0},
                                  {sums}, workspace);
      cuda::pointwiseReduce<V, 1>(stream, rows, channels,
                                  F{xAt, xGap, factor.device, ySummedWhole + out.offset, yGap},
                                  {sumsOfPart}, workspace);
    });
    out.expect(yWhole.values(), y.values(), "y");
    out.expect(ySummedWhole.values(), ySummed.values(), "y, summed");
    expectSame(sumsOfPart, sums, "sums");
  }

  template <int V>
  void cuts(int64_t rows, int64_t channels, int64_t first, int64_t count) {
    SCOPED_TRACE(::testing::Message()
                 << rows << " x " << channels << " by " << V << ", " << count << " from " << first);
    const auto x = this->template randomTensor<T>(rows * channels);
    DeviceArray<T> y(rows * channels), cut(rows * count), cutSummed(rows * count);
    DeviceArray<float> sums(channels);
    DeviceBytes workspace(cuda::pointwiseReduceWorkspaceBytes(rows, channels, 1));
    this->run([&](cudaStream_t stream) {
      const kernels::ChannelRange range{channels, first, count};
      cuda::pointwise<V>(stream, rows, channels, CutOut<T, V>{x.device, y, cut, range});
      cuda::pointwiseReduce<V, 1>(stream, rows, channels,
                                  CutOut<T, V>{x.device, y, cutSummed, range}, {sums}, workspace);
    });
    std::vector<double> whole(rows * channels), expected(rows * count);
    for (int64_t i = 0; i < rows * channels; ++i)
      whole[i] = 2 * x.exact[i];
    for (int64_t i = 0; i < rows * count; ++i)
      expected[i] = whole[i / count * channels + first + i % count];
    expectEqual(y, whole, "y");
    expectEqual(cut, expected, "cut");
    expectEqual(cutSummed, expected, "cut, summed");
  }

  template <int V>
  void sums(int64_t rows, int64_t channels) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << channels << " by " << V);
    const size_t n = rows * channels;
    const auto x = this->template randomTensor<T>(n), dy = this->template randomTensor<T>(n);
    std::vector<double> expected[2] = {std::vector<double>(channels),
                                       std::vector<double>(channels)};
    for (size_t i = 0; i < n; ++i) {
      expected[0][i % channels] += dy.exact[i];
      expected[1][i % channels] += dy.exact[i] * x.exact[i];
    }
    DeviceArray<float> out[4] = {DeviceArray<float>(channels), DeviceArray<float>(channels),
                                 DeviceArray<float>(channels), DeviceArray<float>(channels)};
    DeviceArray<T> dz(n);
    DeviceBytes workspace(cuda::pointwiseReduceWorkspaceBytes(rows, channels, 2));
    this->run([&](cudaStream_t stream) {
      cuda::pointwiseReduce<V, 2>(stream, rows, channels, Sums<T, V>{x.device, dy.device, dz},
                                  {out[0], out[1]}, workspace);
      cuda::pointwiseReduce<V, 2>(stream, rows, channels,
                                  Sums<T, V>{x.device, dy.device, dy.device}, {out[2], out[3]},
                                  workspace);
    });
    // Sums of numbers around zero are about as large as the root of how many they are.
    for (int s = 0; s < 2; ++s) {
      const std::vector<float> values = out[s].values();
      for (int64_t c = 0; c < channels; ++c)
        ASSERT_NEAR(values[c], expected[s][c], 1e-6 * std::sqrt(double(rows) + 1))
            << "sum " << s << " of channel " << c;
      expectSame(out[s + 2], out[s], "sum in place");
    }
    std::vector<double> negative(n);
    for (size_t i = 0; i < n; ++i)
      negative[i] = -dy.exact[i];
    expectEqual(dz, negative, "dz");
    expectSame(dy.device, dz, "dz in place");
  }
};
TYPED_TEST_SUITE(CudaPointwiseTest, ElementTypes, ElementName);

class CudaVecTest : public CudaTest {};

} // namespace

TYPED_TEST(CudaPointwiseTest, ReachesEveryElement) {
  for (int64_t rows : {0, 1, 31, 1000}) {
    for (int64_t channels : {8, 24, 64, 1000, 2048})
      this->template scale<8>(rows, channels);
    for (int64_t channels : {4, 12, 100})
      this->template scale<4>(rows, channels);
    for (int64_t channels : {2, 6})
      this->template scale<2>(rows, channels);
    for (int64_t channels : {1, 3, 17, 1001})
      this->template scale<1>(rows, channels);
  }
}

TYPED_TEST(CudaPointwiseTest, PartsGiveTheBitsOfWholeTensors) {
  for (int64_t rows : {1, 33, 5000}) {
    for (int64_t channels : {8, 24, 64, 520})
      this->template parts<8>(rows, channels);
    for (int64_t channels : {4, 100})
      this->template parts<4>(rows, channels);
    this->template parts<2>(rows, 10);
    for (int64_t channels : {1, 3, 1001})
      this->template parts<1>(rows, channels);
  }
}

TYPED_TEST(CudaPointwiseTest, CutsResults) {
  for (int64_t rows : {1, 33, 5000}) {
    for (const auto &[first, count] : {std::pair(0, 8), std::pair(8, 32), std::pair(56, 8)})
      this->template cuts<8>(rows, 64, first, count);
    this->template cuts<8>(rows, 520, 264, 256);
    this->template cuts<4>(rows, 20, 12, 8);
    for (const auto &[first, count] : {std::pair(0, 1), std::pair(3, 7), std::pair(0, 17)})
      this->template cuts<1>(rows, 17, first, count);
  }
}

TYPED_TEST(CudaPointwiseTest, SumsOverRows) {
  for (int64_t rows : {0, 1, 33, 500, 40000}) {
    for (int64_t channels : {8, 40, 64, 512, 520, 2048})
      if (rows * channels < 1 << 22)
        this->template sums<8>(rows, channels);
    for (int64_t channels : {4, 100, 516})
      if (rows * channels < 1 << 22)
        this->template sums<4>(rows, channels);
    this->template sums<2>(rows, 10);
    for (int64_t channels : {1, 3, 1001})
      if (rows * channels < 1 << 22)
        this->template sums<1>(rows, channels);
  }
}

// More than 2^31 groups take more than one launch, and indices more than 32 bits.
TEST_F(CudaVecTest, ReachesBeyond32Bits) {
  size_t available = 0, total = 0;
  CHECK_CUDA(cudaMemGetInfo(&available, &total));
  if (available < size_t{3} << 30)
    GTEST_SKIP() << available << " bytes of GPU memory, needs 3 GiB";
  const int64_t channels = 3, rows = (int64_t{1} << 31) / channels + 1000;
  DeviceArray<uint8_t> y(rows * channels);
  run([&](cudaStream_t stream) { cuda::pointwise<1>(stream, rows, channels, ChannelByte{y}); });
  // Both ends, around the last group of the first launch, and anywhere.
  std::vector<int64_t> places = {0, rows * channels - 4096, (int64_t{1} << 31) - 2048};
  for (int i = 0; i < 50; ++i)
    places.push_back(static_cast<int64_t>(uint64_t{generator()} * generator() %
                                          uint64_t(rows * channels - 4096)));
  const auto expectBytes = [&](const std::function<int64_t(int64_t)> &expected) {
    std::vector<uint8_t> part(4096);
    for (int64_t place : places) {
      CHECK_CUDA(cudaMemcpy(part.data(), y + place, part.size(), cudaMemcpyDeviceToHost));
      for (size_t i = 0; i < part.size(); ++i)
        ASSERT_EQ(part[i], expected((place + static_cast<int64_t>(i)) % channels)) << place + i;
    }
  };
  expectBytes([](int64_t c) { return c; });
  run([&](cudaStream_t stream) {
    cuda::pointwiseFlat<1>(stream, rows * channels, Line<uint8_t, 1>{y, y});
  });
  expectBytes([](int64_t c) { return 2 * c + 1; });
}

namespace {

/// Everything that fromFloat and toFloat do, for one number a thread.
struct Conversions {
  const float *x;
  uint8_t *bytes;
  int32_t *integers;
  __half *halves;
  __nv_bfloat16 *bfloats;
  using Channels = Nothing;
  using Elements = float;
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(int64_t i) const { return x[i]; }
  __device__ void operator()(int64_t i, Nothing, float value) const {
    bytes[i] = fromFloat<uint8_t>(value);
    integers[i] = fromFloat<int32_t>(value);
    halves[i] = fromFloat<__half>(value);
    bfloats[i] = fromFloat<__nv_bfloat16>(value);
  }
};

struct Uniform {
  float *y;
  int64_t first;
  using Channels = Nothing;
  using Elements = Nothing;
  __device__ Channels channels(int) const { return {}; }
  __device__ Elements elements(int64_t) const { return {}; }
  __device__ void operator()(int64_t i, Nothing, Nothing) const {
    y[i] = kernels::uniform(7, 3, first + i);
  }
};

} // namespace

TEST_F(CudaVecTest, Converts) {
  const std::vector<float> x = {0, 1, -1, 2.7f, -2.7f, 255, 256, 1e9f, -1e9f, 1e20f, notANumber};
  const std::vector<uint8_t> bytes = {0, 1, 0, 2, 0, 255, 255, 255, 0, 255, 0};
  const std::vector<int32_t> integers = {0,   1,          -1,          2,          -2, 255,
                                         256, 1000000000, -1000000000, 2147483647, 0};
  const DeviceArray<float> in(x);
  DeviceArray<uint8_t> bytesOut(x.size());
  DeviceArray<int32_t> integersOut(x.size());
  DeviceArray<__half> halvesOut(x.size());
  DeviceArray<__nv_bfloat16> bfloatsOut(x.size());
  run([&](cudaStream_t stream) {
    cuda::pointwiseFlat<1>(stream, x.size(),
                           Conversions{in, bytesOut, integersOut, halvesOut, bfloatsOut});
  });
  EXPECT_EQ(bytesOut.values(), bytes);
  EXPECT_EQ(integersOut.values(), integers);
  std::vector<double> halves, bfloats;
  for (float value : x) {
    halves.push_back(toDouble(fromDouble<__half>(value)));
    bfloats.push_back(toDouble(fromDouble<__nv_bfloat16>(value)));
  }
  expectEqual(halvesOut, halves, "fp16");
  expectEqual(bfloatsOut, bfloats, "bf16");
}

TEST_F(CudaVecTest, DrawsTheNumbersOfTheCpu) {
  const int64_t n = 5000, first = (int64_t{1} << 32) - 2500;
  DeviceArray<float> y(n);
  run([&](cudaStream_t stream) { cuda::pointwiseFlat<1>(stream, n, Uniform{y, first}); });
  const std::vector<float> values = y.values();
  for (int64_t i = 0; i < n; ++i)
    ASSERT_EQ(values[i], kernels::uniform(7, 3, first + i)) << i;
}

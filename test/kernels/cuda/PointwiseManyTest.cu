//===- PointwiseManyTest.cu - one kernel over many tensors on a GPU -------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaTest.h"

#include "codegen/kernels/cuda/PointwiseMany.cuh"

using namespace fanfold;
using namespace fanfold::test;
using cuda::load;
using cuda::Segment;
using cuda::store;
using cuda::Vec;

namespace {

/// Momentum: m = 0.5 m + g, w = w - *rate m; and the weights in fp16.
struct Update {
  float *w, *m;
  const float *g, *rate;
  __half *half;
  template <int V>
  __device__ void operator()(int64_t i) const {
    Vec<float, V> weight = load<V>(w + i), velocity = load<V>(m + i);
    const Vec<float, V> gradient = load<V>(g + i);
    Vec<__half, V> copy;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      velocity[k] = 0.5f * velocity[k] + gradient[k];
      weight[k] -= *rate * velocity[k];
      copy[k] = cuda::fromFloat<__half>(weight[k]);
    }
    store(w + i, weight);
    store(m + i, velocity);
    store(half + i, copy);
  }
};

class CudaPointwiseManyTest : public CudaTest {
protected:
  template <int V, int Count>
  void update(const std::vector<int64_t> &sizes) {
    SCOPED_TRACE(::testing::Message() << Count << " segments by " << V);
    // In one array each, with gaps that nobody may write.
    std::vector<int64_t> offsets;
    int64_t end = 0;
    for (int64_t size : sizes) {
      offsets.push_back(end);
      end += (size + 15) / 8 * 8;
    }
    const Tensor<float> w(randomValues(end)), m(randomValues(end)), g(randomValues(end));
    const DeviceArray<float> rate(std::vector<float>{0.25f});
    DeviceArray<__half> half(end);
    std::vector<double> weights = w.exact, velocities = m.exact, halves(end, notANumber);
    Segment<Update> segments[Count];
    for (int k = 0; k < Count; ++k) {
      const int64_t at = offsets[k];
      segments[k] = {{w.device + at, m.device + at, g.device + at, rate, half + at}, sizes[k]};
      for (int64_t i = at; i < at + sizes[k]; ++i) {
        velocities[i] = 0.5 * velocities[i] + g.exact[i];
        weights[i] -= 0.25 * velocities[i];
        halves[i] = weights[i];
      }
    }
    run([&](cudaStream_t stream) { cuda::pointwiseMany<V>(stream, segments); });
    expectClose(w.device, weights, 1e-6, "w");
    expectClose(m.device, velocities, 1e-6, "m");
    const std::vector<__half> copies = half.values();
    for (int64_t i = 0; i < end; ++i)
      ASSERT_TRUE(std::isnan(halves[i]) ? std::isnan(toDouble(copies[i]))
                                        : std::abs(toDouble(copies[i]) - halves[i]) < 2e-3)
          << i;
  }

  std::vector<int64_t> randomSizes(int count, int32_t largest) {
    std::vector<int64_t> sizes;
    for (int32_t size : randomLabels(count, 0, largest))
      sizes.push_back(size);
    return sizes;
  }
};

} // namespace

TEST_F(CudaPointwiseManyTest, ReachesEveryElement) {
  update<4, 1>({1});
  update<4, 1>({100003});
  update<4, 3>({0, 0, 0});
  update<4, 5>({0, 4096, 0, 4097, 0});
  update<4, 161>(randomSizes(161, 20000));
  update<8, 20>(randomSizes(20, 20000));
  update<1, 20>(randomSizes(20, 20000));
}

// 1500 segments of 48 bytes are more than the arguments of a launch have.
TEST_F(CudaPointwiseManyTest, TakesAsManyLaunchesAsItNeeds) {
  std::vector<int64_t> sizes = randomSizes(1500, 300);
  update<4, 1500>(sizes);
  // A launch with nothing to do, between two that have.
  std::fill(sizes.begin() + 500, sizes.begin() + 1400, 0);
  update<4, 1500>(sizes);
}

//===- GpuTest.h - what tests on the card share --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Without a GPU every test of this fixture is skipped and says so. With one, any
// failing CUDA call fails the test. Inputs are fresh random numbers in each run, exact
// in the element type; the seed is part of every failure's message. Outputs begin as
// NaN, so that an element nobody writes does not pass.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_KERNELS_CUDNN_GPUTEST_H
#define FANFOLD_TEST_KERNELS_CUDNN_GPUTEST_H

#include "runtime/Element.h"

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace fanfold::test {

#define EXPECT_CUDA(call) EXPECT_EQ(cudaSuccess, call) << cudaGetErrorString(cudaGetLastError())

/// Elements of one type on the device. Poisoned with NaN.
class DeviceTensor {
public:
  DeviceTensor(ElementType type, size_t count) : type(type), count(count) {
    EXPECT_CUDA(cudaMalloc(&memory, bytes() + 16));
    EXPECT_CUDA(cudaMemset(memory, 0xff, bytes()));
  }
  DeviceTensor(ElementType type, const std::vector<double> &values)
      : DeviceTensor(type, values.size()) {
    std::vector<std::byte> host(bytes());
    for (size_t i = 0; i < count; ++i)
      storeElement(type, host.data(), i, values[i]);
    EXPECT_CUDA(cudaMemcpy(memory, host.data(), host.size(), cudaMemcpyHostToDevice));
  }
  DeviceTensor(DeviceTensor &&other) noexcept
      : type(other.type), count(other.count), memory(std::exchange(other.memory, nullptr)) {}
  ~DeviceTensor() { cudaFree(memory); }

  void *get() const { return memory; }
  size_t bytes() const { return count * byteSize(type); }

  std::vector<std::byte> raw() const {
    std::vector<std::byte> host(bytes());
    EXPECT_CUDA(cudaMemcpy(host.data(), memory, host.size(), cudaMemcpyDeviceToHost));
    return host;
  }
  std::vector<double> values() const {
    const std::vector<std::byte> host = raw();
    std::vector<double> list(count);
    for (size_t i = 0; i < count; ++i)
      list[i] = loadElement(type, host.data(), i);
    return list;
  }

private:
  ElementType type;
  size_t count;
  void *memory = nullptr;
};

class GpuTest : public ::testing::Test {
protected:
  void SetUp() override {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
      (void)cudaGetLastError();
      GTEST_SKIP() << "no GPU here";
    }
    EXPECT_CUDA(cudaStreamCreate(&stream));
  }
  void TearDown() override {
    if (!stream)
      return;
    EXPECT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_CUDA(cudaStreamDestroy(stream));
  }

  /// Numbers in [low, high) that the type holds exactly.
  std::vector<double> randomValues(ElementType type, size_t count, double low = -1,
                                   double high = 1) {
    std::uniform_real_distribution<double> uniform(low, high);
    std::vector<double> list(count);
    std::byte element[8];
    for (double &value : list) {
      storeElement(type, element, 0, uniform(generator));
      value = loadElement(type, element, 0);
    }
    return list;
  }

  cudaStream_t stream = nullptr;
  const unsigned seed = std::random_device()();
  std::mt19937 generator{seed};
  ::testing::ScopedTrace trace{__FILE__, __LINE__, "seed " + std::to_string(seed)};
};

/// |actual - expected| / |expected| in the Euclidean norm; NaN if anything is not finite.
inline double relativeError(const std::vector<double> &actual,
                            const std::vector<double> &expected) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
    size += expected[i] * expected[i];
  }
  return std::sqrt(difference / size);
}

/// What rounding an operation's result to the type costs, with a margin.
inline double tolerance(ElementType type) {
  return type == ElementType::f16 ? 1e-3 : type == ElementType::bf16 ? 6e-3 : 1e-5;
}

} // namespace fanfold::test

#endif // FANFOLD_TEST_KERNELS_CUDNN_GPUTEST_H

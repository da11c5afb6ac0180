//===- CudaTest.h - what tests of kernels on a GPU share ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs are random, as in KernelTest.h, and rounded to the type of the elements, so
// that the twin in double starts from the very same numbers. Every kernel is captured in
// a graph and run from there, as in a compiled program. Without a GPU tests that need
// one are skipped.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_KERNELS_CUDA_CUDATEST_H
#define FANFOLD_TEST_KERNELS_CUDA_CUDATEST_H

#include "../KernelTest.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace fanfold::test {

/// Ends the test, as failed, if a call fails.
#define CHECK_CUDA(call)                                                                           \
  do {                                                                                             \
    const cudaError_t status_ = (call);                                                            \
    if (status_ != cudaSuccess)                                                                    \
      throw std::runtime_error(std::string(#call) + " at " + __FILE__ + ":" +                      \
                               std::to_string(__LINE__) + ": " + cudaGetErrorString(status_));     \
  } while (false)

/// `count` elements on the GPU between two margins that nobody may write. Poisoned: NaN
/// for types that have it.
template <typename T>
class DeviceArray {
public:
  explicit DeviceArray(size_t count) : count(count) {
    CHECK_CUDA(cudaMalloc(&memory, bytes() + 2 * margin));
    CHECK_CUDA(cudaMemset(memory, 0xff, bytes() + 2 * margin));
  }
  explicit DeviceArray(const std::vector<T> &values) : DeviceArray(values.size()) {
    CHECK_CUDA(cudaMemcpy(get(), values.data(), bytes(), cudaMemcpyHostToDevice));
  }
  DeviceArray(const DeviceArray &) = delete;
  DeviceArray &operator=(const DeviceArray &) = delete;
  ~DeviceArray() {
    std::vector<unsigned char> before(margin), after(margin);
    const cudaError_t status[] = {
        cudaMemcpy(before.data(), memory, margin, cudaMemcpyDeviceToHost),
        cudaMemcpy(after.data(), memory + margin + bytes(), margin, cudaMemcpyDeviceToHost),
        cudaFree(memory)};
    for (cudaError_t each : status)
      EXPECT_EQ(each, cudaSuccess) << cudaGetErrorString(each);
    for (size_t i = 0; i < margin; ++i) {
      EXPECT_EQ(before[i], 0xff) << margin - i << " bytes before an array of " << bytes();
      EXPECT_EQ(after[i], 0xff) << i << " bytes after an array of " << bytes();
      if (before[i] != 0xff || after[i] != 0xff)
        break;
    }
  }

  T *get() const { return reinterpret_cast<T *>(memory + margin); }
  operator T *() const { return get(); }
  size_t size() const { return count; }
  std::vector<T> values() const {
    std::vector<T> out(count);
    CHECK_CUDA(cudaMemcpy(out.data(), get(), bytes(), cudaMemcpyDeviceToHost));
    return out;
  }

private:
  static constexpr size_t margin = 1024;
  size_t bytes() const { return count * sizeof(T); }

  size_t count;
  unsigned char *memory = nullptr;
};

using DeviceBytes = DeviceArray<unsigned char>;

inline double toDouble(float x) { return x; }
inline double toDouble(__half x) { return __half2float(x); }
inline double toDouble(__nv_bfloat16 x) { return __bfloat162float(x); }
template <typename T>
T fromDouble(double x);
template <>
inline float fromDouble(double x) {
  return static_cast<float>(x);
}
template <>
inline __half fromDouble(double x) {
  return __double2half(x);
}
template <>
inline __nv_bfloat16 fromDouble(double x) {
  return __double2bfloat16(x);
}

/// The largest relative error of rounding to T.
template <typename T>
constexpr double rounding = 0x1p-24;
template <>
inline constexpr double rounding<__half> = 0x1p-11;
template <>
inline constexpr double rounding<__nv_bfloat16> = 0x1p-8;

/// |actual - expected| <= tolerance * the largest |expected| + the rounding to T, everywhere.
template <typename T>
void expectClose(const std::vector<T> &actual, const std::vector<double> &expected,
                 double tolerance, const char *what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double largest = 0;
  for (double value : expected)
    largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(toDouble(actual[i]) - expected[i]);
    // 2^-24 is the spacing of the smallest numbers of fp16.
    const double allowed =
        tolerance * largest + 1.01 * rounding<T> * std::abs(expected[i]) + 0x1p-25;
    ASSERT_TRUE(error <= allowed) << what << " at " << i << " is " << toDouble(actual[i])
                                  << ", expected " << expected[i] << " within " << allowed;
  }
}

template <typename T>
void expectClose(const DeviceArray<T> &actual, const std::vector<double> &expected,
                 double tolerance, const char *what) {
  expectClose(actual.values(), expected, tolerance, what);
}

/// The same bits.
template <typename T>
void expectSame(const DeviceArray<T> &actual, const DeviceArray<T> &expected, const char *what) {
  const std::vector<T> a = actual.values(), b = expected.values();
  ASSERT_EQ(a.size(), b.size()) << what;
  for (size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(std::memcmp(&a[i], &b[i], sizeof(T)), 0) << what << " at " << i;
}

/// The same numbers; NaN is NaN whatever its bits.
template <typename T>
void expectEqual(const DeviceArray<T> &actual, const std::vector<double> &expected,
                 const char *what) {
  const std::vector<T> values = actual.values();
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = toDouble(values[i]);
    ASSERT_TRUE(value == expected[i] || (std::isnan(value) && std::isnan(expected[i])))
        << what << " at " << i << " is " << value << ", expected " << expected[i];
  }
}

/// What cannot run here, in a word, or nothing.
inline std::string missingGpu() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess)
    return std::string("no GPU: ") + cudaGetErrorString(status);
  return count > 0 ? "" : "no GPU";
}

class CudaTest : public KernelTest {
protected:
  void SetUp() override {
    static const std::string missing = missingGpu();
    if (!missing.empty())
      GTEST_SKIP() << missing;
    CHECK_CUDA(cudaStreamCreate(&stream));
  }
  void TearDown() override {
    if (stream) {
      EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
    }
  }

  /// Captures what `body` launches, and runs it once to its end.
  void run(const std::function<void(cudaStream_t)> &body) {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t program = nullptr;
    CHECK_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    body(stream);
    CHECK_CUDA(cudaGetLastError());
    CHECK_CUDA(cudaStreamEndCapture(stream, &graph));
    CHECK_CUDA(cudaGraphInstantiate(&program, graph, 0));
    CHECK_CUDA(cudaGraphLaunch(program, stream));
    CHECK_CUDA(cudaStreamSynchronize(stream));
    CHECK_CUDA(cudaGraphExecDestroy(program));
    CHECK_CUDA(cudaGraphDestroy(graph));
  }

  /// Values on the GPU and the same in double.
  template <typename T>
  struct Tensor {
    explicit Tensor(const std::vector<double> &values)
        : exact(values.size()), device(round(values)) {
      for (size_t i = 0; i < values.size(); ++i)
        exact[i] = toDouble(fromDouble<T>(values[i]));
    }
    std::vector<double> exact;
    DeviceArray<T> device;

  private:
    static std::vector<T> round(const std::vector<double> &values) {
      std::vector<T> out(values.size());
      for (size_t i = 0; i < values.size(); ++i)
        out[i] = fromDouble<T>(values[i]);
      return out;
    }
  };

  std::vector<double> randomValues(size_t count, double low = -1, double high = 1) {
    std::vector<double> values(count);
    std::uniform_real_distribution<double> uniform(low, high);
    for (double &value : values)
      value = uniform(generator);
    return values;
  }
  template <typename T>
  Tensor<T> randomTensor(size_t count, double low = -1, double high = 1) {
    return Tensor<T>(randomValues(count, low, high));
  }

  cudaStream_t stream = nullptr;
};

/// A CudaTest for each type of elements.
template <typename T>
class ElementTest : public CudaTest {};
using ElementTypes = ::testing::Types<float, __half, __nv_bfloat16>;
struct ElementName {
  template <typename T>
  static std::string GetName(int) { // NOLINT(readability-identifier-naming): GoogleTest's
    return std::is_same_v<T, float> ? "fp32" : std::is_same_v<T, __half> ? "fp16" : "bf16";
  }
};

} // namespace fanfold::test

#endif // FANFOLD_TEST_KERNELS_CUDA_CUDATEST_H

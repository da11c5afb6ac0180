//===- KernelTest.h - what tests of kernels share -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs are random and new in every run; the seed is printed with each failure,
// and FANFOLD_TEST_SEED in the environment brings it back. Outputs begin as NaN, so
// that an element nobody writes does not pass.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_KERNELS_KERNELTEST_H
#define FANFOLD_TEST_KERNELS_KERNELTEST_H

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <vector>

namespace fanfold::test {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

/// Memory aligned as the arena is, which workspaces rely on. Poisoned.
template <class T>
class Buffer {
public:
  explicit Buffer(size_t count)
      : count(count), data(static_cast<T *>(std::aligned_alloc(64, rounded())), &std::free) {
    std::memset(data.get(), 0xff, rounded()); // NaN as float and as double
  }
  T *get() const { return data.get(); }
  operator T *() const { return data.get(); }
  size_t size() const { return count; }
  T *begin() const { return data.get(); }
  T *end() const { return data.get() + count; }

private:
  size_t rounded() const { return (count * sizeof(T) + 64) / 64 * 64; }

  size_t count;
  std::unique_ptr<T, void (*)(void *)> data;
};

/// A workspace of exactly `bytes`, before a margin that must stay as it is: oneDNN's
/// code is generated, and sanitizers do not see what it writes.
class Workspace {
public:
  explicit Workspace(size_t bytes) : bytes(bytes), buffer(bytes + margin) {}
  ~Workspace() {
    for (size_t i = bytes; i < buffer.size(); ++i)
      if (buffer[i] != std::byte{0xff}) {
        ADD_FAILURE() << "byte " << i << " of a workspace of " << bytes << " was written";
        return;
      }
  }
  operator std::byte *() const { return buffer.get(); }

private:
  static constexpr size_t margin = 1 << 16;
  size_t bytes;
  Buffer<std::byte> buffer;
};

/// The seed of this run.
inline unsigned seed() {
  static const unsigned value = [] {
    const char *given = std::getenv("FANFOLD_TEST_SEED");
    return given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  }();
  return value;
}

class KernelTest : public ::testing::Test {
protected:
  KernelTest() : generator(seed()), trace(__FILE__, __LINE__, message()) {}

  /// An input in both precisions, equal to the bit.
  struct Input {
    Buffer<float> single;
    std::vector<double> exact;
  };

  Input randomInput(size_t count, float low = -1, float high = 1) {
    Input input{Buffer<float>(count), std::vector<double>(count)};
    std::uniform_real_distribution<float> uniform(low, high);
    for (size_t i = 0; i < count; ++i)
      input.exact[i] = double{input.single[i] = uniform(generator)};
    return input;
  }

  std::vector<int32_t> randomLabels(size_t count, int32_t low, int32_t high) {
    std::vector<int32_t> labels(count);
    std::uniform_int_distribution<int32_t> uniform(low, high);
    for (int32_t &label : labels)
      label = uniform(generator);
    return labels;
  }

  std::mt19937 generator;

private:
  static std::string message() { return "FANFOLD_TEST_SEED=" + std::to_string(seed()); }
  ::testing::ScopedTrace trace;
};

inline std::vector<double> poisoned(size_t count) { return std::vector<double>(count, notANumber); }

/// |actual - expected| <= tolerance * the largest |expected|, everywhere; or times `scale`,
/// if that is larger: the size of the terms of a sum that may come out near zero.
inline void expectClose(const Buffer<float> &actual, const std::vector<double> &expected,
                        double tolerance, const char *what, double scale = 0) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double largest = scale, worst = 0;
  for (double value : expected)
    largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(double{actual[i]} - expected[i]);
    ASSERT_FALSE(std::isnan(error))
        << what << " at " << i << " is " << actual[i] << ", expected " << expected[i];
    worst = std::max(worst, error);
  }
  EXPECT_LE(worst, tolerance * largest) << what;
}

/// The same bits.
inline void expectSame(const Buffer<float> &actual, const Buffer<float> &expected,
                       const char *what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_EQ(std::memcmp(&actual[i], &expected[i], sizeof(float)), 0)
        << what << " at " << i << ": " << actual[i] << " and " << expected[i];
}

/// `gradient` of the scalar `loss(x)` against central differences; x is put back.
inline void expectGradient(std::vector<double> &x, const std::vector<double> &gradient,
                           const std::function<double()> &loss, const char *what) {
  ASSERT_EQ(x.size(), gradient.size()) << what;
  const double step = 1e-6;
  for (size_t i = 0; i < x.size(); ++i) {
    const double kept = x[i];
    x[i] = kept + step;
    const double above = loss();
    x[i] = kept - step;
    const double below = loss();
    x[i] = kept;
    EXPECT_NEAR(gradient[i], (above - below) / (2 * step), 1e-6) << what << " at " << i;
  }
}

inline double dot(const std::vector<double> &a, const std::vector<double> &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += a[i] * b[i];
  return sum;
}

/// Runs `body` with that many threads and then with as many as before.
inline void withThreads(int threads, const std::function<void()> &body) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  body();
  omp_set_num_threads(before);
}

} // namespace fanfold::test

#endif // FANFOLD_TEST_KERNELS_KERNELTEST_H

//===- NormFoldTest.cpp - batch normalisation in 1x1 convolutions --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolution and batch normalisation, and their gradients, one after the other in double
// against the kernels. The products between the kernels are made here, in double as well.
//
//===----------------------------------------------------------------------===//

#include "CudaTest.h"

#include "codegen/kernels/cuda/NormFold.h"
#include "codegen/kernels/reference/Pointwise.h"

using namespace fanfold;
using namespace fanfold::test;

namespace {

using Numbers = std::vector<double>;

/// x y of matrices that share `inner`.
Numbers product(int64_t inner, const Numbers &x, const Numbers &y) {
  const auto n = static_cast<size_t>(inner);
  const size_t rows = x.size() / n, columns = y.size() / n;
  Numbers result(rows * columns, 0.0);
  for (size_t i = 0; i < rows; ++i)
    for (size_t k = 0; k < n; ++k)
      for (size_t j = 0; j < columns; ++j)
        result[i * columns + j] += x[i * n + k] * y[k * columns + j];
  return result;
}

Numbers transposed(int64_t rows, const Numbers &x) {
  const auto n = static_cast<size_t>(rows);
  const size_t columns = x.size() / n;
  Numbers result(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    result[i % columns * n + i / columns] = x[i];
  return result;
}

/// The sum over n of x[n][i] y[n][j], of tensors of n rows.
Numbers transposedProduct(int64_t n, const Numbers &x, const Numbers &y) {
  return product(n, transposed(n, x), y);
}

template <typename T>
Numbers numbersOf(const DeviceArray<T> &array) {
  Numbers numbers;
  for (T value : array.values())
    numbers.push_back(toDouble(value));
  return numbers;
}

double largestOf(const Numbers &numbers) {
  double largest = 0;
  for (double value : numbers)
    largest = std::max(largest, std::abs(value));
  return largest;
}

template <typename T>
class CudaNormFoldTest : public ElementTest<T> {
protected:
  using Float = typename CudaTest::Tensor<float>;
  static constexpr float epsilon = 1e-5f, momentum = 0.1f;

  void compare(const cuda::NormFoldShape &sizes, double mean) {
    SCOPED_TRACE(::testing::Message() << sizes.rows << " rows, " << sizes.inChannels << " to "
                                      << sizes.outChannels << ", mean " << mean);
    shape = sizes, n = sizes.rows, k = sizes.outChannels, c = sizes.inChannels;
    // Sums in fp32 are larger than their differences by the mean squared.
    tolerance = 1e-5 * (1 + mean * mean);
    a = this->randomValues(n * c, mean - 1, mean + 1);
    dz = this->randomValues(n * k, -1, 1.1);
    const Float w(this->randomValues(k * c)), gamma(this->randomValues(k, 0.5, 1.5));
    const Numbers y = product(c, a, transposed(k, w.exact));
    const Float inputSum(transposedProduct(n, Numbers(n, 1.0), a));
    const Float spread(product(c, w.exact, transposedProduct(n, a, a)));
    const Numbers invStd = checkForward(w, gamma, y, inputSum, spread);
    checkBackward(w, gamma, y, inputSum, spread, Float(invStd));
  }

private:
  /// Returns the inverse deviations.
  Numbers checkForward(const Float &w, const Float &gamma, const Numbers &y, const Float &inputSum,
                       const Float &spread) {
    const Float beta(this->randomValues(k)), runningMean(this->randomValues(k));
    const Float runningVar(this->randomValues(k, 0.5, 1.5));
    Numbers mean(k), invStd(k), newMean(k), newVar(k), z(n * k);
    reference::batchNormStatistics(n, k, y.data(), double{epsilon}, double{momentum},
                                   runningMean.exact.data(), runningVar.exact.data(),
                                   newMean.data(), newVar.data(), mean.data(), invStd.data());
    reference::batchNorm(n, k, y.data(), mean.data(), invStd.data(), gamma.exact.data(),
                         beta.exact.data(), z.data());

    DeviceArray<T> filter(k * c), bias(k), filterAgain(k * c), biasAgain(k);
    DeviceArray<float> foldedInvStd(k), foldedMean(k), foldedVar(k), invStdAgain(k);
    this->run([&](cudaStream_t stream) {
      cuda::foldNorm<T>(stream, shape, epsilon, momentum, w.device, spread.device, inputSum.device,
                        gamma.device, beta.device, runningMean.device, runningVar.device, filter,
                        bias, foldedInvStd, foldedMean, foldedVar);
      // Once more over the running statistics.
      cuda::foldNorm<T>(stream, shape, epsilon, momentum, w.device, spread.device, inputSum.device,
                        gamma.device, beta.device, runningMean.device, runningVar.device,
                        filterAgain, biasAgain, invStdAgain, runningMean.device, runningVar.device);
    });
    expectClose(foldedInvStd, invStd, tolerance, "inverse deviation");
    expectClose(foldedMean, newMean, tolerance, "running mean");
    expectClose(foldedVar, newVar, tolerance, "running variance");
    expectSame(runningMean.device, foldedMean, "running mean, in place");
    expectSame(runningVar.device, foldedVar, "running variance, in place");
    Numbers folded = product(c, a, transposed(k, numbersOf(filter)));
    const Numbers shift = numbersOf(bias);
    for (int64_t i = 0; i < n * k; ++i)
      folded[i] += shift[i % k];
    expectPixels(folded, z, "z", /*roundedShift=*/largestOf(shift));
    return invStd;
  }

  void checkBackward(const Float &w, const Float &gamma, const Numbers &y, const Float &inputSum,
                     const Float &spread, const Float &invStd) {
    Numbers mean = transposedProduct(n, Numbers(n, 1.0 / static_cast<double>(n)), y);
    Numbers dy(n * k), dgamma(k), dbeta(k);
    reference::batchNormGradient(n, k, y.data(), mean.data(), invStd.exact.data(),
                                 gamma.exact.data(), dz.data(), dy.data(), dgamma.data(),
                                 dbeta.data());
    const Float gradientSum(dbeta), products(transposedProduct(n, dz, a));
    DeviceArray<T> filterGradient(k * c), scaled(k * c), own(c * c);
    DeviceArray<float> gammaGradient(k), weighted(k * c), shift(c);
    this->run([&](cudaStream_t stream) {
      cuda::foldNormGradient<T>(stream, shape, w.device, products.device, spread.device,
                                inputSum.device, gradientSum.device, invStd.device, gamma.device,
                                filterGradient, gammaGradient, scaled, weighted);
    });
    expectClose(gammaGradient, dgamma, tolerance, "gamma's gradient");
    // The filter's gradient is what remains of larger terms: with one channel, nothing.
    const Numbers dw = transposedProduct(n, dy, a);
    double largestTerm = 0;
    for (int64_t i = 0; i < k * c; ++i)
      largestTerm = std::max(
          largestTerm, std::abs(gamma.exact[i / c] * invStd.exact[i / c] * products.exact[i]));
    expectClose(filterGradient, dw, tolerance * std::max(1.0, largestTerm / largestOf(dw)),
                "the filter's gradient");

    const Float square(transposedProduct(k, numbersOf(weighted), w.exact));
    this->run([&](cudaStream_t stream) {
      cuda::foldNormInput<T>(stream, shape, square.device, scaled, inputSum.device,
                             gradientSum.device, own, shift);
    });
    Numbers da = product(k, dz, numbersOf(scaled));
    const Numbers ofInput = product(c, a, numbersOf(own)), shifts = numbersOf(shift);
    for (int64_t i = 0; i < n * c; ++i)
      da[i] += ofInput[i] + shifts[i % c];
    expectPixels(da, product(k, dy, w.exact), "the input's gradient", /*roundedShift=*/0);
  }

  /// Of filters that are rounded to T: the errors of many products, which add like random
  /// numbers. The means are right, but for the rounding of shifts as large as `roundedShift`.
  void expectPixels(const Numbers &actual, const Numbers &expected, const char *what,
                    double roundedShift) {
    double worst = 0, total = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      worst = std::max(worst, std::abs(actual[i] - expected[i]));
      total += actual[i] - expected[i];
    }
    // Not `worst` itself: a NaN is the largest of nothing.
    ASSERT_FALSE(std::isnan(total)) << what;
    const double largest = std::max(largestOf(expected), largestOf(a) * 1e-2);
    const double shifted = roundedShift * rounding<T>;
    EXPECT_LE(worst, largest * (4 * rounding<T> + tolerance) + shifted) << what;
    EXPECT_LE(std::abs(total) / static_cast<double>(expected.size()), largest * tolerance + shifted)
        << "the mean of " << what;
  }

  cuda::NormFoldShape shape{};
  int64_t n = 0, k = 0, c = 0;
  double tolerance = 0;
  Numbers a, dz;
};
TYPED_TEST_SUITE(CudaNormFoldTest, ElementTypes, ElementName);

} // namespace

TYPED_TEST(CudaNormFoldTest, AgreesWithDefinition) {
  const cuda::NormFoldShape shapes[] = {{64, 8, 4}, {100, 256, 64}, {33, 7, 3},   {500, 1, 1},
                                        {40, 1, 5}, {300, 24, 300}, {70, 512, 9}, {2000, 33, 17}};
  for (const cuda::NormFoldShape &shape : shapes)
    this->compare(shape, 0.5);
}

TYPED_TEST(CudaNormFoldTest, KeepsPrecisionFarFromZero) { this->compare({1000, 64, 16}, 8); }

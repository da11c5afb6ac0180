//===- ConvSums.h - sums that a convolution leaves beside its result ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_KERNELS_CUDA_CONVSUMS_H
#define FANFOLD_TEST_KERNELS_CUDA_CONVSUMS_H

#include "CudaTest.h"

namespace fanfold::test {

/// That `sum` and `squares` are, for each of their filters, those of y as it was written.
template <typename T>
void expectSumsOf(const DeviceArray<T> &y, const DeviceArray<float> &sum,
                  const DeviceArray<float> &squares) {
  const size_t filters = sum.size();
  const std::vector<T> rounded = y.values();
  std::vector<double> sums(filters), sizes(filters), sumsOfSquares(filters);
  for (size_t i = 0; i < rounded.size(); ++i) {
    const double value = toDouble(rounded[i]);
    sums[i % filters] += value;
    sizes[i % filters] += std::abs(value);
    sumsOfSquares[i % filters] += value * value;
  }
  const std::vector<float> sumOut = sum.values(), squaresOut = squares.values();
  for (size_t i = 0; i < filters; ++i) {
    // Of the terms' size, where they cancel.
    ASSERT_NEAR(sumOut[i], sums[i], 1e-6 * sizes[i]) << "sum of filter " << i;
    ASSERT_NEAR(squaresOut[i], sumsOfSquares[i], 2e-6 * sumsOfSquares[i])
        << "sum of squares of filter " << i;
  }
}

} // namespace fanfold::test

#endif // FANFOLD_TEST_KERNELS_CUDA_CONVSUMS_H

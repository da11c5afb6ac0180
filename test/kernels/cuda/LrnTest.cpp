//===- LrnTest.cpp - local response normalisation on a GPU ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaTest.h"

#include "codegen/kernels/cuda/Lrn.h"
#include "codegen/kernels/reference/Lrn.h"

using namespace fanfold;
using namespace fanfold::test;

namespace {

template <typename T>
class CudaLrnTest : public ElementTest<T> {
protected:
  void compare(int64_t rows, int64_t channels, int64_t size, double alpha, double beta, double k) {
    SCOPED_TRACE(::testing::Message()
                 << rows << " x " << channels << ", size " << size << ", beta " << beta);
    const size_t n = rows * channels;
    const auto x = this->template randomTensor<T>(n, -2, 2), dy = this->template randomTensor<T>(n);
    std::vector<double> y = poisoned(n), dx = poisoned(n);
    reference::lrn(rows, channels, size, alpha, beta, k, x.exact.data(), y.data());
    reference::lrnGradient(rows, channels, size, alpha, beta, k, x.exact.data(), dy.exact.data(),
                           dx.data());
    DeviceArray<T> yOut(n), dxOut(n);
    this->run([&](cudaStream_t stream) {
      cuda::lrn<T>(stream, rows, channels, size, alpha, beta, k, x.device, yOut);
      cuda::lrnGradient<T>(stream, rows, channels, size, alpha, beta, k, x.device, dy.device,
                           dxOut);
    });
    expectClose(yOut, y, 2e-6, "y");
    expectClose(dxOut, dx, 4e-6, "dx");
    if (channels > 2048)
      return;
    const DeviceArray<T> both(x.device.values());
    this->run([&](cudaStream_t stream) {
      cuda::lrnGradient<T>(stream, rows, channels, size, alpha, beta, k, x.device, dy.device,
                           dy.device);
      cuda::lrn<T>(stream, rows, channels, size, alpha, beta, k, both, both);
    });
    expectSame(both, yOut, "y in place");
    expectSame(dy.device, dxOut, "dx in place");
  }
};
TYPED_TEST_SUITE(CudaLrnTest, ElementTypes, ElementName);

} // namespace

TYPED_TEST(CudaLrnTest, AgreesWithDefinition) {
  const std::pair<int64_t, int64_t> sizes[] = {{1, 1},   {3, 5},    {50, 64},  {33, 96},
                                               {7, 256}, {100, 17}, {5, 2048}, {600, 8}};
  for (const auto &[rows, channels] : sizes)
    for (int64_t size : {1, 2, 4, 5, 9})
      this->compare(rows, channels, size, 0.5, 0.75, 2);
  this->compare(40, 64, 5, 1e-4, 0.5, 1);
  // Several tiles of rows for each block.
  this->compare(71401, 48, 5, 0.1, 0.75, 2);
  this->compare(71401, 48, 5, 0.1, 0.6, 2);
  this->compare(40, 21, 3, 0.3, 1.25, 1);
}

TYPED_TEST(CudaLrnTest, CutsWideRows) {
  for (int64_t channels : {2049, 2056, 4100, 6144})
    for (int64_t size : {2, 5, 100, 255, 256})
      this->compare(2, channels, size, 2, 0.75, 1);
  this->compare(3, 1000, 256, 5, 0.75, 1);
}

//===- BatchNormTest.cpp - statistics of batch normalisation on a GPU -----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Part.h"
#include "CudaTest.h"

#include "codegen/kernels/cuda/BatchNorm.h"
#include "codegen/kernels/reference/Pointwise.h"

using namespace fanfold;
using namespace fanfold::test;

namespace {

template <typename T>
class CudaBatchNormTest : public ElementTest<T> {
protected:
  static constexpr float epsilon = 1e-5f, momentum = 0.1f;

  /// The kernel on x against the twin on the same numbers.
  void compare(int64_t rows, int64_t channels, const std::vector<double> &values,
               double tolerance) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << channels);
    using Tensor = typename CudaTest::Tensor<T>;
    using Parameters = typename CudaTest::Tensor<float>;
    const Tensor x(values);
    const Parameters runningMean(this->randomValues(channels));
    const Parameters runningVar(this->randomValues(channels, 0.5, 2));
    std::vector<double> results[4];
    for (std::vector<double> &result : results)
      result = poisoned(channels);
    reference::batchNormStatistics(rows, channels, x.exact.data(), double{epsilon},
                                   double{momentum}, runningMean.exact.data(),
                                   runningVar.exact.data(), results[0].data(), results[1].data(),
                                   results[2].data(), results[3].data());

    // Once beside the running statistics, and once over them.
    DeviceArray<float> newMean(channels), newVar(channels), mean(channels), invStd(channels);
    DeviceArray<float> mean2(channels), invStd2(channels);
    DeviceBytes workspace(cuda::batchNormWorkspaceBytes(rows, channels));
    this->run([&](cudaStream_t stream) {
      cuda::batchNormStatistics<T>(stream, rows, channels, x.device, channels, epsilon, momentum,
                                   runningMean.device, runningVar.device, newMean, newVar, mean,
                                   invStd, workspace);
      cuda::batchNormStatistics<T>(stream, rows, channels, x.device, channels, epsilon, momentum,
                                   runningMean.device, runningVar.device, runningMean.device,
                                   runningVar.device, mean2, invStd2, workspace);
    });
    if (rows > 1) {
      expectClose(newMean, results[0], tolerance, "running mean");
      expectClose(newVar, results[1], tolerance, "running variance");
    } else {
      for (float value : newVar.values())
        EXPECT_TRUE(std::isnan(value)) << "variance of one row is " << value;
    }
    expectClose(mean, results[2], tolerance, "mean");
    expectClose(invStd, results[3], tolerance, "inverse deviation");
    expectSame(mean2, mean, "mean, in place");
    expectSame(invStd2, invStd, "inverse deviation, in place");
    expectSame(runningMean.device, newMean, "running mean, in place");
    expectSame(runningVar.device, newVar, "running variance, in place");
  }
};
TYPED_TEST_SUITE(CudaBatchNormTest, ElementTypes, ElementName);

} // namespace

TYPED_TEST(CudaBatchNormTest, PartsGiveTheBitsOfWholeTensors) {
  using T = TypeParam;
  for (int64_t rows : {1, 31, 1000, 40000})
    for (int64_t channels : {1, 3, 8, 20, 64, 136, 520}) {
      SCOPED_TRACE(::testing::Message() << rows << " x " << channels);
      const Part part(rows, channels);
      const auto x = this->template randomTensor<T>(rows * channels);
      const auto running = this->template randomTensor<float>(channels);
      const DeviceArray<T> whole(part.place(x.device.values()));
      DeviceBytes workspace(cuda::batchNormWorkspaceBytes(rows, channels));
      std::vector<std::unique_ptr<DeviceArray<float>>> results;
      for (int i = 0; i < 8; ++i)
        results.push_back(std::make_unique<DeviceArray<float>>(channels));
      this->run([&](cudaStream_t stream) {
        const auto launch = [&](const T *from, int64_t pitch, size_t first) {
          cuda::batchNormStatistics<T>(stream, rows, channels, from, pitch, 1e-5f, 0.1f,
                                       running.device, running.device, *results[first],
                                       *results[first + 1], *results[first + 2],
                                       *results[first + 3], workspace);
        };
        launch(x.device, channels, 0);
        launch(whole + part.offset, part.pitch, 4);
      });
      for (size_t i = 0; i < 4; ++i)
        expectSame(*results[4 + i], *results[i], "statistics");
    }
}

TYPED_TEST(CudaBatchNormTest, AgreesWithDefinition) {
  const std::pair<int64_t, int64_t> sizes[] = {{1, 1},      {1, 64},      {2, 3},
                                               {33, 17},    {100, 1},     {4096, 8},
                                               {31, 1000},  {49, 40},     {50, 520},
                                               {200, 2048}, {5, 4104},    {1000, 3},
                                               {20000, 64}, {777, 1001},  {64, 65},
                                               {65, 264},   {100000, 16}, {34000, 1},
                                               {7, 515},    {2051, 2048}}; // several batches of
                                                                           // rows for each block,
                                                                           // not the same of all
  for (const auto &[rows, channels] : sizes)
    this->compare(rows, channels, this->randomValues(rows * channels, -1, 3), 2e-6);
}

TYPED_TEST(CudaBatchNormTest, KeepsPrecisionFarFromZero) {
  // Deviations of a thousandth of the mean; more than the spacing of fp16 and bf16.
  const int64_t rows = 3000, channels = 24;
  const double mean = rounding<TypeParam> > 0x1p-12 ? 20 : 1000;
  this->compare(rows, channels, this->randomValues(rows * channels, mean - 1, mean + 1), 2e-5);
}

TYPED_TEST(CudaBatchNormTest, HasNoVarianceWhereAllIsEqual) {
  const int64_t rows = 1234, channels = 40;
  std::vector<double> values = this->randomValues(channels);
  for (int64_t i = channels; i < rows * channels; ++i)
    values.push_back(values[i - channels]);
  this->compare(rows, channels, values, 2e-6);
}

TYPED_TEST(CudaBatchNormTest, KeepsNanInItsChannel) {
  using T = TypeParam;
  const int64_t rows = 500, channels = 16;
  std::vector<double> values = this->randomValues(rows * channels);
  values[250 * channels + 5] = notANumber;
  const typename CudaTest::Tensor<T> x(values);
  const DeviceArray<float> running(std::vector<float>(channels, 0.5f));
  DeviceArray<float> newMean(channels), newVar(channels), mean(channels), invStd(channels);
  DeviceBytes workspace(cuda::batchNormWorkspaceBytes(rows, channels));
  this->run([&](cudaStream_t stream) {
    cuda::batchNormStatistics<T>(stream, rows, channels, x.device, channels, 1e-5f, 0.1f, running,
                                 running, newMean, newVar, mean, invStd, workspace);
  });
  for (const DeviceArray<float> *result : {&newMean, &newVar, &mean, &invStd})
    for (int64_t c = 0; c < channels; ++c)
      EXPECT_EQ(std::isnan(result->values()[c]), c == 5) << c;
}

namespace {
class CudaBatchNormFinalizeTest : public CudaTest {};
} // namespace

TEST_F(CudaBatchNormFinalizeTest, AgreesWithDefinition) {
  for (int64_t channels : {1, 7, 256, 2048}) {
    SCOPED_TRACE(channels);
    const int64_t rows = 100;
    std::vector<double> x = randomValues(rows * channels), sums(channels), squares(channels);
    for (int64_t i = 0; i < rows; ++i)
      x[i * channels] = 0.25; // A variance that is nothing but rounding, which is not negative.
    for (int64_t i = 0; i < rows * channels; ++i) {
      sums[i % channels] += x[i];
      squares[i % channels] += x[i] * x[i];
    }
    const Tensor<float> sum(sums), square(squares), runningMean(randomValues(channels)),
        runningVar(randomValues(channels, 0.5, 2));
    std::vector<double> results[4];
    for (std::vector<double> &result : results)
      result = poisoned(channels);
    reference::batchNormStatistics(rows, channels, x.data(), 1e-3, 0.25, runningMean.exact.data(),
                                   runningVar.exact.data(), results[0].data(), results[1].data(),
                                   results[2].data(), results[3].data());
    DeviceArray<float> newMean(channels), newVar(channels), mean(channels), invStd(channels);
    run([&](cudaStream_t stream) {
      cuda::batchNormFinalize(stream, rows, channels, sum.device, square.device, 1e-3f, 0.25f,
                              runningMean.device, runningVar.device, newMean, newVar, mean, invStd);
    });
    expectClose(newMean, results[0], 2e-6, "running mean");
    expectClose(newVar, results[1], 2e-6, "running variance");
    expectClose(mean, results[2], 2e-6, "mean");
    // A variance of about 1e-8 beside an epsilon of 1e-3.
    expectClose(invStd, results[3], 1e-4, "inverse deviation");
  }
}

//===- LossTest.cpp - loss and accuracy on a GPU --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaTest.h"

#include "codegen/kernels/cuda/Accuracy.h"
#include "codegen/kernels/cuda/SoftmaxCrossEntropy.h"
#include "codegen/kernels/reference/Loss.h"

using namespace fanfold;
using namespace fanfold::test;

namespace {

/// Elements of the logits and of the probabilities.
template <typename LogitsT, typename ProbabilitiesT>
struct Pair {
  using T = LogitsT;
  using P = ProbabilitiesT;
};
using Pairs = ::testing::Types<Pair<float, float>, Pair<__half, __half>, Pair<__half, float>,
                               Pair<__nv_bfloat16, __nv_bfloat16>, Pair<__nv_bfloat16, float>>;
template <typename Types>
class CudaLossTest : public CudaTest {};
TYPED_TEST_SUITE(CudaLossTest, Pairs);

template <typename T>
class CudaAccuracyTest : public ElementTest<T> {};
TYPED_TEST_SUITE(CudaAccuracyTest, ElementTypes, ElementName);

struct Size {
  int64_t rows, classes;
};
const Size sizes[] = {{1, 1}, {1, 2}, {64, 10}, {16, 1000}, {257, 17}, {3000, 5}, {3, 20001}};

} // namespace

TYPED_TEST(CudaLossTest, AgreesWithDefinition) {
  using T = typename TypeParam::T;
  using P = typename TypeParam::P;
  for (const Size &s : sizes)
    for (float smoothing : {0.0f, 0.1f}) {
      SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.classes << ", " << smoothing);
      const size_t n = s.rows * s.classes;
      const auto logits = this->template randomTensor<T>(n, -8, 8);
      const std::vector<int32_t> labelValues = this->randomLabels(s.rows, -1, s.classes - 1);
      const DeviceArray<int32_t> labels(labelValues);
      const float dloss = 1024.5f;
      const DeviceArray<float> dlossIn(std::vector<float>{dloss});
      std::vector<double> p = poisoned(n), dlogits = poisoned(n), loss = poisoned(1);
      reference::softmaxCrossEntropy(s.rows, s.classes, double{smoothing}, logits.exact.data(),
                                     labelValues.data(), loss.data(), p.data());
      DeviceArray<P> pOut(n);
      DeviceArray<T> dlogitsOut(n);
      DeviceArray<float> lossOut(1), loss2(1);
      DeviceBytes workspace(cuda::softmaxCrossEntropyWorkspaceBytes(s.rows));
      this->run([&](cudaStream_t stream) {
        cuda::softmaxCrossEntropy<T, P>(stream, s.rows, s.classes, smoothing, logits.device, labels,
                                        lossOut, pOut, workspace);
        cuda::softmaxCrossEntropyGradient<T, P>(stream, s.rows, s.classes, smoothing, pOut, labels,
                                                dlossIn, dlogitsOut);
      });
      EXPECT_NEAR(lossOut.values()[0], loss[0], 1e-6 * std::max(1.0, loss[0]));
      expectClose(pOut, p, 2e-6, "probabilities");
      // The gradient of what the kernel was given.
      std::vector<double> rounded(n);
      const std::vector<P> given = pOut.values();
      for (size_t i = 0; i < n; ++i)
        rounded[i] = toDouble(given[i]);
      reference::softmaxCrossEntropyGradient(s.rows, s.classes, double{smoothing}, rounded.data(),
                                             labelValues.data(), double{dloss}, dlogits.data());
      const std::vector<T> d = dlogitsOut.values();
      for (size_t i = 0; i < n; ++i)
        ASSERT_NEAR(toDouble(d[i]), dlogits[i],
                    2e-6 * dloss / s.rows + 1.01 * rounding<T> * std::abs(dlogits[i]) + 0x1p-25)
            << i;
      if constexpr (std::is_same_v<T, P>) {
        this->run([&](cudaStream_t stream) {
          T *both = logits.device;
          cuda::softmaxCrossEntropy<T, T>(stream, s.rows, s.classes, smoothing, both, labels, loss2,
                                          both, workspace);
          cuda::softmaxCrossEntropyGradient<T, T>(stream, s.rows, s.classes, smoothing, both,
                                                  labels, dlossIn, both);
        });
        expectSame(loss2, lossOut, "loss in place");
        expectSame(logits.device, dlogitsOut, "gradient in place");
      }
    }
}

TYPED_TEST(CudaLossTest, TellsWrongLabelsAndLogits) {
  using T = typename TypeParam::T;
  using P = typename TypeParam::P;
  const Size s = {4, 300};
  const size_t n = s.rows * s.classes;
  std::vector<double> values = this->randomValues(n, -1e4, 1e4); // exp() of these overflows
  const DeviceArray<float> dloss(std::vector<float>{1});
  DeviceBytes workspace(cuda::softmaxCrossEntropyWorkspaceBytes(s.rows));
  const auto lossOf = [&](const std::vector<int32_t> &labelValues) {
    const typename CudaTest::Tensor<T> logits(values);
    const DeviceArray<int32_t> labels(labelValues);
    DeviceArray<float> loss(1);
    DeviceArray<P> p(n);
    DeviceArray<T> d(n);
    this->run([&](cudaStream_t stream) {
      cuda::softmaxCrossEntropy<T, P>(stream, s.rows, s.classes, 0, logits.device, labels, loss, p,
                                      workspace);
      cuda::softmaxCrossEntropyGradient<T, P>(stream, s.rows, s.classes, 0, p, labels, dloss, d);
    });
    const std::vector<T> gradient = d.values();
    for (int64_t row = 0; row < s.rows; ++row)
      for (int64_t c = 0; c < s.classes; ++c)
        if (labelValues[row] < 0 || labelValues[row] >= s.classes) {
          EXPECT_EQ(toDouble(gradient[row * s.classes + c]), 0) << row << ", " << c;
        }
    return loss.values()[0];
  };
  EXPECT_TRUE(std::isfinite(lossOf({0, 1, 2, 299})));
  EXPECT_EQ(lossOf({-1, -1, -7, -1}), 0);
  EXPECT_TRUE(std::isnan(lossOf({0, 300, 2, 3})));
  EXPECT_TRUE(std::isnan(lossOf({0, 1, 2147483647, 3})));
  values[2 * s.classes + 77] = notANumber;
  EXPECT_TRUE(std::isnan(lossOf({0, 1, 2, 3})));
  EXPECT_TRUE(std::isfinite(lossOf({0, 1, -1, 3}))); // The row does not count.
}

TYPED_TEST(CudaAccuracyTest, AgreesWithDefinition) {
  using T = TypeParam;
  for (const Size &s : sizes)
    for (int64_t top : {1, 5}) {
      SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.classes << ", top " << top);
      std::vector<double> values = this->randomValues(s.rows * s.classes, -4, 4);
      for (double &value : values)
        value = std::round(value); // ties
      const typename CudaTest::Tensor<T> logits(values);
      const std::vector<int32_t> labelValues = this->randomLabels(s.rows, -1, s.classes);
      const DeviceArray<int32_t> labels(labelValues);
      DeviceArray<float> fraction(1);
      DeviceBytes workspace(cuda::accuracyWorkspaceBytes(s.rows));
      this->run([&](cudaStream_t stream) {
        cuda::accuracy<T>(stream, s.rows, s.classes, top, logits.device, labels, fraction,
                          workspace);
      });
      EXPECT_EQ(fraction.values()[0],
                static_cast<float>(reference::accuracy(s.rows, s.classes, top, logits.exact.data(),
                                                       labelValues.data())));
    }
}

TYPED_TEST(CudaAccuracyTest, RanksNanFirst) {
  using T = TypeParam;
  const double nan = notANumber;
  // Another's NaN pushes the label to the second place; its own is a miss.
  const typename CudaTest::Tensor<T> logits({nan, 3, 1, 0, nan, 1, 2, 3, nan});
  const DeviceArray<int32_t> labels(std::vector<int32_t>{1, 1, 1});
  DeviceArray<float> first(1), second(1);
  DeviceBytes workspace(cuda::accuracyWorkspaceBytes(3));
  this->run([&](cudaStream_t stream) {
    cuda::accuracy<T>(stream, 3, 3, 1, logits.device, labels, first, workspace);
    cuda::accuracy<T>(stream, 3, 3, 2, logits.device, labels, second, workspace);
  });
  EXPECT_EQ(first.values()[0], 0);
  EXPECT_EQ(second.values()[0], 2.0f / 3);
}

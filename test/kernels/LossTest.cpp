//===- LossTest.cpp - loss, accuracy, copies and random numbers -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTest.h"

#include "codegen/kernels/Random.h"
#include "codegen/kernels/cpu/Accuracy.h"
#include "codegen/kernels/cpu/Copy.h"
#include "codegen/kernels/cpu/SoftmaxCrossEntropy.h"
#include "codegen/kernels/reference/Loss.h"

using namespace fanfold;
using namespace fanfold::test;

namespace {

class LossTest : public KernelTest {};

struct Size {
  int64_t rows, classes;
};
const Size sizes[] = {{1, 1}, {1, 2}, {64, 10}, {16, 1000}, {257, 17}, {3000, 5}};

} // namespace

TEST_F(LossTest, AgreesWithDefinition) {
  for (const Size &s : sizes)
    for (float smoothing : {0.0f, 0.1f}) {
      SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.classes << ", " << smoothing);
      const size_t n = s.rows * s.classes;
      const Input logits = randomInput(n, -8, 8);
      const std::vector<int32_t> labels = randomLabels(s.rows, -1, s.classes - 1);
      const float dloss = 1024.5f;
      std::vector<double> p = poisoned(n), dlogits = poisoned(n), loss = poisoned(1);
      reference::softmaxCrossEntropy(s.rows, s.classes, double{smoothing}, logits.exact.data(),
                                     labels.data(), loss.data(), p.data());
      reference::softmaxCrossEntropyGradient(s.rows, s.classes, double{smoothing}, p.data(),
                                             labels.data(), double{dloss}, dlogits.data());
      Buffer<float> first(1);
      for (int threads = 1; threads <= 2; ++threads) {
        Buffer<float> pOut(n), dlogitsOut(n), lossOut(1);
        withThreads(threads, [&] {
          cpu::softmaxCrossEntropy(s.rows, s.classes, smoothing, logits.single, labels.data(),
                                   lossOut, pOut);
          cpu::softmaxCrossEntropyGradient(s.rows, s.classes, smoothing, pOut, labels.data(),
                                           &dloss, dlogitsOut);
        });
        EXPECT_NEAR(lossOut[0], loss[0], 1e-6 * std::max(1.0, loss[0]));
        expectClose(pOut, p, 2e-6, "probabilities");
        // Where a probability is one the difference cancels, to within its rounding.
        for (size_t i = 0; i < n; ++i)
          ASSERT_NEAR(dlogitsOut[i], dlogits[i], 2e-6 * dloss / s.rows) << i;
        if (threads == 1)
          first[0] = lossOut[0];
        else
          expectSame(lossOut, first, "loss");
      }
    }
}

TEST_F(LossTest, WorksInPlace) {
  const Size s = {33, 10};
  const Input logits = randomInput(s.rows * s.classes);
  const std::vector<int32_t> labels = randomLabels(s.rows, 0, s.classes - 1);
  const float dloss = 1;
  Buffer<float> p(s.rows * s.classes), d(s.rows * s.classes), both(s.rows * s.classes);
  float loss[2] = {notANumber, notANumber};
  std::copy(logits.single.begin(), logits.single.end(), both.begin());
  cpu::softmaxCrossEntropy(s.rows, s.classes, 0.1f, logits.single, labels.data(), &loss[0], p);
  cpu::softmaxCrossEntropyGradient(s.rows, s.classes, 0.1f, p, labels.data(), &dloss, d);
  cpu::softmaxCrossEntropy(s.rows, s.classes, 0.1f, both, labels.data(), &loss[1], both);
  expectSame(both, p, "probabilities");
  cpu::softmaxCrossEntropyGradient(s.rows, s.classes, 0.1f, both, labels.data(), &dloss, both);
  expectSame(both, d, "gradient");
  EXPECT_EQ(loss[0], loss[1]);
}

TEST_F(LossTest, HugeLogitsStayFinite) {
  const float logits[] = {3e38f, -3e38f, 1e4f, 0, 100, -100};
  const int32_t labels[] = {0, 0, 1};
  float loss = notANumber, p[6];
  cpu::softmaxCrossEntropy(3, 2, 0, logits, labels, &loss, p);
  EXPECT_FLOAT_EQ(loss, 200.0f / 3);
  EXPECT_EQ(p[0], 1);
  EXPECT_EQ(p[1], 0);
}

TEST_F(LossTest, LabelsOutsideAndNan) {
  const Input logits = randomInput(4 * 3);
  const float dloss = 1;
  Buffer<float> p(12), d(12);
  float loss = 7;
  const int32_t padding[] = {-1, -1, -5, -1};
  cpu::softmaxCrossEntropy(4, 3, 0, logits.single, padding, &loss, p);
  EXPECT_EQ(loss, 0);
  cpu::softmaxCrossEntropyGradient(4, 3, 0, p, padding, &dloss, d);
  for (float value : d)
    EXPECT_EQ(value, 0);
  const int32_t beyond[] = {0, 3, 1, 2};
  cpu::softmaxCrossEntropy(4, 3, 0, logits.single, beyond, &loss, p);
  EXPECT_TRUE(std::isnan(loss));
  cpu::softmaxCrossEntropyGradient(4, 3, 0, p, beyond, &dloss, d);
  for (int c = 0; c < 3; ++c)
    EXPECT_EQ(d[3 + c], 0);
  // Wherever in the row: a maximum would swallow it.
  for (int at = 0; at < 3; ++at) {
    const Input fresh = randomInput(12);
    fresh.single[6 + at] = notANumber;
    const int32_t labels[] = {0, 1, 2, 0};
    loss = 7;
    cpu::softmaxCrossEntropy(4, 3, 0, fresh.single, labels, &loss, p);
    EXPECT_TRUE(std::isnan(loss)) << at;
  }
}

TEST_F(LossTest, AccuracyAgreesWithSorting) {
  for (const Size &s : sizes)
    for (int64_t top : {1, 2, 5}) {
      Input logits = randomInput(s.rows * s.classes, -3, 3);
      for (size_t i = 0; i < logits.exact.size(); ++i) // ties
        logits.exact[i] = double{logits.single[i] = std::round(logits.single[i])};
      const std::vector<int32_t> labels = randomLabels(s.rows, -1, s.classes);
      float fraction = notANumber;
      cpu::accuracy(s.rows, s.classes, top, logits.single, labels.data(), &fraction);
      EXPECT_FLOAT_EQ(fraction, reference::accuracy(s.rows, s.classes, top, logits.exact.data(),
                                                    labels.data()));
    }
  const float logits[] = {notANumber, 1, 0, 1, notANumber, 0};
  const int32_t labels[] = {0, 0};
  float fraction = 7;
  cpu::accuracy(2, 3, 1, logits, labels, &fraction);
  EXPECT_EQ(fraction, 0) << "NaN is no hit, and ranks first";
}

TEST_F(LossTest, CopiesSlicesAndNothingElse) {
  for (int64_t rows : {1, 5, 3000})
    for (int64_t channels : {1, 3, 16, 65}) {
      const int64_t srcStride = channels + 4, dstStride = channels + 7;
      const Input src = randomInput(rows * srcStride);
      Buffer<float> dst(rows * dstStride);
      cpu::copyChannels(rows, channels, src.single.get() + 2, srcStride, dst.get() + 5, dstStride);
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t c = 0; c < dstStride; ++c) {
          const float actual = dst[row * dstStride + c];
          if (c < 5 || c >= 5 + channels)
            ASSERT_TRUE(std::isnan(actual)) << row << " " << c;
          else
            ASSERT_EQ(actual, src.single[row * srcStride + 2 + c - 5]) << row << " " << c;
        }
    }
}

TEST_F(LossTest, ReferenceGradientIsTheDerivative) {
  for (double smoothing : {0.0, 0.2}) {
    const int64_t rows = 4, classes = 5;
    std::vector<double> logits = randomInput(rows * classes).exact;
    std::vector<double> p(logits.size()), gradient = poisoned(logits.size());
    const std::vector<int32_t> labels = {0, 4, -1, 2};
    double loss = 0;
    const auto run = [&] {
      reference::softmaxCrossEntropy(rows, classes, smoothing, logits.data(), labels.data(), &loss,
                                     p.data());
      return 3 * loss;
    };
    run();
    reference::softmaxCrossEntropyGradient(rows, classes, smoothing, p.data(), labels.data(), 3,
                                           gradient.data());
    expectGradient(logits, gradient, run, "dlogits");
  }
}

TEST(RandomTest, IsUniformAndIndependentAcrossStreams) {
  // For n draws the mean of uniforms has standard deviation sqrt(1 / 12 / n), and a
  // count of probability q has sqrt(n q (1 - q)); six of them are never exceeded.
  const int64_t n = 1 << 20;
  for (uint32_t seed : {0u, 1u, 0xffffffffu})
    for (uint32_t stream : {0u, 1u, 77u}) {
      double sum = 0, product = 0, acrossStreams = 0, acrossSeeds = 0;
      int64_t bins[16] = {};
      float previous = kernels::uniform(seed, stream, ~uint64_t{0});
      for (int64_t i = 0; i < n; ++i) {
        const float u = kernels::uniform(seed, stream, i);
        ASSERT_GE(u, 0);
        ASSERT_LT(u, 1);
        sum += double{u};
        product += (double{u} - 0.5) * (double{previous} - 0.5);
        acrossStreams += (double{u} - 0.5) * (double{kernels::uniform(seed, stream + 1, i)} - 0.5);
        acrossSeeds += (double{u} - 0.5) * (double{kernels::uniform(seed + 1, stream, i)} - 0.5);
        ++bins[static_cast<int>(u * 16)];
        previous = u;
      }
      const double count = static_cast<double>(n);
      EXPECT_NEAR(sum / count, 0.5, 6 * std::sqrt(1 / 12.0 / count));
      for (double covariance : {product, acrossStreams, acrossSeeds})
        EXPECT_NEAR(covariance / count, 0, 6 / 12.0 / std::sqrt(count));
      for (int64_t bin : bins)
        EXPECT_NEAR(static_cast<double>(bin), count / 16, 6 * std::sqrt(count * 15 / 256));
    }
  // Indices beyond 32 bits do not repeat.
  int64_t equal = 0;
  for (uint64_t i = 0; i < 1000; ++i)
    equal += kernels::uniform(1, 2, i) == kernels::uniform(1, 2, i + (uint64_t{1} << 32));
  EXPECT_LE(equal, 1);
}

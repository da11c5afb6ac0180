//===- PointwiseTest.cpp - elementwise kernels, channel sums, normalisation ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTest.h"
#include "Part.h"

#include "codegen/kernels/cpu/BatchNorm.h"
#include "codegen/kernels/cpu/Pointwise.h"
#include "codegen/kernels/cpu/Reduce.h"
#include "codegen/kernels/reference/Loss.h"
#include "codegen/kernels/reference/Pointwise.h"

using namespace fanfold;
using namespace fanfold::test;

namespace {

class PointwiseTest : public KernelTest {};

struct Size {
  int64_t rows, channels;
};
const Size sizes[] = {{1, 1},   {1, 1000}, {5, 3},     {128, 1},  {129, 1},   {1000, 5}, {4099, 7},
                      {257, 8}, {300, 17}, {5000, 16}, {64, 500}, {130, 512}, {70, 513}, {9, 2048}};

} // namespace

TEST_F(PointwiseTest, VisitsEveryElementOnce) {
  for (const Size &s : sizes) {
    SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.channels);
    std::vector<int> visits(s.rows * s.channels), flatVisits(visits.size());
    std::vector<int> reduceVisits(visits.size());
    bool channelsAgree = true;
    cpu::pointwise(s.rows, s.channels, [&](int64_t i, int64_t c) {
      ++visits[i];
      if (i % s.channels != c)
        channelsAgree = false;
    });
    cpu::pointwise(s.rows * s.channels, [&](int64_t i) { ++flatVisits[i]; });
    Buffer<float> out(s.channels);
    const Workspace workspace(cpu::pointwiseReduceWorkspaceBytes(s.rows, s.channels, 1));
    float *const outs[] = {out};
    cpu::pointwiseReduce<1>(
        s.rows, s.channels,
        [&](int64_t i, int64_t, float(&terms)[1]) {
          ++reduceVisits[i];
          terms[0] = 1;
        },
        outs, workspace);
    const std::vector<int> once(visits.size(), 1);
    EXPECT_TRUE(channelsAgree);
    EXPECT_EQ(visits, once);
    EXPECT_EQ(flatVisits, once);
    EXPECT_EQ(reduceVisits, once);
    for (float count : out)
      EXPECT_EQ(count, static_cast<float>(s.rows));
  }
}

TEST_F(PointwiseTest, ChannelSumsAgreeForAnyThreads) {
  for (const Size &s : sizes) {
    SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.channels);
    const size_t n = s.rows * s.channels;
    const Input dy = randomInput(n), x = randomInput(n, 2, 4);
    const Input mean = randomInput(s.channels), invStd = randomInput(s.channels, 1, 2);
    std::vector<double> products(n), dbeta = poisoned(s.channels), dgamma = poisoned(s.channels);
    for (size_t i = 0; i < n; ++i)
      products[i] =
          dy.exact[i] * (x.exact[i] - mean.exact[i % s.channels]) * invStd.exact[i % s.channels];
    reference::channelSums(s.rows, s.channels, dy.exact.data(), dbeta.data());
    reference::channelSums(s.rows, s.channels, products.data(), dgamma.data());

    Buffer<float> sums[3][2] = {{Buffer<float>(s.channels), Buffer<float>(s.channels)},
                                {Buffer<float>(s.channels), Buffer<float>(s.channels)},
                                {Buffer<float>(s.channels), Buffer<float>(s.channels)}};
    Buffer<float> copy(n);
    for (int threads = 1; threads <= 3; ++threads) {
      const Workspace workspace(cpu::pointwiseReduceWorkspaceBytes(s.rows, s.channels, 2));
      float *const out[] = {sums[threads - 1][0], sums[threads - 1][1]};
      const float *dyData = dy.single, *xData = x.single;
      const float *meanData = mean.single, *invStdData = invStd.single;
      float *copyData = copy;
      withThreads(threads, [&] {
        cpu::pointwiseReduce<2>(
            s.rows, s.channels,
            [=](int64_t i, int64_t c, float(&terms)[2]) {
              terms[0] = dyData[i];
              terms[1] = dyData[i] * ((xData[i] - meanData[c]) * invStdData[c]);
              copyData[i] = dyData[i];
            },
            out, workspace);
      });
    }
    // Relative to the sum of magnitudes: the sums themselves may cancel.
    const double scale = 4.0 * static_cast<double>(s.rows) * 1e-6;
    for (int64_t c = 0; c < s.channels; ++c) {
      EXPECT_NEAR(sums[0][0][c], dbeta[c], scale);
      EXPECT_NEAR(sums[0][1][c], dgamma[c], 10 * scale);
    }
    expectSame(copy, dy.single, "elements");
    for (int threads = 2; threads <= 3; ++threads)
      for (int r = 0; r < 2; ++r)
        expectSame(sums[threads - 1][r], sums[0][r], "sums");
  }
}

/// The elements of a buffer.
static std::vector<float> elements(const Buffer<float> &buffer) {
  return {buffer.begin(), buffer.end()};
}

TEST_F(PointwiseTest, PartsGiveTheBitsOfWholeTensors) {
  for (const Size &s : sizes) {
    SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.channels);
    const Part in(s.rows, s.channels), out(s.rows, s.channels, 9);
    const size_t n = s.rows * s.channels;
    const Input x = randomInput(n), scale = randomInput(s.channels);
    Buffer<float> y(n), sums(s.channels), partSums(s.channels);
    std::vector<float> xWhole = in.place(elements(x.single)), yWhole = out.place(elements(y));
    // Elements alone, then with sums. The index is that of a whole tensor in both.
    const auto run = [&](const float *from, int64_t fromGap, float *to, int64_t toGap,
                         float *total) {
      const float *factor = scale.single;
      cpu::pointwise(s.rows, s.channels, [=](cpu::ElementIndex i, int64_t c) {
        to[i.apart(toGap)] = from[i.apart(fromGap)] * factor[c] + static_cast<float>(i % 7);
      });
      const Workspace workspace(cpu::pointwiseReduceWorkspaceBytes(s.rows, s.channels, 1));
      float *const totals[] = {total};
      cpu::pointwiseReduce<1>(
          s.rows, s.channels,
          [=](cpu::ElementIndex i, int64_t c, float(&terms)[1]) {
            terms[0] = to[i.apart(toGap)] * factor[c];
            to[i.apart(toGap)] -= from[i.apart(fromGap)];
          },
          totals, workspace);
    };
    run(x.single, 0, y, 0, sums);
    run(xWhole.data() + in.offset, in.pitch - s.channels, yWhole.data() + out.offset,
        out.pitch - s.channels, partSums);
    out.expect(yWhole, elements(y), "y");
    expectSame(partSums, sums, "sums");
  }
}

TEST_F(PointwiseTest, CutResultsHaveSomeOfTheChannels) {
  for (const Size &s : sizes) {
    SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.channels);
    const Input x = randomInput(s.rows * s.channels);
    const kernels::ChannelRange range{s.channels, s.channels / 3, (s.channels + 1) / 2};
    Buffer<float> y(s.rows * s.channels), cut(s.rows * range.count);
    const float *from = x.single;
    float *to = y, *cutTo = cut;
    cpu::pointwise(s.rows, s.channels, [=](cpu::ElementIndex i, int64_t) {
      to[i] = 2 * from[i];
      if (const int64_t at = range.find(i); at >= 0)
        cutTo[at] = to[i];
    });
    for (int64_t row = 0; row < s.rows; ++row)
      for (int64_t c = 0; c < range.count; ++c)
        ASSERT_EQ(cut[row * range.count + c], 2 * from[row * s.channels + range.first + c])
            << "row " << row << ", channel " << c;
  }
}

TEST_F(PointwiseTest, StatisticsOfPartsHaveTheSameBits) {
  for (const Size &s : sizes) {
    SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.channels);
    const Part part(s.rows, s.channels);
    const Input x = randomInput(s.rows * s.channels), running = randomInput(s.channels);
    const std::vector<float> whole = part.place(elements(x.single));
    const Workspace workspace(cpu::batchNormWorkspaceBytes(s.rows, s.channels));
    std::vector<Buffer<float>> results;
    for (int i = 0; i < 8; ++i)
      results.emplace_back(s.channels);
    const auto run = [&](const float *from, int64_t pitch, const Buffer<float> *out) {
      cpu::batchNormStatistics(s.rows, s.channels, from, pitch, 1e-5f, 0.1f, running.single,
                               running.single, out[0], out[1], out[2], out[3], workspace);
    };
    run(x.single, s.channels, &results[0]);
    run(whole.data() + part.offset, part.pitch, &results[4]);
    for (int i = 0; i < 4; ++i)
      expectSame(results[4 + i], results[i], "statistics");
  }
}

TEST_F(PointwiseTest, SumsOfManyRowsKeepTheirPrecision) {
  // A plain fp32 sum of this many ones stops at 2^24.
  const int64_t rows = (int64_t{1} << 24) + 1000;
  Buffer<float> out(1);
  const Workspace workspace(cpu::pointwiseReduceWorkspaceBytes(rows, 1, 1));
  float *const outs[] = {out};
  cpu::pointwiseReduce<1>(
      rows, 1, [](int64_t, int64_t, float(&terms)[1]) { terms[0] = 1; }, outs, workspace);
  EXPECT_EQ(out[0], static_cast<float>(rows));
}

TEST_F(PointwiseTest, BatchNormStatisticsAgree) {
  for (const Size &s : sizes)
    for (float offset : {0.0f, 100.0f}) { // a mean far from zero must not cost the variance
      if (s.rows == 1)
        continue;
      SCOPED_TRACE(::testing::Message() << s.rows << " x " << s.channels << " around " << offset);
      const Input x = randomInput(s.rows * s.channels, offset - 1, offset + 1);
      const Input runningMean = randomInput(s.channels), runningVar = randomInput(s.channels, 0, 2);
      std::vector<double> expected[4];
      for (std::vector<double> &e : expected)
        e = poisoned(s.channels);
      reference::batchNormStatistics(s.rows, s.channels, x.exact.data(), double{1e-5f},
                                     double{0.1f}, runningMean.exact.data(),
                                     runningVar.exact.data(), expected[0].data(),
                                     expected[1].data(), expected[2].data(), expected[3].data());
      std::vector<Buffer<float>> first;
      for (int threads = 1; threads <= 2; ++threads) {
        Buffer<float> newMean(s.channels), newVar(s.channels), mean(s.channels), inv(s.channels);
        const Workspace workspace(cpu::batchNormWorkspaceBytes(s.rows, s.channels));
        // In place, as the train step does it.
        std::copy(runningMean.single.begin(), runningMean.single.end(), newMean.begin());
        std::copy(runningVar.single.begin(), runningVar.single.end(), newVar.begin());
        withThreads(threads, [&] {
          cpu::batchNormStatistics(s.rows, s.channels, x.single, s.channels, 1e-5f, 0.1f, newMean,
                                   newVar, newMean, newVar, mean, inv, workspace);
        });
        expectClose(newMean, expected[0], 1e-6, "running mean", offset + 1);
        expectClose(newVar, expected[1], 1e-5, "running variance");
        expectClose(mean, expected[2], 1e-6, "mean", offset + 1);
        expectClose(inv, expected[3], 1e-4, "inverse standard deviation");
        Buffer<float> *outputs[] = {&newMean, &newVar, &mean, &inv};
        for (int i = 0; i < 4; ++i) {
          if (threads == 1)
            first.push_back(std::move(*outputs[i]));
          else
            expectSame(*outputs[i], first[i], "statistics");
        }
      }
    }
}

TEST_F(PointwiseTest, BatchNormOfOneRowHasNoUnbiasedVariance) {
  const float x[] = {3}, zero[] = {0};
  float newMean = 7, newVar = 7, mean = 7, inv = 7;
  const Workspace workspace(cpu::batchNormWorkspaceBytes(1, 1));
  cpu::batchNormStatistics(1, 1, x, 1, 0.25f, 0.5f, zero, zero, &newMean, &newVar, &mean, &inv,
                           workspace);
  EXPECT_EQ(mean, 3);
  EXPECT_EQ(inv, 2);
  EXPECT_EQ(newMean, 1.5f);
  EXPECT_TRUE(std::isnan(newVar));
}

TEST_F(PointwiseTest, NanStaysInItsChannel) {
  const int64_t rows = 300, channels = 20;
  const Input x = randomInput(rows * channels);
  x.single[123 * channels + 4] = notANumber;
  Buffer<float> mean(channels), inv(channels), sums(channels);
  Buffer<float> newMean(channels), newVar(channels);
  const Input running = randomInput(channels);
  const Workspace workspace(cpu::batchNormWorkspaceBytes(rows, channels));
  cpu::batchNormStatistics(rows, channels, x.single, channels, 1e-5f, 0.1f, running.single,
                           running.single, newMean, newVar, mean, inv, workspace);
  const Workspace sumWorkspace(cpu::pointwiseReduceWorkspaceBytes(rows, channels, 1));
  float *const outs[] = {sums};
  const float *in = x.single;
  cpu::pointwiseReduce<1>(
      rows, channels, [=](int64_t i, int64_t, float(&terms)[1]) { terms[0] = in[i]; }, outs,
      sumWorkspace);
  for (int64_t c = 0; c < channels; ++c)
    for (const Buffer<float> *out : {&mean, &inv, &newMean, &newVar, &sums})
      EXPECT_EQ(std::isnan((*out)[c]), c == 4) << c;
}

TEST_F(PointwiseTest, SumOfSquaresAgrees) {
  for (int64_t n : {1, 15, 16, 17, 16384, 16385, 100003}) {
    const Input x = randomInput(n);
    const Workspace workspace(cpu::sumOfSquaresWorkspaceBytes(n));
    float first = notANumber, second = notANumber;
    withThreads(1, [&] { cpu::sumOfSquares(n, x.single, &first, workspace); });
    withThreads(2, [&] { cpu::sumOfSquares(n, x.single, &second, workspace); });
    const double expected = reference::sumOfSquares(n, x.exact.data());
    EXPECT_NEAR(first, expected, 1e-6 * expected);
    EXPECT_EQ(first, second);
    x.single[n / 2] = notANumber;
    cpu::sumOfSquares(n, x.single, &first, workspace);
    EXPECT_TRUE(std::isnan(first));
  }
}

TEST_F(PointwiseTest, ReferenceGradientsAreDerivatives) {
  const int64_t rows = 6, channels = 3, n = rows * channels;
  std::vector<double> x = randomInput(n).exact, gamma = randomInput(channels).exact;
  std::vector<double> beta = randomInput(channels).exact;
  const std::vector<double> dy = randomInput(n).exact, zero(channels);
  std::vector<double> mean(channels), inv(channels), unused(channels), y(n);
  std::vector<double> dx = poisoned(n), dgamma = poisoned(channels), dbeta = poisoned(channels);
  const auto loss = [&] {
    reference::batchNormStatistics(rows, channels, x.data(), 1e-2, 0.1, zero.data(), zero.data(),
                                   unused.data(), unused.data(), mean.data(), inv.data());
    reference::batchNorm(rows, channels, x.data(), mean.data(), inv.data(), gamma.data(),
                         beta.data(), y.data());
    return dot(y, dy);
  };
  loss();
  reference::batchNormGradient(rows, channels, x.data(), mean.data(), inv.data(), gamma.data(),
                               dy.data(), dx.data(), dgamma.data(), dbeta.data());
  expectGradient(x, dx, loss, "dx");
  expectGradient(gamma, dgamma, loss, "dgamma");
  expectGradient(beta, dbeta, loss, "dbeta");

  double (*const pairs[][2])(double) = {{reference::relu, reference::reluDerivative},
                                        {reference::relu6, reference::relu6Derivative},
                                        {reference::sigmoid, reference::sigmoidDerivative},
                                        {std::tanh, reference::tanhDerivative}};
  for (const auto &pair : pairs)
    for (double at : {-7.3, -0.4, 0.2, 3.0, 5.9, 6.1})
      EXPECT_NEAR(pair[1](at), (pair[0](at + 1e-6) - pair[0](at - 1e-6)) / 2e-6, 1e-6);
}

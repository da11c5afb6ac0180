//===- ShuffleTest.cpp - the order of an epoch ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Shuffle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

using namespace fanfold::io;

namespace {

std::vector<uint64_t> visit(const EpochOrder &order) {
  std::vector<uint64_t> samples;
  for (size_t window = 0; window < order.windows(); ++window) {
    EXPECT_EQ(order.windowBegin(window), samples.size());
    for (const SampleRef &ref : order.samplesOf(window))
      samples.push_back(ref.sample);
  }
  return samples;
}

std::vector<uint64_t> ascending(size_t count) {
  std::vector<uint64_t> samples(count);
  std::iota(samples.begin(), samples.end(), uint64_t(0));
  return samples;
}

TEST(Shuffle, StoredOrderIsStoredOrder) {
  EXPECT_EQ(visit(EpochOrder::stored({3, 1, 4, 1, 5})), ascending(14));
  EXPECT_EQ(EpochOrder::stored({}).samples(), 0u);
}

TEST(Shuffle, EachSampleOnceForEveryNumberOfChunks) {
  for (size_t chunks = 1; chunks < 70; ++chunks) {
    std::vector<uint32_t> sizes;
    sizes.reserve(chunks);
    for (size_t i = 0; i < chunks; ++i)
      sizes.push_back(static_cast<uint32_t>(1 + i * 7 % 5));
    std::vector<uint64_t> samples = visit(EpochOrder::shuffled(sizes, 1, 2));
    std::sort(samples.begin(), samples.end());
    EXPECT_EQ(samples, ascending(samples.size()));
    EXPECT_EQ(samples.size(), std::accumulate(sizes.begin(), sizes.end(), size_t(0)));
  }
}

TEST(Shuffle, WindowsAreEvenAndNotTooLarge) {
  const EpochOrder order = EpochOrder::shuffled(std::vector<uint32_t>(windowChunks + 1, 10), 0, 0);
  ASSERT_EQ(order.windows(), 2u);
  EXPECT_GE(order.chunksOf(0).size(), windowChunks / 2);
  EXPECT_GE(order.chunksOf(1).size(), windowChunks / 2);
}

TEST(Shuffle, SamplesOfAWindowComeFromItsChunks) {
  const EpochOrder order = EpochOrder::shuffled(std::vector<uint32_t>(40, 6), 3, 4);
  for (size_t window = 0; window < order.windows(); ++window) {
    const auto chunks = order.chunksOf(window);
    const std::set<uint32_t> allowed(chunks.begin(), chunks.end());
    for (const SampleRef &ref : order.samplesOf(window)) {
      EXPECT_TRUE(allowed.count(ref.chunk));
      EXPECT_EQ(ref.sample, uint64_t(ref.chunk) * 6 + ref.entry);
    }
    EXPECT_EQ(order.windowOf(order.windowBegin(window)), window);
    EXPECT_EQ(order.windowOf(order.windowBegin(window + 1) - 1), window);
  }
}

TEST(Shuffle, DependsOnSeedAndEpochAlone) {
  const std::vector<uint32_t> sizes(20, 50);
  EXPECT_EQ(visit(EpochOrder::shuffled(sizes, 5, 6)), visit(EpochOrder::shuffled(sizes, 5, 6)));
  EXPECT_NE(visit(EpochOrder::shuffled(sizes, 5, 6)), visit(EpochOrder::shuffled(sizes, 5, 7)));
  EXPECT_NE(visit(EpochOrder::shuffled(sizes, 5, 6)), visit(EpochOrder::shuffled(sizes, 6, 6)));
}

/// Checkpoints resume inside this order, so a change of it breaks them. The
/// numbers come from a second implementation, in Python, of what Shuffle.h and
/// runtime/Random.h define.
TEST(Shuffle, OrderIsPinned) {
  EXPECT_EQ(visit(EpochOrder::shuffled({4, 4, 4}, 0, 0)),
            (std::vector<uint64_t>{1, 6, 11, 0, 10, 4, 8, 3, 7, 9, 2, 5}));
}

/// Over many epochs each sample stands at each place about equally often.
TEST(Shuffle, IsUniformWithinAWindow) {
  constexpr int epochs = 6000;
  std::vector<std::vector<int>> counts(6, std::vector<int>(6));
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const std::vector<uint64_t> samples = visit(EpochOrder::shuffled({2, 2, 2}, 9, epoch));
    for (size_t place = 0; place < 6; ++place)
      ++counts[place][samples[place]];
  }
  // Expected 1000 with a deviation of 29.
  for (const auto &row : counts)
    for (int count : row)
      EXPECT_NEAR(count, epochs / 6.0, 150);
}

} // namespace

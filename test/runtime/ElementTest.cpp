//===- ElementTest.cpp - elements, first values and numbers as text -------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Element.h"
#include "runtime/Random.h"
#include "runtime/Text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <set>

using namespace fanfold;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

uint16_t encode(ElementType type, double value) {
  uint16_t bits;
  storeElement(type, reinterpret_cast<std::byte *>(&bits), 0, value);
  return bits;
}

double decode(ElementType type, uint16_t bits) {
  return loadElement(type, reinterpret_cast<const std::byte *>(&bits), 0);
}

TEST(ElementTest, SmallFloatsRoundTrip) {
  for (ElementType type : {ElementType::f16, ElementType::bf16})
    for (uint32_t bits = 0; bits < 0x10000; ++bits) {
      double value = decode(type, static_cast<uint16_t>(bits));
      if (!std::isnan(value))
        ASSERT_EQ(encode(type, value), bits) << elementTypeName(type);
      else
        ASSERT_TRUE(std::isnan(decode(type, encode(type, value))));
    }
}

TEST(ElementTest, HalfRoundsToNearestEven) {
  EXPECT_EQ(encode(ElementType::f16, 1.0), 0x3c00);
  EXPECT_EQ(encode(ElementType::f16, 1.0 + 0x1p-11), 0x3c00); // Tie, to even.
  EXPECT_EQ(encode(ElementType::f16, 1.0 + 3 * 0x1p-11), 0x3c02);
  EXPECT_EQ(encode(ElementType::f16, 1.0 + 0x1.01p-11), 0x3c01);
  EXPECT_EQ(encode(ElementType::f16, 65504), 0x7bff);
  EXPECT_EQ(encode(ElementType::f16, 65520), 0x7c00);
  EXPECT_EQ(encode(ElementType::f16, 1e300), 0x7c00);
  EXPECT_EQ(encode(ElementType::f16, -infinity), 0xfc00);
  EXPECT_EQ(encode(ElementType::f16, 0x1p-24), 0x0001);
  EXPECT_EQ(encode(ElementType::f16, 0x1p-25), 0x0000);
  EXPECT_EQ(encode(ElementType::f16, 0x1.8p-25), 0x0001);
}

TEST(ElementTest, BrainFloatIsTheTopOfFloat) {
  for (double value : {1.0, -2.5, 3.1415926, 1e-40, 3e38, 0.1}) {
    auto narrow = static_cast<float>(value);
    uint32_t bits;
    std::memcpy(&bits, &narrow, 4);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    EXPECT_EQ(encode(ElementType::bf16, narrow), rounded) << value;
  }
}

TEST(ElementTest, IntegersClamp) {
  std::byte bytes[4];
  storeElement(ElementType::u8, bytes, 1, 300);
  EXPECT_EQ(loadElement(ElementType::u8, bytes, 1), 255);
  storeElement(ElementType::i32, bytes, 0, -1e20);
  EXPECT_EQ(loadElement(ElementType::i32, bytes, 0), std::numeric_limits<int32_t>::min());
}

TEST(RandomTest, NormalHasTheMomentsOfTheNormal) {
  constexpr int count = 200'000;
  double moments[5] = {};
  for (int i = 0; i < count; ++i) {
    double z = random::normal(42, static_cast<uint64_t>(i));
    for (int k = 1; k <= 4; ++k)
      moments[k] += std::pow(z, k) / count;
  }
  // Within five standard errors.
  EXPECT_NEAR(moments[1], 0, 5 / std::sqrt(count));
  EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2.0 / count));
  EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15.0 / count));
  EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96.0 / count));
}

TEST(RandomTest, StreamsOfNamesDiffer) {
  std::set<uint64_t> seeds;
  for (const char *name : {"", "a", "b", "ab", "ba", "aa", "conv1.weight", "conv1.bias"})
    for (uint64_t seed : {0, 1, 7})
      seeds.insert(random::hash(seed, name));
  EXPECT_EQ(seeds.size(), 24u);
}

TEST(TextTest, Numbers) {
  EXPECT_EQ(formatBytes(0), "0 bytes");
  EXPECT_EQ(formatBytes(1023), "1023 bytes");
  EXPECT_EQ(formatBytes(1536), "1.50 KiB");
  EXPECT_EQ(formatBytes(12.5 * (1 << 20)), "12.5 MiB");
  EXPECT_EQ(formatCount(0), "0");
  EXPECT_EQ(formatCount(999), "999");
  EXPECT_EQ(formatCount(25557032), "25,557,032");
  EXPECT_EQ(formatCount(-1000), "-1,000");
  EXPECT_EQ(formatDuration(7.4), "0:07");
  EXPECT_EQ(formatDuration(59.7), "1:00");
  EXPECT_EQ(formatDuration(11100), "3:05:00");
  EXPECT_EQ(formatDuration(infinity), "?");
  EXPECT_EQ(formatSpeed(8123.4), "8,123");
  EXPECT_EQ(formatMetric(0.92125), "0.9213");
  EXPECT_EQ(formatMetric(0), "0.0000");
  EXPECT_EQ(formatMetric(1e-5), "1.00e-05");
  EXPECT_EQ(formatMetric(-std::nan("")), "nan");
  EXPECT_EQ(formatNumber(-std::nan("")), "nan");
  EXPECT_EQ(formatNumber(-infinity), "-inf");
}

} // namespace

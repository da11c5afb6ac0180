//===- NonFiniteTest.cpp - looking for NaN and infinities -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/NonFinite.h"
#include "Logistic.h"

#include <gtest/gtest.h>

#include <limits>

using namespace fanfold;

namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

class NonFiniteTest : public ::testing::Test {
protected:
  void SetUp() override { ASSERT_TRUE(device->open(test::logistic, 1).ok()); }

  float *elements() { return reinterpret_cast<float *>(device->memoryOfArena()); }

  /// Index of the first one in the range; -1 if there is none.
  int64_t find(const LaunchOutput &range) {
    Result<std::optional<NonFiniteElement>> found = findNonFinite(*device, range);
    EXPECT_TRUE(found.ok());
    return found.ok() && *found ? static_cast<int64_t>((*found)->index) : -1;
  }

  std::unique_ptr<Device> device = makeCpuDevice();
};

TEST_F(NonFiniteTest, FindsTheFirst) {
  EXPECT_EQ(find({16, 64, ElementType::f32}), -1);
  elements()[10] = elements()[12] = notANumber;
  EXPECT_EQ(find({16, 64, ElementType::f32}), 6);
  EXPECT_EQ(find({16, 24, ElementType::f32}), -1); // ends before it
  EXPECT_EQ(find({16, 64, ElementType::i32}), -1);
}

// Rows of 3 elements, 5 apart: what lies between them belongs to others.
TEST_F(NonFiniteTest, LooksAtRowsOfParts) {
  const LaunchOutput part = {8, 4 * 3 * 4, ElementType::f32, 3 * 4, 5 * 4};
  for (int place : {0, 1, 5, 6, 10, 11, 15, 16, 20, 21, 22})
    elements()[place] = notANumber; // before, between and behind
  EXPECT_EQ(find(part), -1);
  elements()[2 + 3 * 5 + 2] = notANumber;
  EXPECT_EQ(find(part), 3 * 3 + 2);
  elements()[2 + 1 * 5] = notANumber;
  EXPECT_EQ(find(part), 3);
}

} // namespace

//===- LaunchTest.cpp - how work is cut into blocks -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Needs no GPU.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cuda/Launch.h"
#include "codegen/kernels/cuda/Workspaces.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using namespace fanfold::cuda;

TEST(LaunchTest, DividesAsDivisionDoes) {
  std::vector<uint32_t> numbers = {0, 1, 2, 3, 5, 6, 7, 0x7ffffffe, 0x7fffffff};
  std::mt19937 generator(std::random_device{}());
  for (int bit = 2; bit < 31; ++bit)
    for (uint32_t around : {(1u << bit) - 1, 1u << bit, (1u << bit) + 1})
      numbers.push_back(around);
  for (int i = 0; i < 500; ++i)
    numbers.push_back(generator() >> (1 + generator() % 31));
  for (uint32_t d : numbers) {
    if (d == 0)
      continue;
    const Divisor divisor(d);
    for (uint32_t n : numbers) {
      uint32_t quotient = n;
      ASSERT_EQ(divisor.split(quotient), n % d) << n << " / " << d;
      ASSERT_EQ(quotient, n / d) << n << " / " << d;
      // The last of a quotient and the first of the next.
      const uint32_t last = n / d * d;
      ASSERT_EQ(divisor.divide(last), n / d) << last << " / " << d;
      if (last > 0) {
        ASSERT_EQ(divisor.divide(last - 1), n / d - 1) << last - 1 << " / " << d;
      }
    }
  }
}

TEST(LaunchTest, FindsThePieceOfABlock) {
  // Pieces without blocks begin where the next one does.
  const std::vector<uint32_t> blocks = {0, 3, 0, 0, 1, 7, 0};
  std::vector<uint32_t> first, owner;
  for (uint32_t k = 0; k < blocks.size(); ++k) {
    first.push_back(owner.size());
    owner.insert(owner.end(), blocks[k], k);
  }
  for (uint32_t block = 0; block < owner.size(); ++block)
    EXPECT_EQ(pieceOfBlock(first.data(), static_cast<int>(first.size()), block),
              static_cast<int>(owner[block]))
        << block;
}

TEST(LaunchTest, CutsSumsBySizeAlone) {
  for (int64_t channels : {1, 3, 64, 512, 513, 2048, 100000})
    for (int64_t rows :
         {int64_t{0}, int64_t{1}, int64_t{32}, int64_t{33}, int64_t{802816}, int64_t{1} << 40}) {
      const int64_t blocks = reduceRowBlocks(rows, channels);
      EXPECT_GE(blocks, 1);
      EXPECT_LE(blocks, std::max<int64_t>(1, (rows + 31) / 32));
      // The scratch memory of a large sum stays small whatever the tensor.
      EXPECT_LE(pointwiseReduceWorkspaceBytes(rows, channels, 1),
                4u * static_cast<size_t>(reduceBlocks + channels) * 512);
    }
}

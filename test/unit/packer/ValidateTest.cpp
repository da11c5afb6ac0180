//===- ValidateTest.cpp - the validator sees every kind of fault ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Packer.h"

#include <gtest/gtest.h>

using namespace fanfold::packer;

namespace {

const std::vector<Buffer> pair = {{"a", 0, 6, 8, 1, {}}, {"b", 5, 9, 8, 4, {}}};

} // namespace

TEST(Validate, AcceptsWhatIsRight) {
  EXPECT_EQ(validate({}, {}), "");
  EXPECT_EQ(validate(pair, {0, 8}), "");
  EXPECT_EQ(validate(pair, {4, 12}, 20), "");
  EXPECT_EQ(validate(pair, {8, 0}, 16), "");
}

TEST(Validate, NamesBothBuffersThatOverlap) {
  EXPECT_EQ(validate(pair, {0, 4}), "buffers 'a' (steps 0 to 6, bytes 0 to 8) and 'b' (steps 5 to "
                                    "9, bytes 4 to 12) overlap");
  EXPECT_EQ(validate(pair, {7, 0}), "buffers 'a' (steps 0 to 6, bytes 7 to 15) and 'b' (steps 5 to "
                                    "9, bytes 0 to 8) overlap");
}

TEST(Validate, FindsAnOverlapBehindManyOthers) {
  std::vector<Buffer> buffers;
  std::vector<int64_t> offsets;
  for (int64_t i = 0; i < 100; ++i) {
    buffers.push_back({std::to_string(i), i, i + 50, 10, 1, {}});
    offsets.push_back(i * 10);
  }
  EXPECT_EQ(validate(buffers, offsets), "");
  offsets[40] = offsets[80] + 9;
  EXPECT_NE(validate(buffers, offsets).find("'40'"), std::string::npos);
}

TEST(Validate, ChecksEveryBufferAlone) {
  EXPECT_EQ(validate(pair, {0}), "placement has 1 offsets, expected 2");
  EXPECT_EQ(validate(pair, {-1, 8}), "buffer 'a' is at -1, expected 0 or more");
  EXPECT_EQ(validate(pair, {0, 10}), "buffer 'b' is at 10, expected a multiple of 4");
  EXPECT_EQ(validate(pair, {0, 8}, 15), "buffer 'b' of 8 bytes is at 8, expected it to end by 15");
  std::vector<Buffer> given = pair;
  given[0].offset = 8;
  EXPECT_EQ(validate(given, {16, 0}), "buffer 'a' is at 16, expected its given offset 8");
}

TEST(Validate, LetsEmptyBuffersStandAnywhere) {
  EXPECT_EQ(validate({{"a", 0, 6, 8, 1, {}}, {"b", 0, 6, 0, 1, {}}}, {0, 4}, 8), "");
}

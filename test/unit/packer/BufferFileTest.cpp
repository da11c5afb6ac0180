//===- BufferFileTest.cpp - what a CSV of buffers may hold ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/BufferFile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

using namespace fanfold::packer;

namespace {

/// Reads `text`, which must be right.
std::vector<Buffer> readGood(const std::string &text) {
  std::istringstream in(text);
  std::vector<Buffer> buffers;
  for (const std::string &diagnostic : readBuffers(in, "b.csv", buffers))
    ADD_FAILURE() << diagnostic;
  return buffers;
}

/// Reads `text`, which must be wrong; the diagnostics, a line each.
std::string readBad(const std::string &text) {
  std::istringstream in(text);
  std::vector<Buffer> buffers;
  std::string result;
  for (const std::string &diagnostic : readBuffers(in, "b.csv", buffers))
    result += (result.empty() ? "" : "\n") + diagnostic;
  return result;
}

const std::string header = "id,lower,upper,size\n";

} // namespace

TEST(BufferFile, ReadsRequiredColumns) {
  std::vector<Buffer> buffers = readGood(header + "b1,-2,3,4\nb2,3,9,0");
  ASSERT_EQ(buffers.size(), 2u);
  EXPECT_EQ(buffers[0].id, "b1");
  EXPECT_EQ(buffers[0].lower, -2);
  EXPECT_EQ(buffers[0].upper, 3);
  EXPECT_EQ(buffers[0].size, 4);
  EXPECT_EQ(buffers[0].alignment, 1);
  EXPECT_FALSE(buffers[0].offset);
  EXPECT_EQ(buffers[1].size, 0);
}

TEST(BufferFile, ReadsColumnsInAnyOrder) {
  std::vector<Buffer> buffers =
      readGood("offset,size,alignment,end,start,buffer\n64,5,32,9,1,a\n,5,,9,1,b\n");
  ASSERT_EQ(buffers.size(), 2u);
  EXPECT_EQ(buffers[0].offset, 64);
  EXPECT_EQ(buffers[0].alignment, 32);
  EXPECT_EQ(buffers[0].lower, 1);
  EXPECT_EQ(buffers[0].upper, 9);
  EXPECT_FALSE(buffers[1].offset);
  EXPECT_EQ(buffers[1].alignment, 1);
}

TEST(BufferFile, ForgivesBlanksAndLineEndings) {
  std::vector<Buffer> buffers =
      readGood("\xEF\xBB\xBFid, lower ,upper,size\r\n\r\n  a b ,0,\t1 , 2\r\n   \n");
  ASSERT_EQ(buffers.size(), 1u);
  EXPECT_EQ(buffers[0].id, "a b");
  EXPECT_EQ(buffers[0].size, 2);
}

TEST(BufferFile, ReadsNoBuffers) { EXPECT_TRUE(readGood(header).empty()); }

TEST(BufferFile, ReadsBackWhatItWrites) {
  std::vector<Buffer> buffers = readGood("id,lower,upper,size,alignment\na,0,1,2,\nb,0,2,8,4\n");
  std::ostringstream out;
  writeBuffers(out, buffers, {8, 0});
  EXPECT_EQ(out.str(), "id,lower,upper,size,alignment,offset\na,0,1,2,1,8\nb,0,2,8,4,0\n");
  std::vector<Buffer> again = readGood(out.str());
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].offset, 8);
  EXPECT_EQ(again[1].offset, 0);
}

TEST(BufferFile, NamesThePlaceOfAFault) {
  EXPECT_EQ(readBad(""),
            "b.csv:1:1: error: file is empty, expected a header 'id,lower,upper,size'");
  EXPECT_EQ(readBad("id,lower,upper,sise\n"),
            "b.csv:1:16: error: unknown column 'sise', expected one of id, lower, upper, size, "
            "alignment, offset");
  EXPECT_EQ(readBad("id,lower,upper\n"), "b.csv:1:1: error: header has no column 'size'");
  EXPECT_EQ(readBad("id,lower,upper,start,size\n"),
            "b.csv:1:16: error: column 'lower' appears twice");
  EXPECT_EQ(readBad(header + "a,0,1\n"), "b.csv:2:5: error: line has 3 values, expected 4");
  EXPECT_EQ(readBad(header + "a,0,1,4,\n"), "b.csv:2:9: error: line has 5 values, expected 4");
  EXPECT_EQ(readBad(header + "a,0,1,4 KB\n"),
            "b.csv:2:7: error: size is '4 KB', expected a whole number");
  EXPECT_EQ(readBad(header + "a,,1,4\n"), "b.csv:2:3: error: lower is '', expected a whole number");
  EXPECT_EQ(readBad(header + "a,0,1,-4\n"), "b.csv:2:7: error: size is -4, expected 0 or more");
  EXPECT_EQ(readBad(header + "\na, 5, 5, 4\n"),
            "b.csv:3:7: error: upper is 5, expected more than lower (5)");
  EXPECT_EQ(readBad(header + "a,0,1,9223372036854775808\n"),
            "b.csv:2:7: error: size '9223372036854775808' does not fit into 64 bits");
  EXPECT_EQ(readBad(header + ",0,1,4\n"), "b.csv:2:1: error: id is empty");
  EXPECT_EQ(readBad("id,lower,upper,size,alignment\na,0,1,4,0\n"),
            "b.csv:2:9: error: alignment is 0, expected 1 or more");
  EXPECT_EQ(readBad("id,lower,upper,size,alignment,offset\na,0,1,4,4,6\n"),
            "b.csv:2:11: error: offset is 6, expected a multiple of the alignment 4");
  EXPECT_EQ(readBad(std::string("id,lower,upper,size\na,0,1\0,4\n", 28)),
            "b.csv:2:5: error: upper is '1?', expected a whole number");
}

TEST(BufferFile, NamesBothBuffersOfOneId) {
  EXPECT_EQ(readBad(header + "a,0,1,4\nb,0,1,4\na,0,1,4\n"),
            "b.csv:4:1: error: a second buffer 'a'\nb.csv:2:1: note: the first is here");
}

TEST(BufferFile, RefusesSumsThatOverflow) {
  std::string huge = std::to_string(INT64_MAX / 3);
  EXPECT_EQ(readBad(header + "a,0,1," + huge + "\nb,2,3," + huge + "\nc,2,3,1\n"),
            "b.csv:3:1: error: buffer 'b' takes the sum of sizes to 2^62 bytes or more");
}

TEST(BufferFile, StopsAfterTenFaults) {
  std::string text = header;
  for (int i = 0; i < 100; ++i)
    text += "a,0,1\n";
  std::string diagnostics = readBad(text);
  EXPECT_EQ(std::count(diagnostics.begin(), diagnostics.end(), '\n'), 9);
}

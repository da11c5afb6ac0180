//===- ImportTest.cpp - IDX files, and imports that are all or nothing ----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/io/ImportFixture.h"

#include <zlib.h>

#include <filesystem>
#include <set>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;
namespace fs = std::filesystem;

namespace {

TEST_F(ImportTest, IdxDirectoryHasBothSplits) {
  writeBoth();
  Result<DatasetRecord> record = idx();
  ASSERT_OK(record);
  EXPECT_EQ(record->classCount, 10u);
  const SplitRecord &train = record->splits.at("train");
  EXPECT_EQ(train.samples(), 100u);
  EXPECT_EQ(train.samplesInChunk.front(), 32u); // The first multiple of 63 past 2000.
  EXPECT_EQ(train.payloadBytes, 6300u);
  EXPECT_EQ(train.largest, (ImageShape{7, 9, 1}));
  EXPECT_EQ(record->splits.at("test").samples(), 30u);
  EXPECT_EQ(payloadOf("train", "000099"), makeImage({7, 9, 1}, 99).pixels);
  EXPECT_EQ(payloadOf("test", "000000"), makeImage({7, 9, 1}, 0).pixels);
  expectClean();
}

TEST_F(ImportTest, IdxFileFindsItsLabels) {
  writeIdx(directory / "idx/thing", 5, {2, 3, 3}, 2);
  Result<DatasetRecord> record = import(url, directory / "idx/thing-images-idx4-ubyte",
                                        {"idx", "test", {"no", "yes"}}, smallChunk);
  ASSERT_OK(record);
  EXPECT_EQ(record->splits.at("test").largest, (ImageShape{2, 3, 3}));
  EXPECT_EQ(record->className(1), "yes");
}

TEST_F(ImportTest, GzipIsReadAndItsDamageFound) {
  writeBoth();
  const Bytes plain = readFile(directory / "idx/train-images-idx3-ubyte");
  fs::remove(directory / "idx/train-images-idx3-ubyte");
  const std::string path = directory / "idx/train-images-idx3-ubyte.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, plain.data(), static_cast<unsigned>(plain.size()));
  gzclose(file);
  ASSERT_OK(idx());
  EXPECT_EQ(payloadOf("train", "000042"), makeImage({7, 9, 1}, 42).pixels);

  const Bytes good = readFile(path);
  Bytes bad = good;
  bad[bad.size() / 2] ^= 0x55;
  writeFile(path, bad);
  expectError(idx(true), path);
  writeFile(path, Bytes(good.begin(), good.end() - 9));
  expectError(idx(true), "truncated gzip file");
  Bytes longer = good;
  longer.insert(longer.end(), {'j', 'u', 'n', 'k'});
  writeFile(path, longer);
  expectError(idx(true), "damaged gzip file: incorrect header check");
  EXPECT_EQ(payloadOf("train", "000042"), makeImage({7, 9, 1}, 42).pixels);
  expectClean();
}

TEST_F(ImportTest, GzipFilesOneAfterTheOtherAreRead) {
  writeIdx(directory / "idx/train", 40, {7, 9, 1}, 10);
  const std::string path = directory / "idx/train-images-idx3-ubyte";
  const Bytes plain = readFile(path);
  const size_t half = plain.size() / 2;
  for (const auto &[begin, end] : {std::pair(size_t(0), half), {half, plain.size()}}) {
    gzFile file = gzopen(path.c_str(), begin ? "ab" : "wb");
    gzwrite(file, plain.data() + begin, static_cast<unsigned>(end - begin));
    gzclose(file);
  }
  ASSERT_OK(idx());
  EXPECT_EQ(payloadOf("train", "000039"), makeImage({7, 9, 1}, 39).pixels);
}

TEST_F(ImportTest, IdxSortedByClassIsMixed) {
  Bytes images;
  Bytes labels;
  for (int i = 0; i < 640; ++i) {
    images.insert(images.end(), {uint8_t(i), uint8_t(i / 64)});
    labels.push_back(uint8_t(i / 64));
  }
  writeFile(directory / "idx/train-images-idx3-ubyte", makeIdx({640, 1, 2}, images));
  writeFile(directory / "idx/train-labels-idx1-ubyte", makeIdx({640}, labels));
  ASSERT_OK(import(url, directory / "idx", {"idx", "", {}}, 64));
  std::vector<ChunkEntry> entries = entriesOf("train");
  ASSERT_EQ(entries.size(), 640u);
  for (size_t begin = 0; begin < entries.size(); begin += 32) {
    std::set<int32_t> seen;
    for (size_t i = begin; i < begin + 32; ++i)
      seen.insert(entries[i].label);
    EXPECT_GE(seen.size(), 6u); // Nine or ten of ten, as a rule.
  }
  for (const ChunkEntry &entry : entries)
    EXPECT_EQ(entry.label, std::stoi(entry.name) / 64);
  EXPECT_EQ(payloadOf("train", "000500"), (Bytes{uint8_t(500), uint8_t(500 / 64)}));
}

TEST_F(ImportTest, WhatLiesBesideIdxFilesIsCounted) {
  writeBoth();
  writeFile(directory / "idx/README", "hello");
  writeFile(directory / "idx/train-images-idx3-ubyte.gz", "the plain one is read");
  const std::vector<std::string> expected = {
      "2 beside the files of the splits (README, train-images-idx3-ubyte.gz)"};
  EXPECT_EQ(passedOver("idx", "idx"), expected);
  // A split that is not asked for is not passed over.
  EXPECT_EQ(passedOver("idx", "idx", "test"), expected);
}

TEST_F(ImportTest, BadIdxIsNamedAndLosesNothing) {
  writeBoth();
  ASSERT_OK(idx());
  const std::string images = directory / "idx/train-images-idx3-ubyte";
  const std::string labels = directory / "idx/train-labels-idx1-ubyte";
  const Bytes good = readFile(images);
  const auto fails = [&](const Bytes &bytes, const std::string &part) {
    writeFile(images, bytes);
    expectError(idx(true), part);
  };
  fails({}, "truncated");
  fails({1, 2, 3, 4, 5}, "found magic 01020304");
  fails({0, 0, 0x0d, 3}, "found element type 0x0d");
  fails(makeIdx({100, 7}, Bytes(700)), "rank 2, expected images");
  fails(makeIdx({99, 7, 9}, Bytes(99 * 63)), "100 labels, expected 99");
  fails(makeIdx({100, 0, 9}, {}), "images of 0x9x1");
  fails(makeIdx({100, 0xffffffff, 0xffffffff, 0xffffffff}, {}), "truncated: it ends");
  fails(makeIdx({1, 1 << 20, 1 << 20}, {}), "truncated: it ends 1099511627776 bytes before");
  fails({0, 0, 8, 3, 0, 0, 0}, "truncated: it ends in its header");
  fails(Bytes(good.begin(), good.end() - 1), "truncated: it ends 1 bytes before");
  Bytes longer = good;
  longer.push_back(0);
  fails(longer, "found 1 bytes after the end");
  writeFile(images, good);
  fs::rename(labels, directory / "labels");
  expectError(idx(true), "no labels beside " + images);
  fs::rename(directory / "labels", labels);
  fs::remove(images);
  expectError(idx(true), "no images beside " + labels);
  expectError(import(url, directory / "nothing", {"idx", "", {}}, smallChunk), "no such file");
  EXPECT_EQ(payloadOf("train", "000099"), makeImage({7, 9, 1}, 99).pixels);
  expectClean();
}

TEST_F(ImportTest, ExistingSplitsAreNotReplacedByAccident) {
  writeBoth();
  ASSERT_OK(idx(false, "train"));
  expectError(idx(false, "train"), "--replace");
  expectError(idx(), "has a split 'train' of 100 samples already");
  ASSERT_OK(idx(false, "test"));
  writeIdx(directory / "idx/train", 40, {3, 3, 1}, 4);
  Result<DatasetRecord> record = idx(true, "train");
  ASSERT_OK(record);
  EXPECT_EQ(record->splits.at("train").samples(), 40u);
  EXPECT_EQ(record->splits.at("test").samples(), 30u);
  EXPECT_EQ(record->classCount, 10u); // Of the split that stayed.
  expectClean();
}

TEST_F(ImportTest, NoSamplesIsAnError) {
  writeIdx(directory / "idx/train", 0, {7, 9, 1}, 10);
  expectError(idx(), "no samples");
}

TEST_F(ImportTest, LabelsBeyondTheNamesAreAnError) {
  writeIdx(directory / "idx/train", 3, {7, 9, 1}, 3);
  expectError(import(url, directory / "idx", {"idx", "", {"zero", "one"}}, smallChunk),
              "sample '000002': label 2, expected 0 to 1");
}

} // namespace

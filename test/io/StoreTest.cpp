//===- StoreTest.cpp - URLs, chunk storage, metadata ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Store.h"

#include "test/io/TestData.h"

#include <filesystem>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;

namespace {

TEST(Url, NamesDirectoryAndDataset) {
  Result<StoreUrl> url = parseDatasetUrl("dlfs:///data/my store/flowers-1.0");
  ASSERT_OK(url);
  EXPECT_EQ(url->directory, "/data/my store");
  EXPECT_EQ(url->dataset, "flowers-1.0");
}

TEST(Url, MistakesAreExplained) {
  expectError(parseDatasetUrl("/data/flowers"), "expected dlfs:///directory/dataset");
  expectError(parseDatasetUrl("dlfs://host:7400/flowers"), "found host 'host:7400'");
  expectError(parseDatasetUrl("dlfs:///flowers"), "expected a directory and a data set");
  expectError(parseDatasetUrl("dlfs:///"), "expected a directory and a data set");
  expectError(parseDatasetUrl("dlfs://"), "three slashes");
  expectError(parseDatasetUrl("dlfs:///data/.."), "expected the name of a data set");
  expectError(parseDatasetUrl("dlfs:///data/a b"), "expected the name of a data set");
}

class StoreTest : public testing::Test {
protected:
  TemporaryDirectory directory;
};

TEST_F(StoreTest, StorageKeepsWholeBlocks) {
  Result<Store> store = openStore(directory / "s", Access::write);
  ASSERT_OK(store);
  ChunkStorage &chunks = *store->chunks;
  ASSERT_OK(chunks.put("1-a", Bytes{1, 2, 3}));
  ASSERT_OK(chunks.put("1-b", Bytes{}));
  ASSERT_OK(chunks.put("2-a", Bytes{4}));
  EXPECT_EQ(*chunks.size("1-a"), 3u);
  EXPECT_EQ(*chunks.size("1-b"), 0u);
  EXPECT_EQ(*chunks.read("1-a", 1, 2), (Bytes{2, 3}));
  expectError(chunks.read("1-a", 1, 3), "file ends at byte 3");
  expectError(chunks.read("3", 0, 0), "no such file");
  EXPECT_FALSE(chunks.put("1-a", Bytes{9}).ok());
  EXPECT_EQ(*chunks.read("1-a", 0, 3), (Bytes{1, 2, 3}));
  // What a killed writer leaves is not listed, but goes with its prefix.
  writeFile(directory / "s/chunks/1-c.chunk.tmp", Bytes{1});
  EXPECT_EQ(*chunks.list(""), (std::vector<std::string>{"1-a", "1-b", "2-a"}));
  EXPECT_EQ(*chunks.list("1-"), (std::vector<std::string>{"1-a", "1-b"}));
  ASSERT_OK(chunks.removeAll("1-"));
  EXPECT_EQ(*chunks.list(""), (std::vector<std::string>{"2-a"}));
  EXPECT_FALSE(std::filesystem::exists(directory / "s/chunks/1-c.chunk.tmp"));
}

DatasetRecord recordOf(const std::string &name, uint64_t generation) {
  DatasetRecord record;
  record.name = name;
  record.generation = generation;
  record.classCount = 2;
  record.classNames = {"cat", "d\xc3\xb6g"};
  SplitRecord &split = record.splits["train"];
  split.run = runName(generation, "train");
  split.samplesInChunk = {3, 2};
  split.payloadBytes = 99;
  split.encodings = {Encoding::raw, Encoding::png};
  split.smallest = {1, 2, 3};
  split.largest = {4, 5, 3};
  return record;
}

TEST_F(StoreTest, RecordsRoundTrip) {
  const DatasetRecord record = recordOf("a", 1);
  Result<DatasetRecord> again = parseRecord(toJson(record));
  ASSERT_OK(again);
  EXPECT_EQ(toJson(*again), toJson(record));
  EXPECT_EQ(again->splits.at("train").largest, (ImageShape{4, 5, 3}));
  EXPECT_EQ(again->splits.at("train").samples(), 5u);
  EXPECT_EQ(again->className(0), "cat");
  EXPECT_EQ(again->className(1), "d\xc3\xb6g");
  EXPECT_EQ(again->className(7), "7");
  // Of before imports had identities: what stands for one is the record's own.
  const ImportId old = again->splits.at("train").importId();
  EXPECT_EQ(old.id, record.splits.at("train").importId().id);
  EXPECT_EQ(old.id.size(), 16u);
  EXPECT_EQ(old.time, 0);
  EXPECT_NE(recordOf("a", 2).splits.at("train").importId().id, old.id);
  DatasetRecord withImport = record;
  withImport.splits["train"].import = {"0123456789abcdef", 1'800'000'000};
  again = parseRecord(toJson(withImport));
  ASSERT_OK(again);
  EXPECT_EQ(again->splits.at("train").importId().id, "0123456789abcdef");
  EXPECT_EQ(again->splits.at("train").importId().time, 1'800'000'000);
  expectError(parseRecord("{"), "damaged data set record");
  expectError(parseRecord("{\"version\": 2}"), "version 2, expected 1");
  expectError(parseRecord("{\"version\": 1, \"name\": 5}"), "damaged data set record");
}

TEST_F(StoreTest, MetadataSurviveReopening) {
  {
    Result<Store> store = openStore(directory / "s", Access::write);
    ASSERT_OK(store);
    Result<uint64_t> generation = store->metadata->allocate();
    ASSERT_OK(generation);
    EXPECT_EQ(*generation, 1u);
    EXPECT_EQ(*store->metadata->leftovers(), (std::vector<std::string>{"0000000000000001-"}));
    ChunkEntry entry;
    entry.name = "x/y ~\xff";
    ASSERT_OK(store->metadata->index("0000000000000001-train", 4, {ChunkEntry(), entry}));
    ASSERT_OK(store->metadata->commit(recordOf("a", 1), {}));
    EXPECT_TRUE(store->metadata->leftovers()->empty());
  }
  Result<Store> store = openStore(directory / "s", Access::read);
  ASSERT_OK(store);
  EXPECT_EQ(*store->metadata->datasets(), (std::vector<std::string>{"a"}));
  Result<DatasetRecord> record = store->find("a");
  ASSERT_OK(record);
  EXPECT_EQ(toJson(*record), toJson(recordOf("a", 1)));
  Result<std::optional<SamplePlace>> place =
      store->metadata->locate("0000000000000001-train", "x/y ~\xff");
  ASSERT_OK(place);
  ASSERT_TRUE(place->has_value());
  EXPECT_EQ((*place)->chunk, 4u);
  EXPECT_EQ((*place)->entry, 1u);
  EXPECT_FALSE(store->metadata->locate("0000000000000001-train", "z")->has_value());
  expectError(store->find("b"), "no data set 'b'");
  expectError(store->find("b"), "it has a");
}

TEST_F(StoreTest, ForgettingARunKeepsItsNeighbours) {
  Result<Store> store = openStore(directory / "s", Access::write);
  ASSERT_OK(store);
  ChunkEntry entry;
  entry.name = "\xff\xff";
  for (const char *run : {"1-test", "1-train", "2-train"})
    ASSERT_OK(store->metadata->index(run, 0, {entry}));
  ASSERT_OK(store->metadata->forget("1-train"));
  EXPECT_TRUE(store->metadata->locate("1-test", entry.name)->has_value());
  EXPECT_FALSE(store->metadata->locate("1-train", entry.name)->has_value());
  EXPECT_TRUE(store->metadata->locate("2-train", entry.name)->has_value());
}

TEST_F(StoreTest, OneWriterManyReaders) {
  Result<Store> writer = openStore(directory / "s", Access::write);
  ASSERT_OK(writer);
  expectError(openStore(directory / "s", Access::write), "is being written by another process");
  ASSERT_OK(writer->metadata->commit(recordOf("a", 1), {}));
  Result<Store> first = openStore(directory / "s", Access::read);
  ASSERT_OK(first);
  Result<Store> second = openStore(directory / "s", Access::read);
  ASSERT_OK(second);
  ASSERT_OK(second->find("a"));
  // A reader keeps the view that it opened.
  ASSERT_OK(writer->metadata->commit(recordOf("b", 2), {}));
  EXPECT_FALSE(second->find("b").ok());
}

TEST_F(StoreTest, ReadersChangeNothing) {
  {
    Result<Store> writer = openStore(directory / "s", Access::write);
    ASSERT_OK(writer);
    ASSERT_OK(writer->metadata->commit(recordOf("a", 1), {}));
  }
  const auto before = contentOf(directory / "s");
  for (int i = 0; i < 3; ++i) {
    Result<Store> reader = openStore(directory / "s", Access::read);
    ASSERT_OK(reader);
    ASSERT_OK(reader->find("a"));
  }
  EXPECT_EQ(contentOf(directory / "s"), before);
}

TEST_F(StoreTest, WhatIsNoStoreIsSaid) {
  expectError(openStore(directory / "none", Access::read), "no such directory");
  std::filesystem::create_directory(directory / "empty");
  expectError(openStore(directory / "empty", Access::read), "no folder 'chunks'");
  writeFile(directory / "file", "x");
  EXPECT_FALSE(openStore(directory / "file", Access::read).ok());
  EXPECT_FALSE(openStore(directory / "file", Access::write).ok());
  EXPECT_FALSE(openStore(directory / "file/below", Access::write).ok());
}

TEST_F(StoreTest, LostMetadataAreNotMadeNew) {
  {
    Result<Store> store = openStore(directory / "s", Access::write);
    ASSERT_OK(store);
    ASSERT_OK(store->chunks->put("0000000000000001-train-000000", Bytes{1}));
  }
  std::filesystem::remove_all(directory / "s/metadata");
  expectError(openStore(directory / "s", Access::read), "dlfs verify --rebuild");
  expectError(openStore(directory / "s", Access::write), "dlfs verify --rebuild");
  // A rebuild that did not end lets no writer in either.
  { ASSERT_OK(openStore(directory / "s", Access::rebuild)); }
  expectError(openStore(directory / "s", Access::write), "incomplete");
}

TEST_F(StoreTest, DamagedMetadataAreAnError) {
  {
    Result<Store> store = openStore(directory / "s", Access::write);
    ASSERT_OK(store);
    ASSERT_OK(store->metadata->commit(recordOf("a", 1), {}));
  }
  writeFile(directory / "s/metadata/CURRENT", "nonsense");
  expectError(openStore(directory / "s", Access::read), "dlfs verify --rebuild");
  expectError(openStore(directory / "s", Access::write), "dlfs verify --rebuild");
}

} // namespace

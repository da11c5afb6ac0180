//===- VerifyTest.cpp - damage is found, metadata are rebuilt -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Verify.h"

#include "io/Lookup.h"
#include "test/io/TestData.h"

#include <filesystem>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;
namespace fs = std::filesystem;

namespace {

class VerifyTest : public testing::Test {
protected:
  void SetUp() override {
    writeIdx(directory / "idx/train", 100, {7, 9, 1}, 10);
    writeIdx(directory / "idx/t10k", 30, {7, 9, 1}, 10);
    ASSERT_OK(import(url, directory / "idx", {"idx", "", {}}, 2000));
  }
  std::string chunk(const std::string &name) {
    return directory / ("store/chunks/" + name + ".chunk");
  }
  VerifyReport verify() {
    Result<Store> store = openStore(directory / "store", Access::read);
    EXPECT_TRUE(store.ok()) << store.status().message();
    Result<VerifyReport> report = verifyStore(*store, "set", nullptr);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return *report;
  }
  /// Exactly one problem, with all of `parts` in it.
  void expectProblem(const std::vector<std::string> &parts) {
    const VerifyReport report = verify();
    ASSERT_EQ(report.problems.size(), 1u);
    for (const std::string &part : parts)
      EXPECT_NE(report.problems[0].find(part), std::string::npos) << report.problems[0];
  }

  TemporaryDirectory directory;
  const std::string url = "dlfs://" + (directory / "store") + "/set";
};

TEST_F(VerifyTest, GoodIsGood) {
  const VerifyReport report = verify();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.samples, 130u);
  EXPECT_EQ(report.bytes, 130u * 63);
  EXPECT_EQ(report.chunks, 4u + 1 + 1);
}

TEST_F(VerifyTest, FlippedPayloadByteIsLocated) {
  const std::string path = chunk("0000000000000001-test-000000");
  const uint64_t size = fs::file_size(path);
  flipByte(path, size - 1);
  expectProblem({"data set 'set'", "chunk 0000000000000001-test-000000", "'000029'",
                 fmt::format("bytes {} to {}", size - 63, size)});
}

TEST_F(VerifyTest, DamagedHeadersAndFilesAreNamed) {
  flipByte(chunk("0000000000000001-test-000000"), 70);
  expectProblem({"split test", "0000000000000001-test-000000", "checksum mismatch in the header"});
  flipByte(chunk("0000000000000001-test-000000"), 70);
  ASSERT_TRUE(verify().problems.empty());

  const std::string path = chunk("0000000000000001-train-000002");
  const Bytes good = readFile(path);
  writeFile(path, Bytes(good.begin(), good.begin() + 100));
  expectProblem({"0000000000000001-train-000002", "truncated: found 100 bytes, expected"});
  writeFile(path, readFile(chunk("0000000000000001-train-000001")));
  expectProblem({"its header says that it is 0000000000000001-train-000001"});
  fs::remove(path);
  expectProblem({"0000000000000001-train-000002", "no such file"});
  writeFile(path, good);
  flipByte(chunk("0000000000000001-record-000000"), 200);
  expectProblem({"0000000000000001-record-000000", "checksum mismatch"});
}

TEST_F(VerifyTest, LabelsOfNoClassAreNamed) {
  const std::string path = chunk("0000000000000001-train-000001");
  Result<Chunk> good = Chunk::parse(readFile(path));
  ASSERT_OK(good);
  ChunkBuilder builder;
  for (size_t i = 0; i < good->entries().size(); ++i) {
    SampleInfo info = good->entries()[i];
    info.label = i == 1 ? 99 : info.label;
    builder.add(info, *good->payload(i));
  }
  writeFile(path, builder.finish(good->identity()));
  expectProblem(
      {"split train", "chunk 0000000000000001-train-000001", "has label 99, expected 0 to"});
}

TEST_F(VerifyTest, RebuiltMetadataAreTheSame) {
  // A second import that keeps a split of the first, and another data set.
  ASSERT_OK(import(url, directory / "idx", {"idx", "test", {}}, 500, true));
  ASSERT_OK(import("dlfs://" + (directory / "store") + "/other", directory / "idx",
                   {"idx", "train", {}}, 700));
  std::vector<std::string> before;
  for (const char *name : {"set", "other"})
    before.push_back(toJson(*openStore(directory / "store", Access::read)->find(name)));

  fs::remove_all(directory / "store/metadata");
  Result<VerifyReport> report = rebuildMetadata(directory / "store", nullptr);
  ASSERT_OK(report);
  EXPECT_TRUE(report->problems.empty());
  EXPECT_TRUE(report->notes.empty());
  EXPECT_EQ(report->datasets, 2u);
  EXPECT_EQ(report->samples, 230u);
  std::vector<std::string> after;
  for (const char *name : {"set", "other"})
    after.push_back(toJson(*openStore(directory / "store", Access::read)->find(name)));
  EXPECT_EQ(before, after);
  EXPECT_TRUE(verify().problems.empty());
  // Generations go on where they were.
  Result<DatasetRecord> record = import(url, directory / "idx", {"idx", "test", {}}, 500, true);
  ASSERT_OK(record);
  EXPECT_EQ(record->generation, 4u);
}

TEST_F(VerifyTest, RebuildKeepsTheOldAndTellsWhatIsLost) {
  writeFile(directory / "store/metadata/CURRENT", "nonsense");
  flipByte(chunk("0000000000000001-test-000000"), 70);
  Result<VerifyReport> report = rebuildMetadata(directory / "store", nullptr);
  ASSERT_OK(report);
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_NE(report->problems[0].find("0000000000000001-test-000000"), std::string::npos);
  EXPECT_EQ(report->samples, 100u);
  EXPECT_TRUE(fs::exists(directory / "store/metadata.old/CURRENT"));
  // With its record gone a data set is gone from the metadata, its chunks are not.
  flipByte(chunk("0000000000000001-record-000000"), 200);
  report = rebuildMetadata(directory / "store", nullptr);
  ASSERT_OK(report);
  EXPECT_EQ(report->datasets, 0u);
  EXPECT_EQ(report->problems.size(), 1u);
  EXPECT_EQ(report->notes.size(), 1u);
  EXPECT_TRUE(fs::exists(chunk("0000000000000001-train-000000")));
  EXPECT_TRUE(fs::exists(directory / "store/metadata.old.1/CURRENT"));
}

TEST_F(VerifyTest, RebuildNeedsChunks) {
  fs::remove_all(directory / "store/chunks");
  fs::create_directory(directory / "store/chunks");
  expectError(rebuildMetadata(directory / "store", nullptr), "nothing to rebuild from");
  EXPECT_TRUE(fs::exists(directory / "store/metadata/CURRENT"));
}

TEST_F(VerifyTest, UnfinishedImportsAreClearedAway) {
  // As a process that was killed between its chunks and its commit leaves it.
  {
    Result<Store> store = openStore(directory / "store", Access::write);
    ASSERT_OK(store);
    ASSERT_OK(store->metadata->allocate());
    ASSERT_OK(store->chunks->put("0000000000000002-train-000000", Bytes(10)));
    writeFile(chunk("0000000000000002-train-000001") + ".tmp", Bytes(10));
  }
  Result<Store> store = openStore(directory / "store", Access::read);
  ASSERT_OK(store);
  EXPECT_EQ(verifyStore(*store, "", nullptr)->notes.size(), 1u);
  ASSERT_OK(import("dlfs://" + (directory / "store") + "/other", directory / "idx",
                   {"idx", "train", {}}, 700));
  EXPECT_FALSE(fs::exists(chunk("0000000000000002-train-000000")));
  EXPECT_FALSE(fs::exists(chunk("0000000000000002-train-000001") + ".tmp"));
  EXPECT_TRUE(verify().problems.empty());
}

} // namespace

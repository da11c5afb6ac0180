//===- ImportFixture.h - a directory with sources and a store -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_IO_IMPORTFIXTURE_H
#define FANFOLD_TEST_IO_IMPORTFIXTURE_H

#include "io/Lookup.h"
#include "io/Verify.h"
#include "io/import/Import.h"
#include "test/io/TestData.h"

#include <map>

namespace fanfold::io::test {

inline constexpr uint64_t smallChunk = 2000;

class ImportTest : public testing::Test {
protected:
  TemporaryDirectory directory;
  const std::string url = "dlfs://" + (directory / "store") + "/set";

  Result<DatasetRecord> idx(bool replace = false, const std::string &split = "") {
    return import(url, directory / "idx", {"idx", split, {}}, smallChunk, replace);
  }
  Result<DatasetRecord> folder(const std::string &name, const std::string &split = "",
                               bool replace = false) {
    return import(url, directory / name, {"folder", split, {}}, smallChunk, replace);
  }
  Result<DatasetRecord> tar(const std::string &name) {
    return import(url, directory / name, {"tar", "", {}}, smallChunk);
  }
  /// What openSource() passes over.
  std::vector<std::string> passedOver(const std::string &name, const std::string &format,
                                      const std::string &split = "") {
    Result<std::unique_ptr<SampleSource>> source =
        openSource(directory / name, {format, split, {}});
    EXPECT_TRUE(source.ok()) << source.status().message();
    return source ? (*source)->catalogue.passedOver.lines() : std::vector<std::string>();
  }
  /// Names and labels of a split, sorted.
  std::map<std::string, int32_t> labelsOf(const std::string &split) {
    std::map<std::string, int32_t> labels;
    for (const ChunkEntry &entry : entriesOf(split))
      labels[entry.name] = entry.label;
    return labels;
  }
  /// The table of a split, in stored order.
  std::vector<ChunkEntry> entriesOf(const std::string &split) {
    std::vector<ChunkEntry> entries;
    Result<Store> store = openStore(directory / "store", Access::read);
    EXPECT_TRUE(store.ok());
    const SplitRecord record = store->find("set")->splits.at(split);
    for (uint32_t i = 0; i < record.samplesInChunk.size(); ++i) {
      Result<Chunk> chunk = readChunkHeader(*store->chunks, chunkName(record.run, i));
      EXPECT_TRUE(chunk.ok());
      entries.insert(entries.end(), chunk->entries().begin(), chunk->entries().end());
    }
    return entries;
  }
  void writeBoth() {
    writeIdx(directory / "idx/train", 100, {7, 9, 1}, 10);
    writeIdx(directory / "idx/t10k", 30, {7, 9, 1}, 10);
  }
  Bytes payloadOf(const std::string &split, const std::string &name) {
    Result<Store> store = openStore(directory / "store", Access::read);
    EXPECT_TRUE(store.ok());
    Result<SampleLocation> where = findSample(*store, *store->find("set"), split, name);
    EXPECT_TRUE(where.ok()) << where.status().message();
    return *readSample(*store, *where);
  }
  /// Everything is in order, and nothing is in the store that belongs to nothing.
  void expectClean() {
    Result<Store> store = openStore(directory / "store", Access::read);
    ASSERT_OK(store);
    Result<VerifyReport> report = verifyStore(*store, "", nullptr);
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
    EXPECT_TRUE(report->notes.empty()) << report->notes.front();
  }
};

} // namespace fanfold::io::test

#endif // FANFOLD_TEST_IO_IMPORTFIXTURE_H

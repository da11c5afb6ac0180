//===- ImportTest.cpp - sources, and imports that are all or nothing ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/Import.h"

#include "io/Lookup.h"
#include "io/Verify.h"
#include "test/io/TestData.h"

#include <zlib.h>

#include <filesystem>
#include <set>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t smallChunk = 2000;

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
  expectError(idx(true), "truncated");
  EXPECT_EQ(payloadOf("train", "000042"), makeImage({7, 9, 1}, 42).pixels);
  expectClean();
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
  fails(makeIdx({100, 7}, {}), "rank 2, expected images");
  fails(makeIdx({99, 7, 9}, {}), "100 labels, expected 99");
  fails(makeIdx({100, 0, 9}, {}), "images of 0x9x1");
  fails(makeIdx({100, 0xffffffff, 0xffffffff}, {}), "expected 1 to");
  fails(Bytes(good.begin(), good.end() - 1), "image of sample 99");
  Bytes longer = good;
  longer.push_back(0);
  fails(longer, "after the end");
  writeFile(images, good);
  fs::remove(labels);
  expectError(idx(true), "no labels beside");
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

TEST_F(ImportTest, FolderHasClasses) {
  const Image image = makeImage({5, 6, 3}, 1);
  for (int i = 0; i < 20; ++i) {
    writeFile(directory / fmt::format("f/train/cat/{}.png", i), encodePng(image));
    writeFile(directory / fmt::format("f/train/dog/deep/{}.JPEG", i), encodeJpeg(image));
  }
  writeFile(directory / "f/train/cat/.DS_Store", "hidden");
  writeFile(directory / "f/val/dog/x.png", encodePng(makeImage({9, 2, 1}, 2)));
  Result<DatasetRecord> record = folder("f");
  ASSERT_OK(record);
  EXPECT_EQ(record->classNames, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(record->splits.at("train").samples(), 40u);
  EXPECT_EQ(record->splits.at("train").encodings,
            (std::vector<Encoding>{Encoding::jpeg, Encoding::png}));
  EXPECT_EQ(record->splits.at("test").largest, (ImageShape{9, 2, 1}));
  EXPECT_EQ(payloadOf("train", "dog/deep/7.JPEG"), encodeJpeg(image));
  // Classes are mixed: a chunk must not hold one of them alone.
  Result<Store> store = openStore(directory / "store", Access::read);
  ASSERT_OK(store);
  Result<Chunk> chunk =
      readChunkHeader(*store->chunks, chunkName(record->splits.at("train").run, 0));
  ASSERT_OK(chunk);
  std::set<int32_t> labels;
  for (const ChunkEntry &entry : chunk->entries())
    labels.insert(entry.label);
  EXPECT_EQ(labels.size(), 2u);
  expectClean();
}

TEST_F(ImportTest, LabelsFollowTheClassesThatStay) {
  const Bytes png = encodePng(makeImage({2, 2, 1}, 1));
  for (const char *name : {"a", "b", "c"})
    writeFile(directory / fmt::format("train/{}/0.png", name), png);
  writeFile(directory / "test/c/0.png", png);
  ASSERT_OK(folder("train", "train"));
  ASSERT_OK(folder("test", "test"));
  Result<Store> store = openStore(directory / "store", Access::read);
  ASSERT_OK(store);
  Result<SampleLocation> where = findSample(*store, *store->find("set"), "test", "c/0.png");
  ASSERT_OK(where);
  EXPECT_EQ(where->entry.label, 2);
  writeFile(directory / "test/zebra/0.png", png);
  expectError(folder("test", "test", true), "class 'zebra' is not among the 3 classes");
}

TEST_F(ImportTest, BadFoldersAreNamed) {
  expectError(folder("none"), "no such file");
  fs::create_directories(directory / "empty");
  expectError(folder("empty"), "no directories in");
  fs::create_directories(directory / "hollow/cat");
  expectError(folder("hollow"), "no images below");
  writeFile(directory / "text/cat/notes.txt", "hello");
  expectError(folder("text"), "cat/notes.txt: not a JPEG or PNG image");
  writeFile(directory / "zero/cat/0.jpg", "");
  expectError(folder("zero"), "cat/0.jpg: empty file");
  writeFile(directory / "loop/cat/0.png", encodePng(makeImage({2, 2, 1}, 1)));
  fs::create_directory_symlink(directory / "loop", directory / "loop/cat/again");
  EXPECT_FALSE(folder("loop").ok());
}

TEST_F(ImportTest, TarShards) {
  const Bytes jpeg = encodeJpeg(makeImage({8, 8, 3}, 1));
  const Bytes png = encodePng(makeImage({4, 4, 1}, 2));
  const auto text = [](const std::string &value) { return Bytes(value.begin(), value.end()); };
  writeTar(directory / "shards/a.tar", {{"x/0.cls", text("3\n")},
                                        {"x/0.JPG", jpeg},
                                        {"x/0.json", text("{}")},
                                        {"x/1.png", png},
                                        {"x/1.cls", text("0")}});
  writeTar(directory / "shards/b.tar", {{"y.jpeg", jpeg}, {"y.cls", text("12")}});
  writeFile(directory / "shards/b.tar.idx", "not a shard");
  Result<DatasetRecord> record = tar("shards");
  ASSERT_OK(record);
  EXPECT_EQ(record->splits.at("train").samples(), 3u);
  EXPECT_EQ(record->classCount, 13u);
  EXPECT_EQ(payloadOf("train", "x/1"), png);
  EXPECT_EQ(payloadOf("train", "y"), jpeg);
  expectClean();
}

TEST_F(ImportTest, BadTarIsNamed) {
  const Bytes png = encodePng(makeImage({40, 40, 3}, 2));
  const Bytes label = {'1'};
  const auto fails = [&](const std::vector<std::pair<std::string, Bytes>> &files,
                         const std::string &part) {
    writeTar(directory / "t.tar", files);
    expectError(tar("t.tar"), part);
    EXPECT_FALSE(fs::exists(directory / "store/chunks/0000000000000001-train-000000.chunk"));
  };
  fails({{"a.png", png}}, "sample 'a' has no label (.cls) next to its image");
  fails({{"a.cls", label}}, "sample 'a' has no image");
  fails({{"a.png", png}, {"a.cls", {'x'}}}, "a.cls: found 'x', expected a label");
  fails({{"a.png", png}, {"a.cls", {'-', '1'}}}, "found '-1', expected a label");
  fails({{"a.png", png}, {"a.cls", {}}}, "found '', expected a label");
  fails({{"a.png", png}, {"a.jpg", png}, {"a.cls", label}}, "a.jpg: a second image");
  fails({{"a.png", label}, {"a.cls", label}}, "a.png: not a JPEG or PNG image");
  fails({{"a.png", png},
         {"a.cls", label},
         {"b.png", png},
         {"b.cls", label},
         {"a.png", png},
         {"a.cls", label}},
        "sample 'a': a second sample of this name");
  fails({}, "no samples");
  writeTar(directory / "t.tar", {{"a.png", png}, {"a.cls", label}});
  Bytes bytes = readFile(directory / "t.tar");
  bytes.resize(1500);
  writeFile(directory / "t.tar", bytes);
  expectError(tar("t.tar"), "t.tar: ");
  writeFile(directory / "t.tar", "these are not the shards you are looking for");
  expectError(tar("t.tar"), "t.tar: ");
  writeFile(directory / "t.tar", "");
  expectError(tar("t.tar"), "no samples");
}

TEST_F(ImportTest, LabelsBeyondTheNamesAreAnError) {
  writeBoth();
  expectError(import(url, directory / "idx", {"idx", "", {"zero", "one"}}, smallChunk),
              "sample '000002': label 2, expected 0 to 1");
}

} // namespace

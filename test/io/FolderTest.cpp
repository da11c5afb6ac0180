//===- FolderTest.cpp - directories of images -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/io/ImportFixture.h"

#include <filesystem>
#include <set>
#include <sys/stat.h>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;
namespace fs = std::filesystem;

namespace {

using FolderTest = ImportTest;

TEST_F(FolderTest, FolderHasClasses) {
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

TEST_F(FolderTest, LabelsFollowTheClassesThatStay) {
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

TEST_F(FolderTest, BadFoldersAreNamed) {
  expectError(folder("none"), "no such file");
  fs::create_directories(directory / "empty");
  expectError(folder("empty"), "no directories in");
  fs::create_directories(directory / "hollow/cat");
  expectError(folder("hollow"), "no samples; passed over: 1 without an image (cat/)");
  writeFile(directory / "text/cat/notes.txt", "hello");
  expectError(folder("text"), "1 not a JPEG or PNG image (cat/notes.txt)");
  writeFile(directory / "zero/cat/0.jpg", "");
  expectError(folder("zero"), "1 empty (cat/0.jpg)");
  writeFile(directory / "liar/cat/0.jpg", "no picture");
  expectError(folder("liar"), "cat/0.jpg: not a JPEG or PNG image");
}

TEST_F(FolderTest, WhatIsNoSampleIsCounted) {
  const Bytes png = encodePng(makeImage({2, 2, 1}, 1));
  for (const char *name : {"cat/1.png", "cat/deep/er/2.PNG", "cat/none", "cat/of/3.dat"})
    writeFile(directory / "f/" + name, png);
  for (const char *name : {"cat/.hidden", ".hidden/4.png", "cat/.git/5.png"})
    writeFile(directory / "f/" + name, png);
  for (int i = 0; i < 5; ++i)
    writeFile(directory / fmt::format("f/cat/note{}.txt", i), "hello, world");
  writeFile(directory / "f/cat/short", "hi");
  writeFile(directory / "f/cat/empty.png", "");
  writeFile(directory / "f/stray.png", png);
  fs::create_directories(directory / "f/zebra/inner");
  EXPECT_EQ(passedOver("f", "folder"),
            (std::vector<std::string>{
                "1 beside the directories of classes (stray.png)", "1 empty (cat/empty.png)",
                "3 hidden (.hidden, cat/.git, cat/.hidden)",
                "6 not a JPEG or PNG image (cat/note0.txt, cat/note1.txt, cat/note2.txt, ...)",
                "1 without an image (zebra/)"}));
  Result<DatasetRecord> record = folder("f");
  ASSERT_OK(record);
  EXPECT_EQ(record->classNames, (std::vector<std::string>{"cat", "zebra"}));
  EXPECT_EQ(labelsOf("train"),
            (std::map<std::string, int32_t>{
                {"cat/1.png", 0}, {"cat/deep/er/2.PNG", 0}, {"cat/none", 0}, {"cat/of/3.dat", 0}}));
}

TEST_F(FolderTest, StrictTakesNothingLess) {
  writeFile(directory / "f/cat/1.png", encodePng(makeImage({2, 2, 1}, 1)));
  writeFile(directory / "f/cat/notes.txt", "hello, world");
  Result<std::unique_ptr<SampleSource>> source = openSource(directory / "f", {"folder", "", {}});
  ASSERT_OK(source);
  ImportOptions options;
  options.strict = true;
  expectError(importDataset(*parseDatasetUrl(url), **source, options),
              "passed over: 1 not a JPEG or PNG image (cat/notes.txt); --strict");
  EXPECT_FALSE(fs::exists(directory / "store"));
  fs::remove(directory / "f/cat/notes.txt");
  source = openSource(directory / "f", {"folder", "", {}});
  ASSERT_OK(source);
  ASSERT_OK(importDataset(*parseDatasetUrl(url), **source, options));
}

TEST_F(FolderTest, TheLayoutIsNotGuessed) {
  const Bytes png = encodePng(makeImage({2, 2, 1}, 1));
  const auto write = [&](const std::string &source, const std::vector<std::string> &directories) {
    for (const std::string &name : directories)
      writeFile(directory / source + "/" + name + "/1.png", png);
  };
  write("voc", {"bus", "car", "train"});
  expectError(folder("voc"), "voc/train: a split or a class?");
  expectError(folder("voc"), "found 'bus'; --split=train or --split=test says that all are");
  Result<DatasetRecord> record = folder("voc", "train");
  ASSERT_OK(record);
  EXPECT_EQ(record->classNames, (std::vector<std::string>{"bus", "car", "train"}));
  write("capitals", {"Test/cat", "Train/cat"});
  expectError(folder("capitals"), "capitals/Test: a split or a class?");
  write("words", {"train/cat", "validation/cat"});
  expectError(folder("words"), "words/train: a split or a class?");
  write("three", {"train/cat", "test/cat", "val/cat"});
  expectError(folder("three"), "three has directories 'test' and 'val'");
  write("flat", {"train", "test"});
  expectError(folder("flat"), "no directories in " + (directory / "flat/train"));
  expectError(folder("flat"), "--split=train or --split=test says that it is one itself");
}

TEST_F(FolderTest, OneSplitMayBeThereAlone) {
  const Bytes png = encodePng(makeImage({2, 2, 1}, 1));
  writeFile(directory / "one/val/cat/1.png", png);
  Result<DatasetRecord> record = folder("one");
  ASSERT_OK(record);
  EXPECT_EQ(record->splits.size(), 1u);
  EXPECT_EQ(record->splits.at("test").samples(), 1u);
  EXPECT_EQ(record->classNames, (std::vector<std::string>{"cat"}));
}

TEST_F(FolderTest, PipesAndDevicesAreAnError) {
  writeFile(directory / "f/cat/1.png", encodePng(makeImage({2, 2, 1}, 1)));
  ASSERT_EQ(mkfifo((directory / "f/cat/pipe.png").c_str(), 0600), 0);
  expectError(folder("f"), "cat/pipe.png is not a regular file");
  fs::remove(directory / "f/cat/pipe.png");
  fs::create_symlink("/dev/zero", directory / "f/cat/zero.png");
  expectError(folder("f"), "cat/zero.png is not a regular file");
}

TEST_F(FolderTest, LinksDoNotLeadInCircles) {
  const Bytes png = encodePng(makeImage({2, 2, 1}, 1));
  writeFile(directory / "f/cat/1.png", png);
  writeFile(directory / "f/dog/1.png", png);
  writeFile(directory / "elsewhere/2.png", png);
  fs::create_directory_symlink(directory / "f", directory / "f/cat/up");
  fs::create_directory_symlink(directory / "f/cat", directory / "f/cat/self");
  fs::create_directory_symlink("..", directory / "f/dog/above");
  fs::create_symlink("itself", directory / "f/cat/itself");
  fs::create_symlink("nothing", directory / "f/cat/broken.png");
  fs::create_directory_symlink(directory / "elsewhere", directory / "f/cat/out");
  fs::create_symlink(directory / "elsewhere/2.png", directory / "f/dog/2.png");
  // Thirty directories of two links each to the next: a billion ways.
  for (int i = 0; i < 30; ++i) {
    fs::create_directories(directory / fmt::format("maze/{}", i));
    for (const char *door : {"a", "b"})
      fs::create_directory_symlink(directory / fmt::format("maze/{}", i + 1),
                                   directory / fmt::format("maze/{}/{}", i, door));
  }
  writeFile(directory / "maze/30/3.png", png);
  fs::create_directory_symlink(directory / "maze/0", directory / "f/dog/maze");
  const std::vector<std::string> lines = passedOver("f", "folder");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].substr(0, 46), "33 linked to a directory above or read already");
  EXPECT_EQ(lines[1], "2 linked to nothing (cat/broken.png, cat/itself)");
  ASSERT_OK(folder("f"));
  const std::map<std::string, int32_t> labels = labelsOf("train");
  EXPECT_EQ(labels.size(), 5u);
  EXPECT_EQ(labels.count("cat/out/2.png"), 1u);
  EXPECT_EQ(labels.count("dog/2.png"), 1u);
}

TEST_F(FolderTest, NamesThatAreNoTextAreRefused) {
  const Bytes png = encodePng(makeImage({2, 2, 1}, 1));
  writeFile(directory / "f/caf\xe9/1.png", png);
  expectError(folder("f"), "class 'caf\\xe9': expected a name in UTF-8");
  writeFile(directory / "g/cat/new\nline.png", png);
  expectError(folder("g"), "sample 'cat/new\\x0aline.png': expected a name in UTF-8 without");
  writeFile(directory / "h/caf\xc3\xa9/\xe7\x8c\xab \xf0\x9f\x90\x88.png", png);
  Result<DatasetRecord> record = folder("h");
  ASSERT_OK(record);
  EXPECT_EQ(record->classNames, (std::vector<std::string>{"caf\xc3\xa9"}));
  EXPECT_EQ(labelsOf("train").begin()->first, "caf\xc3\xa9/\xe7\x8c\xab \xf0\x9f\x90\x88.png");
}

} // namespace

//===- TarTest.cpp - tar shards -------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/io/ImportFixture.h"

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <set>
#include <sys/stat.h>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;
namespace fs = std::filesystem;

namespace {

using TarTest = ImportTest;

TEST_F(TarTest, TarShards) {
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

TEST_F(TarTest, BadTarIsNamed) {
  const Bytes png = encodePng(makeImage({40, 40, 3}, 2));
  const Bytes label = {'1'};
  const auto fails = [&](const std::vector<TarFile> &files, const std::string &part) {
    writeTar(directory / "t.tar", files);
    expectError(tar("t.tar"), part);
    EXPECT_FALSE(fs::exists(directory / "store/chunks/0000000000000001-train-000000.chunk"));
  };
  fails({{"a.png", png}}, "no samples; passed over: 1 without a label (a.png)");
  fails({{"a.cls", label}}, "no samples; passed over: 1 without an image (a.cls)");
  fails({{"a.png", png}, {"a.cls", {'x'}}}, "a.cls: found 'x', expected a label");
  fails({{"a.png", png}, {"a.cls", {'-', '1'}}}, "found '-1', expected a label");
  fails({{"a.png", png}, {"a.cls", {}}}, "found '', expected a label");
  fails({{"a.png", png}, {"a.jpg", png}, {"a.cls", label}}, "a.jpg: a second image");
  fails({{"a.png", label}, {"a.cls", label}}, "a.png: not a JPEG or PNG image");
  fails({{"a.png", png}, {"a.cls", label}, {"a.cls", label}}, "a.cls: a second label");
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

TEST_F(TarTest, KeysHaveDots) {
  const Bytes png = encodePng(makeImage({4, 4, 1}, 2));
  writeTar(directory / "t.tar", {{"bird_0.png", png},
                                 {"bird_0.cls", {'0'}},
                                 {"cat.0.png", png},
                                 {"cat.0.cls", {'1'}},
                                 {"a.b/dog.1.2.JPEG", png},
                                 {"a.b/dog.1.2.CLS", {'2'}}});
  EXPECT_TRUE(passedOver("t.tar", "tar").empty());
  ASSERT_OK(tar("t.tar"));
  EXPECT_EQ(labelsOf("train"),
            (std::map<std::string, int32_t>{{"bird_0", 0}, {"cat.0", 1}, {"a.b/dog.1.2", 2}}));
}

TEST_F(TarTest, WhatIsNoSampleIsCounted) {
  const Bytes png = encodePng(makeImage({4, 4, 1}, 2));
  std::vector<TarFile> files = {{"d/a.png", png},      {"x.json", {'{', '}'}}, {"d/a.cls", {'1'}},
                                {"lost.png", png},     {"nobody.cls", {'2'}},  {"d/._a.png", png},
                                {"d/.git/c.png", png}, {"README", {'h', 'i'}}, {"empty.png", {}},
                                {"empty.cls", {'1'}}};
  files.push_back({"pipe.png", {}, TarFile::Kind::pipe});
  writeTar(directory / "shards/t.tar", files);
  writeFile(directory / "shards/t.tar.idx", "not a shard");
  const std::vector<std::string> expected = {
      "1 beside the shards (t.tar.idx)",
      "1 empty (empty.png)",
      "2 hidden (d/._a.png, d/.git/c.png)",
      "1 not regular files (pipe.png)",
      "2 with another ending than .jpg, .jpeg, .png or .cls (x.json, README)",
      "1 without a label (lost.png)",
      "1 without an image (nobody.cls)"};
  EXPECT_EQ(passedOver("shards", "tar"), expected);
  ASSERT_OK(tar("shards"));
  EXPECT_EQ(labelsOf("train"), (std::map<std::string, int32_t>{{"d/a", 1}}));
}

TEST_F(TarTest, LinksAreWhatTheyLeadTo) {
  const Bytes png = encodePng(makeImage({4, 4, 1}, 2));
  using Kind = TarFile::Kind;
  const std::vector<TarFile> files = {
      {"d/b.png", {}, Kind::symbolicLink, "../a.png"}, // Before what it leads to.
      {"d/b.cls", {}, Kind::symbolicLink, "./x/../one.txt"},
      {"./a.png", png},
      {"a.cls", {'0'}},
      {"d/one.txt", {'1'}},
      {"c.png", {}, Kind::hardLink, "a.png"},
      {"c.cls", {}, Kind::hardLink, "a.cls"},
      {"chain.png", {}, Kind::symbolicLink, "d/b.png"},
      {"chain.cls", {}, Kind::symbolicLink, "c.cls"},
      {"out.png", {}, Kind::symbolicLink, "../a.png"},
      {"root.png", {}, Kind::symbolicLink, "/etc/passwd"},
      {"gone.png", {}, Kind::hardLink, "gone"},
      {"p.png", {}, Kind::symbolicLink, "q.png"},
      {"q.png", {}, Kind::symbolicLink, "p.png"}};
  for (const char *name : {"t.tar", "t.tar.gz"}) {
    writeTar(directory / name, files);
    EXPECT_EQ(passedOver(name, "tar"),
              (std::vector<std::string>{
                  "2 linked in a circle (p.png, q.png)",
                  "3 linked to no file of the archive (out.png, root.png, gone.png)",
                  "1 with another ending than .jpg, .jpeg, .png or .cls (d/one.txt)",
                  "1 without a label (./a.png)", "1 without an image (a.cls)"}));
  }
  ASSERT_OK(tar("t.tar"));
  EXPECT_EQ(labelsOf("train"),
            (std::map<std::string, int32_t>{{"c", 0}, {"chain", 0}, {"d/b", 1}}));
  for (const char *name : {"c", "chain", "d/b"})
    EXPECT_EQ(payloadOf("train", name), png);
}

/// Whether each run of `length` stored samples has many of the classes.
void expectMixed(const std::vector<ChunkEntry> &entries, size_t length, size_t classes) {
  for (size_t begin = 0; begin + length <= entries.size(); begin += length) {
    std::set<int32_t> labels;
    for (size_t i = begin; i < begin + length; ++i)
      labels.insert(entries[i].label);
    EXPECT_GE(labels.size(), classes) << "samples " << begin << " to " << begin + length;
  }
}

TEST_F(TarTest, SortedSourcesAreMixed) {
  std::vector<TarFile> files;
  for (int i = 0; i < 1024; ++i) {
    files.push_back({fmt::format("{:04}.png", i), encodePng(makeImage({4, 4, 1}, uint64_t(i)))});
    const std::string label = std::to_string(i / 16);
    files.push_back({fmt::format("{:04}.cls", i), Bytes(label.begin(), label.end())});
  }
  // 64 draws of 64 classes have 40 of them, give or take three.
  std::vector<std::string> orders[2];
  for (const auto &[name, order] : {std::pair("t.tar", &orders[0]), {"t.tar.gz", &orders[1]}}) {
    writeTar(directory / name, files);
    ASSERT_OK(import(url, directory / name, {"tar", "train", {}}, smallChunk, true));
    expectMixed(entriesOf("train"), 64, 28);
    for (const ChunkEntry &entry : entriesOf("train")) {
      const int number = std::stoi(entry.name);
      EXPECT_EQ(entry.label, number / 16);
      order->push_back(entry.name);
    }
    EXPECT_EQ(payloadOf("train", "0777"), encodePng(makeImage({4, 4, 1}, 777)));
  }
  EXPECT_EQ(orders[0], orders[1]);
  // What is not shuffled stays as it was.
  ASSERT_OK(import(url, directory / "t.tar", {"tar", "test", {}}, smallChunk));
  EXPECT_EQ(entriesOf("test").front().name, "0000");
  EXPECT_EQ(entriesOf("test").back().name, "1023");
}

TEST_F(TarTest, ArchivesOneAfterTheOtherAreRead) {
  const Bytes png = encodePng(makeImage({4, 4, 1}, 2));
  writeTar(directory / "a.tar", {{"a.png", png}, {"a.cls", {'0'}}});
  writeTar(directory / "b.tar", {{"b.png", png}, {"b.cls", {'1'}}});
  Bytes both = readFile(directory / "a.tar");
  const Bytes second = readFile(directory / "b.tar");
  both.insert(both.end(), second.begin(), second.end());
  writeFile(directory / "both.tar", both);
  ASSERT_OK(tar("both.tar"));
  EXPECT_EQ(labelsOf("train").size(), 2u);
  const std::string garbage(2000, 'x');
  both.insert(both.end(), garbage.begin(), garbage.end());
  writeFile(directory / "both.tar", both);
  expectError(tar("both.tar"), "both.tar: ");
}

TEST_F(TarTest, ASampleComesOnce) {
  const Bytes png = encodePng(makeImage({4, 4, 1}, 2));
  for (const char *name : {"a", "b"})
    writeTar(directory / fmt::format("shards/{}.tar", name), {{"x.png", png}, {"x.cls", {'0'}}});
  expectError(tar("shards"), "sample 'x': a second sample of this name in split train");
}

TEST_F(TarTest, HolesAreRead) {
  // What tar --sparse writes: a map of one piece, then its bytes.
  const Bytes png = encodePng(makeImage({4, 4, 1}, 2));
  Bytes file = png;
  file.resize(1 << 20);
  archive *handle = archive_write_new();
  archive_write_set_format_pax(handle);
  ASSERT_EQ(archive_write_open_filename(handle, (directory / "t.tar").c_str()), ARCHIVE_OK);
  for (const auto &[name, bytes] : {std::pair("a.cls", Bytes{'1'}), {"a.png", file}}) {
    archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, static_cast<int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    if (bytes.size() > 1)
      archive_entry_sparse_add_entry(entry, 0, static_cast<int64_t>(png.size()));
    ASSERT_EQ(archive_write_header(handle, entry), ARCHIVE_OK);
    archive_write_data(handle, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  archive_write_free(handle);
  ASSERT_LT(readFile(directory / "t.tar").size(), 100000u); // It does have a hole.
  ASSERT_OK(tar("t.tar"));
  EXPECT_EQ(payloadOf("train", "a"), file);
}

TEST_F(TarTest, PipesAreAnError) {
  ASSERT_EQ(mkfifo((directory / "t.tar").c_str(), 0600), 0);
  expectError(tar("t.tar"), "t.tar is not a regular file");
  fs::create_directories(directory / "shards");
  fs::create_symlink("/dev/zero", directory / "shards/z.tar");
  expectError(tar("shards"), "z.tar is not a regular file");
}

TEST_F(TarTest, NamesThatAreNoTextAreRefused) {
  const Bytes png = encodePng(makeImage({4, 4, 1}, 2));
  writeTar(directory / "t.tar", {{"caf\xe9/1.png", png}, {"caf\xe9/1.cls", {'0'}}});
  expectError(tar("t.tar"), "sample 'caf\\xe9/1': expected a name in UTF-8");
  // Of lost ones the names are shown, and may be anything.
  writeTar(directory / "t.tar", {{"a.png", png}, {"a.cls", {'0'}}, {"tab\t.png", png}});
  EXPECT_EQ(passedOver("t.tar", "tar"),
            (std::vector<std::string>{"1 without a label (tab\\x09.png)"}));
  writeTar(directory / "t.tar", {{"caf\xc3\xa9/1.png", png}, {"caf\xc3\xa9/1.cls", {'0'}}});
  ASSERT_OK(tar("t.tar"));
  EXPECT_EQ(labelsOf("train").begin()->first, "caf\xc3\xa9/1");
}

} // namespace

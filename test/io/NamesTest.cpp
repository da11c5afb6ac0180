//===- NamesTest.cpp - names as text, and classes that keep theirs --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Names.h"

#include "test/io/ImportFixture.h"

#include <filesystem>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;

namespace {

using NamesTest = ImportTest;

TEST(Printable, TextStaysAndTheRestIsEscaped) {
  for (const char *text : {"", "plain \\x41", "caf\xc3\xa9", "\xe7\x8c\xab", "\xf0\x9f\x90\x88",
                           "\xc2\xa0", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(checkName("class", text).ok(), *text != 0);
  }
  const std::pair<const char *, const char *> escaped[] = {
      {"a\nb\tc", "a\\x0ab\\x09c"},
      {"\x7f", "\\x7f"},
      {"\xc2\x85", "\\xc2\\x85"},                  // A control character in two bytes.
      {"caf\xe9", "caf\\xe9"},                     // Latin-1.
      {"\xc3", "\\xc3"},                           // Ends early.
      {"\xe7\x8c/", "\\xe7\\x8c/"},                // Ends early in the middle.
      {"\xc0\xaf", "\\xc0\\xaf"},                  // A longer form of '/'.
      {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},         // And one longer still.
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},         // Half of a pair of UTF-16.
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"} // Beyond the last character.
  };
  for (const auto &[text, shown] : escaped) {
    EXPECT_EQ(printable(text), shown);
    EXPECT_EQ(
        checkName("class", text).message(),
        fmt::format("class '{}': expected a name in UTF-8 without control characters", shown));
  }
  EXPECT_EQ(checkName("sample", std::string(4097, 'x')).message(),
            "sample with a name of 4097 bytes, expected at most 4096");
}

/// Twelve classes: with numbers in a tar, with the same numbers as names in a folder.
/// In byte order "10" comes before "2".
class NumbersTest : public NamesTest {
protected:
  void SetUp() override {
    const Bytes png = encodePng(makeImage({2, 2, 1}, 1));
    std::vector<TarFile> files;
    for (int c = 0; c < 12; ++c) {
      const std::string label = std::to_string(c);
      names.push_back(label);
      files.push_back({"s" + label + ".png", png});
      files.push_back({"s" + label + ".cls", Bytes(label.begin(), label.end())});
      writeFile(directory / "folder/" + label + "/x.png", png);
    }
    writeTar(directory / "t.tar", files);
  }
  Result<DatasetRecord> numbers(const std::string &split, std::vector<std::string> classes = {}) {
    return import(url, directory / "t.tar", {"tar", split, std::move(classes)}, smallChunk);
  }
  Result<DatasetRecord> named(const std::string &split, std::vector<std::string> classes = {}) {
    return import(url, directory / "folder", {"folder", split, std::move(classes)}, smallChunk);
  }
  std::vector<std::string> names;
};

TEST_F(NumbersTest, NamesDoNotJoinNumbers) {
  ASSERT_OK(numbers("train"));
  expectError(named("test"), "the source has names for classes ('0' ...), the splits that stay "
                             "have numbers, 0 to 11; --classes says");
  expectError(named("test", {"0", "1"}), "is not among the 2 classes of the list");
  // Told which is which, each class keeps its number.
  Result<DatasetRecord> record = named("test", names);
  ASSERT_OK(record);
  EXPECT_EQ(record->classNames, names);
  EXPECT_EQ(labelsOf("test").at("10/x.png"), 10);
  EXPECT_EQ(labelsOf("train").at("s10"), 10);
  EXPECT_EQ(labelsOf("test").at("2/x.png"), 2);
}

TEST_F(NumbersTest, ShortListsDoNotNameNumbers) {
  ASSERT_OK(numbers("train"));
  const std::vector<std::string> some(names.begin(), names.begin() + 3);
  std::filesystem::remove_all(directory / "folder");
  writeFile(directory / "folder/1/x.png", encodePng(makeImage({2, 2, 1}, 1)));
  expectError(named("test", some), "the list has 3 classes, expected at least 12");
}

TEST_F(NumbersTest, NumbersDoNotJoinNames) {
  ASSERT_OK(named("train"));
  expectError(numbers("test"),
              "the source has numbers for classes, the splits that stay have names "
              "('0' ...); --classes says");
  Result<DatasetRecord> record = numbers("test", names);
  ASSERT_OK(record);
  for (const char *split : {"train", "test"})
    for (const auto &[name, label] : labelsOf(split)) {
      const std::string number =
          split == std::string("test") ? name.substr(1) : name.substr(0, name.find('/'));
      EXPECT_EQ(record->className(label), number) << split << " " << name;
    }
}

TEST_F(NumbersTest, ListsInAnotherOrderKeepTheNumbers) {
  ASSERT_OK(named("train", names));
  std::vector<std::string> backwards(names.rbegin(), names.rend());
  Result<DatasetRecord> record = numbers("test", backwards);
  ASSERT_OK(record);
  EXPECT_EQ(record->classNames, names);
  EXPECT_EQ(labelsOf("test").at("s0"), 11); // Number 0 of the list is class "11".
  backwards.pop_back();
  expectError(import(url, directory / "t.tar", {"tar", "test", backwards}, smallChunk, true),
              "label 11, expected 0 to 10");
}

TEST_F(NumbersTest, ASubsetOfTheClassesKeepsItsNumbers) {
  ASSERT_OK(named("train"));
  std::filesystem::remove_all(directory / "folder");
  writeFile(directory / "folder/7/x.png", encodePng(makeImage({2, 2, 1}, 1)));
  Result<DatasetRecord> record = named("test");
  ASSERT_OK(record);
  EXPECT_EQ(record->className(labelsOf("test").at("7/x.png")), "7");
  EXPECT_EQ(record->classCount, 12u);
}

TEST_F(NumbersTest, ANameIsThatOfOneClass) {
  names[3] = names[9];
  expectError(numbers("train", names), "found class '9' twice");
}

} // namespace

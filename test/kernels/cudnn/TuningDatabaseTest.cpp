//===- TuningDatabaseTest.cpp - measured choices as a file ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/tuning/TuningDatabase.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace fanfold;
namespace fs = std::filesystem;

namespace {

class TuningDatabaseTest : public ::testing::Test {
protected:
  TuningDatabaseTest() { fs::create_directories(directory); }
  ~TuningDatabaseTest() override { fs::remove_all(directory); }

  const fs::path directory =
      fs::temp_directory_path() / ("fanfold-tuning-" + std::to_string(getpid()));
  const std::string path = directory / "h200.tuning";
};

TuningRecord record(const std::string &choice, int64_t workspace, double time,
                    const std::string &problem = "conv2d forward") {
  return {"NVIDIA H200", "cudnn 9.19.0", problem, choice, workspace, time};
}

const std::vector<TuningRecord> &measured(const TuningDatabase &database) {
  return database.measured("NVIDIA H200", "cudnn 9.19.0", "conv2d forward");
}

std::string failure(const std::string &text) {
  return TuningDatabase::parse(text, "file").status().message();
}

TEST_F(TuningDatabaseTest, FastestFirst) {
  TuningDatabase database;
  ASSERT_TRUE(database.add(record("none", 0, 50)).ok());
  ASSERT_TRUE(database.add(record("large", 1000, 10)).ok());
  ASSERT_TRUE(database.add(record("wasteful", 500, 40)).ok());
  ASSERT_TRUE(database.add(record("small", 10, 30)).ok());
  std::vector<std::string> order;
  for (const TuningRecord &r : measured(database))
    order.push_back(r.choice);
  EXPECT_EQ(order, (std::vector<std::string>{"large", "small", "wasteful", "none"}));
  EXPECT_TRUE(database.measured("NVIDIA H100", "cudnn 9.19.0", "conv2d forward").empty());
  EXPECT_TRUE(database.measured("NVIDIA H200", "cudnn 9.20.0", "conv2d forward").empty());
  EXPECT_TRUE(database.measured("NVIDIA H200", "cudnn 9.19.0", "conv2d dgrad").empty());
}

TEST_F(TuningDatabaseTest, RecordsKnowTheirLine) {
  const Result<TuningDatabase> database =
      TuningDatabase::parse("# words\nNVIDIA H200\tcudnn 9.19.0\tconv2d forward\ta\t0\t3\n\n"
                            "NVIDIA H200\tcudnn 9.19.0\tconv2d forward\tb\t0\t2\n"
                            "NVIDIA H200\tcudnn 9.19.0\tconv2d forward\ta\t0\t1\n",
                            "file");
  ASSERT_TRUE(database.ok());
  ASSERT_EQ(measured(*database).size(), 2u) << "the last of two equal ones counts";
  EXPECT_EQ(measured(*database)[0].line, 5u);
  EXPECT_EQ(measured(*database)[1].line, 4u);
}

TEST_F(TuningDatabaseTest, SaysWhatItIsOf) {
  const Result<TuningDatabase> database =
      TuningDatabase::parse("b card\tdnn 1\tp\ta\t0\t3\na card\tdnn 2\tp\ta\t0\t2\n"
                            "a card\tdnn 1\tp\ta\t0\t2\na card\tdnn 1\tq\tb\t0\t1\n",
                            "file");
  ASSERT_TRUE(database.ok());
  EXPECT_EQ(database->origins(), (std::vector<std::string>{"a card with dnn 1", "a card with dnn 2",
                                                           "b card with dnn 1"}));
  EXPECT_TRUE(TuningDatabase().origins().empty());
}

TEST_F(TuningDatabaseTest, TheLastMeasurementCounts) {
  TuningDatabase database;
  ASSERT_TRUE(database.add(record("a", 0, 10)).ok());
  ASSERT_TRUE(database.add(record("a", 0, 20)).ok());
  EXPECT_EQ(database.size(), 1u);
  EXPECT_EQ(measured(database).front().microseconds, 20);
}

TEST_F(TuningDatabaseTest, FilesComeBack) {
  TuningDatabase database;
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(database
                    .add(record("62 tile_size=" + std::to_string(i), i, 1000.0 / (i + 1),
                                "problem " + std::to_string(i % 7)))
                    .ok());
  ASSERT_TRUE(database.write(path).ok());
  const Result<TuningDatabase> back = TuningDatabase::read(path);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(back->size(), database.size());
  EXPECT_EQ(back->text(), database.text());
}

TEST_F(TuningDatabaseTest, WhetherItRepeatsComesBack) {
  const Result<TuningDatabase> database =
      TuningDatabase::parse("NVIDIA H200\tcudnn 9.19.0\tconv2d forward\ta\t0\t1\trepeats\n"
                            "NVIDIA H200\tcudnn 9.19.0\tconv2d forward\tb\t0\t2\tvaries\n"
                            "NVIDIA H200\tcudnn 9.19.0\tconv2d forward\tc\t0\t3\tunknown\n"
                            "NVIDIA H200\tcudnn 9.19.0\tconv2d forward\td\t0\t4\n",
                            "file");
  ASSERT_TRUE(database.ok()) << database.status().message();
  const Result<TuningDatabase> back = TuningDatabase::parse(database->text(), "file");
  ASSERT_TRUE(back.ok()) << back.status().message();
  std::vector<std::optional<bool>> repeats;
  for (const TuningRecord &r : measured(*back))
    repeats.push_back(r.repeats);
  EXPECT_EQ(repeats, (std::vector<std::optional<bool>>{true, false, std::nullopt, std::nullopt}));
}

TEST_F(TuningDatabaseTest, OrderOfAddingDoesNotShow) {
  TuningDatabase a, b;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(a.add(record(std::to_string(i), i, 100 - i, std::to_string(i % 3))).ok());
    const int j = 19 - i;
    ASSERT_TRUE(b.add(record(std::to_string(j), j, 100 - j, std::to_string(j % 3))).ok());
  }
  EXPECT_EQ(a.text(), b.text());
}

TEST_F(TuningDatabaseTest, BadLinesAreNamed) {
  const std::string good = "d\tl\tp\tc\t0\t1.5\n";
  EXPECT_EQ(failure(good + "# words\n\n" + good), "");
  EXPECT_EQ(failure("d\tl\tp\tc\t0\t1.5\r\n"), "");
  EXPECT_EQ(failure(good + "d\tl\tp\tc\t0\n"),
            "file:2: line has 5 fields, expected 7 separated by tabs");
  EXPECT_EQ(failure("# a\nd\tl\tp\tc\tmany\t1\n"),
            "file:2: workspace is 'many', expected a number of bytes");
  EXPECT_EQ(failure("d\tl\tp\tc\t-1\t1\n"), "file:1: workspace is -1, expected at least 0 bytes");
  EXPECT_EQ(failure("d\tl\tp\tc\t0\tfast\n"),
            "file:1: time is 'fast', expected a number of microseconds");
  EXPECT_EQ(failure("d\tl\tp\tc\t0\t0\n"), "file:1: time is 0, expected more than 0 microseconds");
  EXPECT_EQ(failure("d\tl\tp\tc\t0\tnan\n"),
            "file:1: time is nan, expected more than 0 microseconds");
  EXPECT_EQ(failure("d\tl\tp\tc\t0\t1\tmaybe\n"),
            "file:1: last field is 'maybe', expected repeats, varies or unknown");
  EXPECT_EQ(failure("d\t\tp\tc\t0\t1\n"), "file:1: library is '', expected one line without tabs");
  // A line cut off in its last number cannot be told from a whole one, one before can.
  const std::string line = "device\tcudnn 9\tproblem\tchoice\t128\t";
  for (size_t length = 1; length <= line.size(); ++length)
    EXPECT_NE(failure(line.substr(0, length)), "") << length;
}

TEST_F(TuningDatabaseTest, RecordsThatWouldBreakTheFileAreRefused) {
  TuningDatabase database;
  EXPECT_FALSE(database.add(record("a\tb", 0, 1)).ok());
  EXPECT_FALSE(database.add(record("a\nb", 0, 1)).ok());
  EXPECT_FALSE(database.add(record("a", 0, INFINITY)).ok());
  EXPECT_EQ(database.size(), 0u);
}

TEST_F(TuningDatabaseTest, MissingAndEmptyFiles) {
  const Result<TuningDatabase> missing = TuningDatabase::read(path);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().message(), "opening " + path + ": no such file or directory");
  std::ofstream(path).close();
  const Result<TuningDatabase> empty = TuningDatabase::read(path);
  ASSERT_TRUE(empty.ok()) << empty.status().message();
  EXPECT_EQ(empty->size(), 0u);
  EXPECT_FALSE(TuningDatabase::read(directory).ok()) << "a directory is no file";
}

TEST_F(TuningDatabaseTest, AFailedWriteLeavesTheFile) {
  TuningDatabase database;
  ASSERT_TRUE(database.add(record("a", 0, 1)).ok());
  ASSERT_TRUE(database.write(path).ok());
  EXPECT_FALSE(database.write(directory / "nowhere" / "file").ok());
  // A directory in the place of the temporary file.
  fs::create_directory(path + ".tmp");
  TuningDatabase other;
  EXPECT_FALSE(other.write(path).ok());
  EXPECT_EQ(TuningDatabase::read(path)->text(), database.text());
}

} // namespace

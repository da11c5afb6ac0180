//===- PackCommandTest.cpp - files in, files out, exit status -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/PackCommand.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

using namespace fanfold::packer;
namespace fs = std::filesystem;

namespace {

class PackCommand : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pack-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    options.input = write("in.csv", "id,lower,upper,size\nb1,0,3,4\nb2,3,9,4\nb3,0,9,4\n"
                                    "b4,9,21,4\nb5,0,21,4\n");
    options.output = (folder / "out.csv").string();
  }
  void TearDown() override { fs::remove_all(folder); }

  std::string write(const char *name, const std::string &text) {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }

  static std::string read(const fs::path &path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  /// Runs the command and keeps what it says.
  int run() {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int status = runPack(options);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return status;
  }

  fs::path folder;
  PackCommandOptions options;
  std::string out, err;
};

} // namespace

TEST_F(PackCommand, WritesOffsetsAndAReport) {
  EXPECT_EQ(run(), 0) << err;
  EXPECT_NE(out.find("height       12\nlower bound  12\noptimal      yes\n"), std::string::npos)
      << out;
  EXPECT_EQ(read(options.output).substr(0, 27), "id,lower,upper,size,offset\n");

  // Packing its answer again changes nothing.
  std::string first = read(options.output);
  options.input = options.output;
  options.output = (folder / "again.csv").string();
  EXPECT_EQ(run(), 0) << err;
  EXPECT_EQ(read(options.output), first);
}

TEST_F(PackCommand, WritesToStandardOutput) {
  options.output.clear();
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(out.substr(0, 27), "id,lower,upper,size,offset\n");
  EXPECT_EQ(err.substr(0, 15), "height       12");
}

TEST_F(PackCommand, ReportsInJson) {
  options.format = "json";
  options.capacity = 13;
  EXPECT_EQ(run(), 0);
  nlohmann::json report = nlohmann::json::parse(out);
  EXPECT_EQ(report["outcome"], "placed");
  EXPECT_EQ(report["buffers"], 5);
  EXPECT_EQ(report["capacity"], 13);
  EXPECT_LE(report["height"], 13);
  EXPECT_EQ(report["lower_bound"], 12);
}

TEST_F(PackCommand, SaysThatNothingFits) {
  options.capacity = 11;
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(err, "fanfold pack: error: capacity is 11, expected 12 or more: as much is live at one "
                 "step\n");
  EXPECT_FALSE(fs::exists(options.output));
}

TEST_F(PackCommand, ShowsWhereTheInputIsWrong) {
  options.input = write("bad.csv", "id,lower,upper,size\nb1,0,3\n");
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(err, options.input + ":2:6: error: line has 3 values, expected 4\n");
  EXPECT_FALSE(fs::exists(options.output));
}

TEST_F(PackCommand, NamesTheFileThatCannotBeRead) {
  options.input = (folder / "none.csv").string();
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(err, "fanfold pack: error: opening " + options.input + ": no such file or directory\n");
  options.input = folder.string();
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(err, "fanfold pack: error: " + options.input + " is not a regular file\n");
  // Nor is a pipe waited for.
  options.input = (folder / "pipe").string();
  ASSERT_EQ(mkfifo(options.input.c_str(), 0600), 0);
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(err, "fanfold pack: error: " + options.input + " is not a regular file\n");
}

TEST_F(PackCommand, KeepsTheOldFileWhenTheNewOneCannotBeWritten) {
  options.output = "/dev/full";
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(err, "fanfold pack: error: writing /dev/full: no space left on device\n");
  EXPECT_TRUE(fs::exists("/dev/full"));
  options.output = (folder / "none" / "out.csv").string();
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(err,
            "fanfold pack: error: writing " + options.output + ": no such file or directory\n");
}

TEST_F(PackCommand, NeverOverwritesItsInput) {
  const std::string before = read(options.input);
  fs::create_symlink(options.input, folder / "link.csv");
  fs::create_hard_link(options.input, folder / "hard.csv");
  for (const char *name : {"in.csv", "link.csv", "hard.csv", ".//in.csv"}) {
    options.output = (folder / name).string();
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(err, "fanfold pack: error: writing " + options.output + ": found the input " +
                       options.input + ", expected another file\n");
    EXPECT_EQ(read(options.input), before);
  }
  options.output = folder.string();
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(err, "fanfold pack: error: writing " + options.output +
                     ": it is a directory, expected a file\n");
}

TEST_F(PackCommand, LeavesNoOtherFiles) {
  fs::create_symlink(folder / "target.csv", folder / "link.csv");
  options.output = (folder / "link.csv").string();
  EXPECT_EQ(run(), 0) << err;
  EXPECT_TRUE(fs::is_symlink(folder / "link.csv"));
  EXPECT_EQ(read(folder / "target.csv").substr(0, 2), "id");
  size_t files = 0;
  for ([[maybe_unused]] const fs::directory_entry &entry : fs::directory_iterator(folder))
    ++files;
  EXPECT_EQ(files, 3u) << "the input, the link and its target";
}

TEST_F(PackCommand, ReadsItsCommandLine) {
  auto statusOf = [&](std::vector<std::string> arguments) {
    CLI::App app;
    int exitCode = 0;
    addPackCommand(app, exitCode);
    std::reverse(arguments.begin(), arguments.end());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
      app.parse(arguments);
    } catch (const CLI::ParseError &) {
      exitCode = 2;
    }
    testing::internal::GetCapturedStdout();
    testing::internal::GetCapturedStderr();
    return exitCode;
  };
  EXPECT_EQ(statusOf({"pack", options.input, "--capacity=12", "--time-limit=0.5"}), 0);
  EXPECT_EQ(statusOf({"pack", options.input, "--capacity=11"}), 1);
  EXPECT_EQ(statusOf({"pack"}), 2);
  EXPECT_EQ(statusOf({"pack", options.input, "--capacity=-1"}), 2);
  EXPECT_EQ(statusOf({"pack", options.input, "--capacity=x"}), 2);
  EXPECT_EQ(statusOf({"pack", options.input, "--time-limit=-1"}), 2);
  EXPECT_EQ(statusOf({"pack", options.input, "--time-limit=nan"}), 2);
  EXPECT_EQ(statusOf({"pack", options.input, "--format=xml"}), 2);
}

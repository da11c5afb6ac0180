//===- ToolFilesTest.cpp - files that tools read and write ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/ToolFiles.h"
#include "Fixture.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

using namespace fanfold;
using namespace fanfold::test;
namespace fs = std::filesystem;

namespace {

class ToolFilesTest : public testing::Test {
protected:
  std::string write(const std::string &name, const std::string &text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }

  std::set<std::string> names() {
    std::set<std::string> names;
    for (const auto &entry : fs::directory_iterator(folder.path))
      names.insert(entry.path().filename());
    return names;
  }

  TemporaryDirectory folder;
};

} // namespace

TEST_F(ToolFilesTest, ReadsRegularFilesAlone) {
  const std::string bytes("a\0b\r\n\xff", 6);
  Result<std::string> text = readInput(write("bytes", bytes));
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(*text, bytes);
  EXPECT_EQ(*readInput(write("empty", "")), "");

  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(readInput(folder / "pipe").status().message(),
            (folder / "pipe") + " is not a regular file");
  EXPECT_EQ(readInput(folder.path).status().message(), folder.path + " is not a regular file");
  EXPECT_EQ(readInput("/dev/zero").status().message(), "/dev/zero is not a regular file");
  EXPECT_EQ(readInput(folder / "none").status().message(),
            "opening " + (folder / "none") + ": no such file or directory");
}

TEST_F(ToolFilesTest, ReadsNoMoreThanTheMost) {
  const std::string path = write("six", "123456");
  EXPECT_TRUE(readInput(path, 6).ok());
  EXPECT_EQ(readInput(path, 5).status().message(),
            "reading " + path + ": found more than 5 bytes, expected at most that");
  // Larger than any memory, and refused long before that.
  fs::resize_file(path, uintmax_t{1} << 42);
  EXPECT_EQ(readInput(path, 1 << 20).status().message(),
            "reading " + path + ": found more than 1048576 bytes, expected at most that");
}

TEST_F(ToolFilesTest, InputsAreNoOutputs) {
  const std::string input = write("input", "precious");
  fs::create_symlink("input", folder / "link");
  fs::create_hard_link(input, folder / "hard");
  fs::create_symlink(".", folder / "here");
  for (const char *name : {"input", "link", "hard", "/input", "here/input"})
    for (const std::string &read : {input, folder / "link"})
      EXPECT_EQ(checkOutput(folder / name, {"", folder / "none", read}).message(),
                "writing " + (folder / name) + ": found the input " + read +
                    ", expected another file");
  write("same", "precious");
  EXPECT_TRUE(checkOutput(folder / "same", {input}).ok()) << "the same bytes, but another file";
  EXPECT_TRUE(checkOutput(folder / "new", {input}).ok());
  // A terminal is both.
  EXPECT_TRUE(checkOutput("/dev/null", {"/dev/null"}).ok());
}

TEST_F(ToolFilesTest, PlacesThatCannotBeWrittenAreSaidAtOnce) {
  EXPECT_EQ(checkOutput(folder.path, {}).message(),
            "writing " + folder.path + ": it is a directory, expected a file");
  EXPECT_EQ(checkOutput(folder / "none/new", {}).message(),
            "writing " + (folder / "none/new") + ": no such file or directory");
  const std::string file = write("file", "");
  EXPECT_EQ(checkOutput(file + "/new", {}).message(), "writing " + file + "/new: not a directory");
}

TEST_F(ToolFilesTest, WritesWhatTheLinkStandsFor) {
  write("old", "old");
  fs::create_symlink("old", folder / "link");
  ASSERT_TRUE(writeOutput(folder / "link", "new").ok());
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(*readInput(folder / "old"), "new");
  ASSERT_TRUE(writeOutput(folder / "program", "bytes", 0777).ok());
  EXPECT_EQ(access((folder / "program").c_str(), X_OK), 0);
  EXPECT_EQ(names(), (std::set<std::string>{"link", "old", "program"}));
}

TEST_F(ToolFilesTest, NamesLikeATemporaryOneAreSafe) {
  // What the temporary file would be called without the process in its name.
  write("out.tmp", "precious");
  ASSERT_TRUE(writeOutput(folder / "out", "new").ok());
  EXPECT_EQ(*readInput(folder / "out.tmp"), "precious");
}

TEST_F(ToolFilesTest, FullDiskLeavesTheOldFile) {
  write("out", "old");
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit little = {1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
  const Status status = writeOutput(folder / "out", std::string(2000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(status.message(), "writing " + (folder / "out") + ": file too large");
  EXPECT_EQ(*readInput(folder / "out"), "old");
  EXPECT_EQ(names(), std::set<std::string>{"out"});
}

TEST_F(ToolFilesTest, DevicesStayDevices) {
  EXPECT_TRUE(writeOutput("/dev/null", "bytes", 0777).ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(writeOutput("/dev/full", "bytes").message(),
            "writing /dev/full: no space left on device");
}

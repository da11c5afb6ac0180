//===- SafetensorsTest.cpp - tensors on disk, and what may happen to them -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Safetensors.h"
#include "Fixture.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstring>

using namespace fanfold;
using namespace fanfold::test;

namespace {

SafetensorsSource source(std::string name, ElementType type, std::vector<int64_t> shape,
                         const std::string &bytes) {
  size_t size = bytes.size();
  return {std::move(name), type, std::move(shape), size,
          [bytes](size_t begin, void *target, size_t count) {
            std::memcpy(target, bytes.data() + begin, count);
            return Status();
          }};
}

/// A file of safetensors as its specification says, from a header and data.
std::string assemble(const std::string &header, const std::string &data) {
  std::string file;
  for (int byte = 0; byte < 8; ++byte)
    file += static_cast<char>(header.size() >> (8 * byte));
  return file + header + data;
}

class SafetensorsTest : public testing::Test {
protected:
  TemporaryDirectory directory;
  const std::string path = directory / "file.safetensors";

  /// What opening a file of `bytes` says.
  std::string complaint(const std::string &bytes) {
    writeFile(path, bytes);
    Result<SafetensorsFile> file = SafetensorsFile::open(path);
    return file ? "none" : file.status().message();
  }
  std::string complaintOfHeader(const std::string &header, const std::string &data) {
    std::string text = complaint(assemble(header, data));
    EXPECT_EQ(text.rfind(path + ": ", 0), 0u) << text;
    return text.substr(std::min(text.size(), path.size() + 2));
  }
  Status write(const std::string &to) {
    return writeSafetensors(to, {{"step", "12"}, {"note", "a \"quoted\" \xe2\x82\xac"}},
                            {source("a.weight", ElementType::f32, {2, 3}, std::string(24, 'w')),
                             source("empty", ElementType::u8, {0, 7}, ""),
                             source("loss", ElementType::f64, {}, "\1\2\3\4\5\6\7\x08")});
  }
};

TEST_F(SafetensorsTest, RoundTrip) {
  ASSERT_TRUE(write(path).ok());
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_TRUE(file->hasChecksum());
  EXPECT_EQ(file->metadata().at("step"), "12");
  EXPECT_EQ(file->metadata().at("note"), "a \"quoted\" \xe2\x82\xac");
  ASSERT_EQ(file->tensors().size(), 3u);
  const SafetensorsFile::Tensor *weight = file->find("a.weight");
  ASSERT_TRUE(weight);
  EXPECT_EQ(weight->description(), "F32 2x3");
  std::string bytes(10, ' ');
  ASSERT_TRUE(file->read(*weight, 14, bytes.data(), bytes.size()).ok());
  EXPECT_EQ(bytes, std::string(10, 'w'));
  const SafetensorsFile::Tensor *loss = file->find("loss");
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->description(), "F64 scalar");
  bytes.resize(8);
  ASSERT_TRUE(file->read(*loss, 0, bytes.data(), 8).ok());
  EXPECT_EQ(bytes, "\1\2\3\4\5\6\7\x08");
  EXPECT_EQ(file->find("nothing"), nullptr);
  EXPECT_EQ(listDirectory(directory.path), std::vector<std::string>{"file.safetensors"});
}

TEST_F(SafetensorsTest, ReadsFilesOfOthers) {
  std::string file = assemble(R"({"x":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}   )",
                              std::string(16, '\0'));
  writeFile(path, file);
  Result<SafetensorsFile> opened = SafetensorsFile::open(path);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_FALSE(opened->hasChecksum());
  EXPECT_EQ(opened->find("x")->type, "I64");
}

TEST_F(SafetensorsTest, EveryTruncationIsFound) {
  ASSERT_TRUE(write(path).ok());
  const std::string whole = fileBytes(path);
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(complaint(whole.substr(0, length)), "none") << "cut to " << length << " bytes";
  EXPECT_NE(complaint(whole + '\0'), "none");
}

TEST_F(SafetensorsTest, EveryFlippedBitIsFound) {
  ASSERT_TRUE(write(path).ok());
  const std::string whole = fileBytes(path);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    writeFile(path, flipped);
    Result<SafetensorsFile> file = SafetensorsFile::open(path);
    // A flip in the checksum's own name leaves a valid file without a checksum,
    // which is why a checkpoint must have one.
    EXPECT_TRUE(!file.ok() || !file->hasChecksum()) << "bit " << bit;
  }
}

TEST_F(SafetensorsTest, HeadersThatLie) {
  const std::string data(16, 'd');
  EXPECT_EQ(complaintOfHeader("{", ""), "header is not a JSON object");
  EXPECT_EQ(complaintOfHeader("[]", ""), "header is not a JSON object");
  EXPECT_EQ(complaintOfHeader(std::string(100'000, '['), ""), "header is not a JSON object");
  EXPECT_EQ(complaintOfHeader(R"({"x":3})", data), "tensor x: entry is not an object");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"shape":[],"data_offsets":[0,4]}})", data),
            "tensor x: dtype is missing");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"F31","shape":[4],"data_offsets":[0,16]}})", data),
            "tensor x: unknown dtype F31");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}})", data),
            "tensor x: shape is not a list of sizes");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}})", data),
            "tensor x: data_offsets is not a range");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"F32","shape":[4],"data_offsets":[0]}})", data),
            "tensor x: data_offsets is not a range");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}})", data),
            "tensor x: data ends at byte 32, the file has 16 bytes of data (truncated?)");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}})", data),
            "tensor x: 16 bytes of data, expected 12 for F32 3");
  EXPECT_EQ(
      complaintOfHeader(
          R"({"x":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", data),
      "tensor x: shape is too large");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"U8","shape":[12],"data_offsets":[0,12]},)"
                              R"("y":{"dtype":"U8","shape":[8],"data_offsets":[8,16]}})",
                              data),
            "tensor y: data begins at byte 8, expected 12 (overlap)");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                              R"("y":{"dtype":"U8","shape":[8],"data_offsets":[8,16]}})",
                              data),
            "tensor y: data begins at byte 8, expected 4 (gap)");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", data),
            "16 bytes of data, expected 4");
  EXPECT_EQ(complaintOfHeader(R"({"x":{"dtype":"U8","shape":[16],"data_offsets":[0,16]},)"
                              R"("x":{"dtype":"U8","shape":[16],"data_offsets":[0,16]}})",
                              data),
            "tensor x is listed twice");
  EXPECT_EQ(complaintOfHeader(R"({"__metadata__":{"step":12}})", ""),
            "__metadata__ step is not a string");
  EXPECT_EQ(complaintOfHeader("{\"\xff\":{}}", ""), "header is not a JSON object");
}

TEST_F(SafetensorsTest, AbsurdHeaderLength) {
  EXPECT_NE(complaint(std::string(8, '\xff') + "{}").find("expected at most 100000000"),
            std::string::npos);
  EXPECT_NE(
      complaint(std::string("\xff\0\0\0\0\0\0\0{}", 10)).find("header of 255 bytes in a file"),
      std::string::npos);
  EXPECT_NE(complaint("").find("0 bytes long"), std::string::npos);
}

TEST_F(SafetensorsTest, NotAFile) {
  EXPECT_NE(SafetensorsFile::open(directory.path).status().message().find("not a regular file"),
            std::string::npos);
  EXPECT_NE(SafetensorsFile::open(directory / "none").status().message().find("no such file"),
            std::string::npos);
}

TEST_F(SafetensorsTest, KilledHalfWay) {
  ASSERT_TRUE(write(path).ok());
  const std::string before = fileBytes(path);
  Outcome outcome = runInChild([&] {
    (void)writeFileAtomically(path, 100, [&](const FileDescriptor &file) {
      (void)writeAll(file, before.data(), 50);
      raise(SIGKILL);
      return Status();
    });
    return 0;
  });
  EXPECT_EQ(outcome.signal, SIGKILL);
  EXPECT_EQ(fileBytes(path), before);
  // What the dead left behind is in nobody's way.
  ASSERT_TRUE(write(path).ok());
  EXPECT_EQ(fileBytes(path), before);
  EXPECT_EQ(listDirectory(directory.path), std::vector<std::string>{"file.safetensors"});
}

TEST_F(SafetensorsTest, FailingSourceLeavesOldFile) {
  ASSERT_TRUE(write(path).ok());
  const std::string before = fileBytes(path);
  int reads = 0;
  SafetensorsSource bad = source("x", ElementType::u8, {4}, "abcd");
  bad.read = [&](size_t, void *, size_t) {
    return ++reads == 2 ? Status::error("device lost") : Status();
  };
  EXPECT_EQ(writeSafetensors(path, {}, {bad}).message(), "writing " + path + ": device lost");
  EXPECT_EQ(fileBytes(path), before);
  EXPECT_EQ(listDirectory(directory.path), std::vector<std::string>{"file.safetensors"});
}

TEST_F(SafetensorsTest, FileTooLarge) {
  ASSERT_TRUE(write(path).ok());
  const std::string before = fileBytes(path);
  Outcome outcome = runInChild([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {64, 64};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
      return 2;
    Status status = write(path);
    return status.message().find("file too large") == std::string::npos ? 1 : 0;
  });
  EXPECT_EQ(outcome.exitCode, 0);
  EXPECT_EQ(fileBytes(path), before);
  EXPECT_EQ(listDirectory(directory.path), std::vector<std::string>{"file.safetensors"});
}

TEST_F(SafetensorsTest, FullDisk) {
  constexpr int noPrivilege = 77;
  Outcome outcome = runInChild([&] {
    if (!mountSmallDisk(directory.path, 64 << 10))
      return noPrivilege;
    if (!write(path).ok())
      return 2;
    const std::string before = fileBytes(path);
    Status status = writeSafetensors(
        path, {}, {source("x", ElementType::u8, {1 << 20}, std::string(1 << 20, 'x'))});
    if (status.message().find("no space left on device") == std::string::npos)
      return 3;
    if (!checkWritable(path, 1 << 10).ok() || checkWritable(path, 1 << 20).ok())
      return 4;
    return fileBytes(path) == before && listDirectory(directory.path).size() == 1 ? 0 : 5;
  });
  if (outcome.exitCode == noPrivilege)
    GTEST_SKIP() << "mounting a small file system needs root";
  EXPECT_EQ(outcome.exitCode, 0);
}

} // namespace

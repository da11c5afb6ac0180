//===- PillowTest.cpp - the pixels that Pillow hands to a model -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compared to the last bit: Debian's Pillow and Fanfold decode with the same
// libraries. pillow_images.py writes the images; skipped where it cannot.
//
//===----------------------------------------------------------------------===//

#include "io/decode/Image.h"
#include "io/import/Orient.h"
#include "test/io/TestData.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

// Needs <cstdio> before it.
#include <jpeglib.h>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;
namespace fs = std::filesystem;

namespace {

/// Forms of JPEG that Pillow reads and does not write.
void writeRareJpegs(const std::string &folder) {
  const Image colour = makeGradient({45, 83, 3});
  Image ink{{45, 83, 4}, {}};
  for (size_t i = 0; i < colour.pixels.size(); i += 3)
    ink.pixels.insert(ink.pixels.end(), {colour.pixels[i], colour.pixels[i + 1],
                                         colour.pixels[i + 2], static_cast<uint8_t>(i / 60)});
  const auto write = [&](const char *name, const Image &image, auto configure) {
    writeFile(folder + "/" + name, encodeJpeg(image, configure));
  };
  using Encoder = jpeg_compress_struct;
  write("arithmetic.jpg", colour, [](Encoder &state) { state.arith_code = TRUE; });
  write("restart.jpg", colour, [](Encoder &state) { state.restart_interval = 3; });
  write("rgb.jpg", colour, [](Encoder &state) { jpeg_set_colorspace(&state, JCS_RGB); });
  write("ycck.jpg", ink, [](Encoder &state) { jpeg_set_colorspace(&state, JCS_YCCK); });
  write("cmyk.jpg", ink, [](Encoder &state) { jpeg_set_colorspace(&state, JCS_CMYK); });
  write("tall.jpg", colour, [](Encoder &state) { state.comp_info[0].h_samp_factor = 1; });
  write("progressive-arithmetic.jpg", colour, [](Encoder &state) {
    jpeg_simple_progression(&state);
    state.arith_code = TRUE;
  });
}

/// Pixels as the script writes them.
Image readPixels(const std::string &path) {
  const Bytes bytes = readFile(path);
  const auto line = std::find(bytes.begin(), bytes.end(), '\n');
  Image image;
  std::istringstream(std::string(bytes.begin(), line)) >> image.shape.width >> image.shape.height >>
      image.shape.channels;
  if (line != bytes.end())
    image.pixels.assign(line + 1, bytes.end());
  return image;
}

/// The exit status as waitpid() has it.
int runScript(const std::string &folder) {
  std::string script = FANFOLD_PILLOW_SCRIPT;
  std::string argument = folder;
  char *arguments[] = {script.data(), argument.data(), nullptr};
  int status = -1;
  const pid_t child = fork();
  if (child == 0) {
    execv(script.c_str(), arguments);
    _exit(127);
  }
  waitpid(child, &status, 0);
  return status;
}

class PillowTest : public testing::Test {
protected:
  void SetUp() override {
    writeRareJpegs(folder.path);
    const int status = runScript(folder.path);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) >= 126)
      GTEST_SKIP() << "no Pillow and numpy for /usr/bin/python3";
    ASSERT_EQ(WEXITSTATUS(status), 0);
  }
  /// Every image of which the script wrote pixels under its name and `suffix`.
  std::vector<std::string> imagesWith(const std::string &suffix) const {
    std::vector<std::string> paths;
    for (const auto &entry : fs::directory_iterator(folder.path))
      if (entry.path().extension() == suffix)
        paths.push_back(fs::path(entry.path()).replace_extension());
    return paths;
  }
  TemporaryDirectory folder;
};

TEST_F(PillowTest, EveryFormHasTheSamePixels) {
  const std::vector<std::string> paths = imagesWith(".pixels");
  EXPECT_GT(paths.size(), 90u);
  for (const std::string &path : paths) {
    SCOPED_TRACE(path);
    SourceSample sample;
    sample.payload = readFile(path);
    ASSERT_OK(describeImage(sample));
    const Image expected = readPixels(path + ".pixels");
    Result<Image> image = decodeImage(sample.info, sample.payload, expected.shape.channels);
    ASSERT_OK(image);
    EXPECT_EQ(image->shape, expected.shape);
    EXPECT_EQ(image->pixels, expected.pixels);
  }
}

TEST_F(PillowTest, UprightImagesAreTheSame) {
  const std::vector<std::string> paths = imagesWith(".upright");
  EXPECT_EQ(paths.size(), 16u);
  for (const std::string &path : paths) {
    SCOPED_TRACE(path);
    SourceSample sample;
    sample.payload = readFile(path);
    ASSERT_OK(describeImage(sample));
    Orienter orienter(true);
    ASSERT_OK(orienter.visit(sample));
    const Image expected = readPixels(path + ".upright");
    Result<Image> image = decodeImage(sample.info, sample.payload, expected.shape.channels);
    ASSERT_OK(image);
    ASSERT_EQ(image->shape, expected.shape);
    const int tolerance = sample.info.encoding == Encoding::jpeg ? turnedJpegTolerance : 0;
    for (size_t i = 0; i < expected.pixels.size(); ++i)
      ASSERT_NEAR(image->pixels[i], expected.pixels[i], tolerance);
  }
}

} // namespace

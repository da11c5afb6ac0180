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
#include "test/io/TestData.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <sys/wait.h>

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

TEST(Pillow, EveryFormHasTheSamePixels) {
  TemporaryDirectory folder;
  writeRareJpegs(folder.path);
  const int status = std::system((FANFOLD_PILLOW_SCRIPT " " + folder.path).c_str());
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) >= 126)
    GTEST_SKIP() << "no Pillow and numpy for /usr/bin/python3";
  ASSERT_EQ(WEXITSTATUS(status), 0);

  int compared = 0;
  for (const auto &entry : fs::directory_iterator(folder.path)) {
    if (entry.path().extension() == ".pixels")
      continue;
    SCOPED_TRACE(entry.path().filename());
    const Bytes file = readFile(entry.path());
    const Bytes expected = readFile(entry.path().string() + ".pixels");
    const auto line = std::find(expected.begin(), expected.end(), '\n');
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t channels = 0;
    std::istringstream(std::string(expected.begin(), line)) >> width >> height >> channels;
    Result<ImageProbe> probe = probeImage(file);
    ASSERT_OK(probe);
    SampleInfo info;
    info.encoding = probe->encoding;
    info.height = probe->shape.height;
    info.width = probe->shape.width;
    info.channels = static_cast<uint8_t>(probe->shape.channels);
    Result<Image> image = decodeImage(info, file, channels);
    ASSERT_OK(image);
    EXPECT_EQ(image->shape, (ImageShape{height, width, channels}));
    EXPECT_EQ(image->pixels, Bytes(line + 1, expected.end()));
    ++compared;
  }
  EXPECT_GT(compared, 90);
}

} // namespace

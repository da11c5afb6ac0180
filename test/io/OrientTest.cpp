//===- OrientTest.cpp - turning photos upright ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/Orient.h"

#include "test/io/ImportFixture.h"

#include <cstdio>

// Needs <cstdio> before it.
#include <jpeglib.h>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;

namespace {

/// EXIF data of two entries, the second of them the orientation.
Bytes makeExif(bool little, uint16_t value, uint16_t type = 3) {
  Bytes bytes;
  const auto add = [&](uint32_t word, int size) {
    for (int i = 0; i < size; ++i)
      bytes.push_back(static_cast<uint8_t>(word >> 8 * (little ? i : size - 1 - i)));
  };
  bytes.insert(bytes.end(), 2, little ? 'I' : 'M');
  add(42, 2);
  add(10, 4);
  add(0xeeee, 2); // The table need not be right behind.
  add(2, 2);
  for (uint16_t tag : {uint16_t(0x010f), uint16_t(0x0112)}) {
    add(tag, 2);
    add(tag == 0x010f ? 3 : type, 2);
    add(1, 4);
    add(tag == 0x010f ? 7 : value, 2);
    add(0, 2);
  }
  add(0, 4);
  return bytes;
}

Bytes withExif(const Bytes &jpeg, const Bytes &exif) {
  Bytes file(jpeg.begin(), jpeg.begin() + 2);
  const size_t length = 2 + 6 + exif.size();
  for (int byte : {0xff, 0xe1, int(length >> 8), int(length & 0xff), int('E'), int('x'), int('i'),
                   int('f'), 0, 0})
    file.push_back(static_cast<uint8_t>(byte));
  file.insert(file.end(), exif.begin(), exif.end());
  file.insert(file.end(), jpeg.begin() + 2, jpeg.end());
  return file;
}

SourceSample sampleOf(Bytes file) {
  SourceSample sample;
  sample.payload = std::move(file);
  EXPECT_TRUE(describeImage(sample).ok());
  return sample;
}

Image decode(const SourceSample &sample) {
  Result<Image> image = decodeImage(sample.info, sample.payload, sample.info.channels);
  EXPECT_TRUE(image.ok()) << image.status().message();
  return std::move(*image);
}

TEST(Orient, TheTagIsFound) {
  const Bytes jpeg = encodeJpeg(makeGradient({8, 8, 3}));
  EXPECT_EQ(orientationOf(jpeg), Orientation::upright);
  for (bool little : {false, true})
    for (uint16_t value = 0; value < 10; ++value) {
      const auto expected =
          value >= 1 && value <= 8 ? static_cast<Orientation>(value) : Orientation::upright;
      EXPECT_EQ(orientationOf(withExif(jpeg, makeExif(little, value))), expected);
      EXPECT_EQ(orientationOf(makePng(1, 1, 8, 0, {0, 0}, {{"eXIf", makeExif(little, value)}})),
                expected);
    }
  EXPECT_EQ(orientationOf(withExif(jpeg, makeExif(true, 6, 4))), Orientation::upright);
}

TEST(Orient, DamagedDataAreAsIfThereWereNone) {
  const Bytes jpeg = encodeJpeg(makeGradient({8, 8, 3}));
  const Bytes exif = makeExif(false, 6);
  // Up to the value everything is needed.
  for (size_t size = 0; size <= exif.size(); ++size) {
    const Bytes part(exif.begin(), exif.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(orientationOf(withExif(jpeg, part)) == Orientation::upright, size + 4 < exif.size())
        << size;
  }
  const Bytes file = withExif(jpeg, exif);
  for (size_t size = 0; size < file.size(); ++size)
    orientationOf(ByteView(file.data(), size)); // Reads nothing outside.
  Bytes far = exif;
  std::fill(far.begin() + 4, far.begin() + 8, uint8_t(0xff));
  EXPECT_EQ(orientationOf(withExif(jpeg, far)), Orientation::upright);
}

TEST(Orient, PixelsAreTurned) {
  const Image image{{2, 3, 1},
                    {1, 2, 3, //
                     4, 5, 6}};
  const std::pair<ImageShape, Bytes> expected[] = {
      {{2, 3, 1}, {1, 2, 3, 4, 5, 6}}, {{2, 3, 1}, {3, 2, 1, 6, 5, 4}},
      {{2, 3, 1}, {6, 5, 4, 3, 2, 1}}, {{2, 3, 1}, {4, 5, 6, 1, 2, 3}},
      {{3, 2, 1}, {1, 4, 2, 5, 3, 6}}, {{3, 2, 1}, {4, 1, 5, 2, 6, 3}},
      {{3, 2, 1}, {6, 3, 5, 2, 4, 1}}, {{3, 2, 1}, {3, 6, 2, 5, 1, 4}}};
  for (int value = 1; value <= 8; ++value) {
    const Image result = turned(image, static_cast<Orientation>(value));
    EXPECT_EQ(result.shape, expected[value - 1].first) << value;
    EXPECT_EQ(result.pixels, expected[value - 1].second) << value;
  }
}

TEST(Orient, JpegsOfWholeBlocksStayJpegs) {
  for (uint32_t channels : {1u, 3u})
    for (uint16_t value = 2; value <= 8; ++value) {
      const Bytes plain = encodeJpeg(makeGradient({32, 48, channels}));
      SourceSample sample = sampleOf(withExif(plain, makeExif(true, value)));
      const Image expected = turned(decode(sample), static_cast<Orientation>(value));
      Orienter orienter(true);
      ASSERT_OK(orienter.visit(sample));
      EXPECT_EQ(orienter.found(), 1u);
      EXPECT_EQ(orienter.repacked(), 0u);
      EXPECT_EQ(sample.info.encoding, Encoding::jpeg);
      EXPECT_EQ(sample.info.height, expected.shape.height);
      EXPECT_EQ(orientationOf(sample.payload), Orientation::upright);
      const Image result = decode(sample);
      ASSERT_EQ(result.shape, expected.shape);
      for (size_t i = 0; i < expected.pixels.size(); ++i)
        ASSERT_NEAR(result.pixels[i], expected.pixels[i], turnedJpegTolerance) << value;
    }
}

TEST(Orient, OtherJpegsBecomePngs) {
  for (uint16_t value = 2; value <= 8; ++value) {
    SourceSample sample =
        sampleOf(withExif(encodeJpeg(makeGradient({13, 21, 3})), makeExif(false, value)));
    const Image expected = turned(decode(sample), static_cast<Orientation>(value));
    Orienter orienter(true);
    ASSERT_OK(orienter.visit(sample));
    // A transpose moves no pixel out of its block.
    EXPECT_EQ(sample.info.encoding, value == 5 ? Encoding::jpeg : Encoding::png);
    EXPECT_EQ(orienter.repacked(), value == 5 ? 0u : 1u);
    EXPECT_EQ(decode(sample).shape, expected.shape);
    if (value != 5) {
      EXPECT_EQ(decode(sample).pixels, expected.pixels) << value;
    }
  }
}

TEST(Orient, PngsAreTurned) {
  SourceSample sample =
      sampleOf(makePng(3, 2, 8, 0, {0, 1, 2, 3, 0, 4, 5, 6}, {{"eXIf", makeExif(true, 6)}}));
  Orienter orienter(true);
  ASSERT_OK(orienter.visit(sample));
  EXPECT_EQ(orienter.repacked(), 0u);
  EXPECT_EQ(sample.info.height, 3u);
  EXPECT_EQ(decode(sample).pixels, (Bytes{4, 1, 5, 2, 6, 3}));
}

TEST(Orient, DamageIsAnError) {
  Bytes file = withExif(encodeJpeg(makeImage({24, 24, 3}, 1)), makeExif(true, 6));
  file.resize(file.size() / 2);
  SourceSample sample = sampleOf(file);
  Orienter orienter(true);
  EXPECT_NE(orienter.visit(sample).message().find("damaged JPEG"), std::string::npos);
}

class OrientImport : public ImportTest {};

TEST_F(OrientImport, OnlyOnDemand) {
  const Bytes file = withExif(encodeJpeg(makeGradient({16, 32, 3})), makeExif(true, 6));
  writeFile(directory / "f/cat/1.jpg", file);
  writeFile(directory / "f/cat/2.png", encodePng(makeImage({2, 2, 1}, 1)));
  for (bool apply : {false, true}) {
    Result<std::unique_ptr<SampleSource>> source = openSource(directory / "f", {"folder", "", {}});
    ASSERT_OK(source);
    Orienter orienter(apply);
    ImportOptions options;
    options.replace = true;
    options.orienter = &orienter;
    ASSERT_OK(importDataset(*parseDatasetUrl(url), **source, options));
    EXPECT_EQ(orienter.found(), 1u);
    EXPECT_EQ(payloadOf("train", "cat/1.jpg") == file, !apply);
    for (const ChunkEntry &entry : entriesOf("train"))
      if (entry.name == "cat/1.jpg") {
        EXPECT_EQ(entry.height, apply ? 32u : 16u);
      }
  }
  expectClean();
}

} // namespace

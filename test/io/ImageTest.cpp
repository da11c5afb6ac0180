//===- ImageTest.cpp - decoding, resizing, augmentation -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/decode/Image.h"

#include "io/decode/Augment.h"
#include "io/decode/Resize.h"
#include "test/io/TestData.h"

#include <algorithm>
#include <cmath>
#include <set>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;

namespace {

SampleInfo infoOf(ByteView file) {
  Result<ImageProbe> probe = probeImage(file);
  EXPECT_TRUE(probe.ok()) << probe.status().message();
  return {"x",
          0,
          probe->encoding,
          probe->shape.height,
          probe->shape.width,
          static_cast<uint8_t>(probe->shape.channels)};
}

int largestDifference(const Bytes &a, const Bytes &b) {
  EXPECT_EQ(a.size(), b.size());
  int largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    largest = std::max(largest, std::abs(int(a[i]) - int(b[i])));
  return largest;
}

TEST(Decode, PngIsExact) {
  for (uint32_t channels : {1u, 3u}) {
    const Image image = makeImage({9, 13, channels}, 1);
    const Bytes file = encodePng(image);
    const SampleInfo info = infoOf(file);
    EXPECT_EQ(info.encoding, Encoding::png);
    Result<Image> decoded = decodeImage(info, file, channels);
    ASSERT_OK(decoded);
    EXPECT_EQ(decoded->shape, image.shape);
    EXPECT_EQ(decoded->pixels, image.pixels);
  }
}

TEST(Decode, JpegIsClose) {
  for (uint32_t channels : {1u, 3u}) {
    const Image image = makeGradient({40, 56, channels});
    const Bytes file = encodeJpeg(image);
    const SampleInfo info = infoOf(file);
    EXPECT_EQ(info.encoding, Encoding::jpeg);
    EXPECT_EQ(info.height, 40u);
    EXPECT_EQ(info.width, 56u);
    Result<Image> decoded = decodeImage(info, file, channels);
    ASSERT_OK(decoded);
    EXPECT_EQ(decoded->shape, image.shape);
    EXPECT_LE(largestDifference(decoded->pixels, image.pixels), 8);
  }
}

TEST(Decode, GreyWidensToColour) {
  const Image grey = makeGradient({16, 16, 1});
  for (const Bytes &file : {encodeJpeg(grey), encodePng(grey)}) {
    Result<Image> decoded = decodeImage(infoOf(file), file, 3);
    ASSERT_OK(decoded);
    for (size_t i = 0; i < decoded->pixels.size(); i += 3) {
      EXPECT_EQ(decoded->pixels[i], decoded->pixels[i + 1]);
      EXPECT_EQ(decoded->pixels[i], decoded->pixels[i + 2]);
    }
  }
}

TEST(Decode, InkBecomesColour) {
  // Files store ink inverted: 0 is all of it. This is cyan and nothing else.
  Image ink{{8, 8, 4}, {}};
  for (int i = 0; i < 64; ++i)
    ink.pixels.insert(ink.pixels.end(), {0, 255, 255, 255});
  const Bytes file = encodeJpeg(ink);
  EXPECT_EQ(infoOf(file).channels, 3);
  Result<Image> decoded = decodeImage(infoOf(file), file, 3);
  ASSERT_OK(decoded);
  Bytes cyan;
  for (int i = 0; i < 64; ++i)
    cyan.insert(cyan.end(), {0, 255, 255});
  EXPECT_LE(largestDifference(decoded->pixels, cyan), 3);
}

/// Decodes a PNG of one row of four pixels.
Bytes decodeRow(uint8_t depth, uint8_t colourType, const Bytes &values, uint32_t channels,
                const std::vector<std::pair<std::string, Bytes>> &chunks = {}) {
  Bytes line = {0}; // No filter.
  line.insert(line.end(), values.begin(), values.end());
  const Bytes file = makePng(4, 1, depth, colourType, line, chunks);
  Result<Image> decoded = decodeImage(infoOf(file), file, channels);
  EXPECT_TRUE(decoded.ok()) << decoded.status().message();
  return decoded ? decoded->pixels : Bytes();
}

TEST(Decode, SixteenBitsAreScaledAndRounded) {
  // 0x0181 / 257 is 1.498, 0x0182 / 257 is 1.502.
  EXPECT_EQ(decodeRow(16, 0, {0, 0, 0x01, 0x81, 0x01, 0x82, 0xff, 0xff}, 1), (Bytes{0, 1, 2, 255}));
  Bytes colour;
  for (int value : {3, 33, 63, 93})
    for (int c = 0; c < 3; ++c)
      colour.insert(colour.end(), 2, static_cast<uint8_t>(value + c));
  EXPECT_EQ(decodeRow(16, 2, colour, 3), (Bytes{3, 4, 5, 33, 34, 35, 63, 64, 65, 93, 94, 95}));
}

TEST(Decode, ColourSpacesHaveNoInfluence) {
  const Bytes linear = {0, 1, 0x86, 0xa0}; // A gamma of 1.
  for (const auto &chunks : std::vector<std::vector<std::pair<std::string, Bytes>>>{
           {}, {{"gAMA", linear}}, {{"sRGB", {0}}}, {{"sRGB", {0}}, {"gAMA", linear}}}) {
    EXPECT_EQ(decodeRow(8, 0, {3, 33, 63, 93}, 1, chunks), (Bytes{3, 33, 63, 93}));
    EXPECT_EQ(decodeRow(16, 0, {3, 3, 33, 33, 63, 63, 93, 93}, 1, chunks), (Bytes{3, 33, 63, 93}));
  }
}

TEST(Decode, TransparencyIsDropped) {
  EXPECT_EQ(decodeRow(8, 4, {10, 0, 20, 255, 30, 128, 40, 1}, 1), (Bytes{10, 20, 30, 40}));
  EXPECT_EQ(decodeRow(8, 0, {10, 20, 30, 40}, 1, {{"tRNS", {0, 20}}}), (Bytes{10, 20, 30, 40}));
  // Palettes of two bits: red, green, blue and white, the first two transparent.
  EXPECT_EQ(
      decodeRow(2, 3, {0x1b}, 3,
                {{"PLTE", {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}}, {"tRNS", {0, 128}}}),
      (Bytes{255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}));
}

TEST(Decode, FewBitsSpanTheWholeRange) {
  EXPECT_EQ(decodeRow(1, 0, {0x50}, 1), (Bytes{0, 255, 0, 255}));
  EXPECT_EQ(decodeRow(2, 0, {0x1b}, 1), (Bytes{0, 85, 170, 255}));
  EXPECT_EQ(decodeRow(4, 0, {0x01, 0xef}, 1), (Bytes{0, 17, 238, 255}));
}

TEST(Decode, OtherJpegsAreRefused) {
  const Bytes good = encodeJpeg(makeGradient({16, 16, 3}));
  const Bytes marker = {0xff, 0xc0};
  const auto frame = std::search(good.begin(), good.end(), marker.begin(), marker.end());
  const auto at = static_cast<size_t>(frame - good.begin());
  ASSERT_LT(at, good.size());
  Bytes deep = good;
  deep[at + 4] = 12;
  expectError(probeImage(deep), "precision 12");
  Bytes lossless = good;
  lossless[at + 1] = 0xc3;
  expectError(probeImage(lossless), "Unsupported JPEG process");
  // Two components: header only, which is all that an import looks at.
  const Bytes two = {0xff, 0xd8, 0xff, 0xc0, 0, 14, 8, 0, 8, 0, 8, 2, 1,  0x11, 0,    2,
                     0x11, 0,    0xff, 0xda, 0, 10, 2, 1, 0, 2, 0, 0, 63, 0,    0xff, 0xd9};
  expectError(probeImage(two), "JPEG of 2 components, expected 1, 3 or 4");
}

TEST(Decode, ChannelMismatchIsAnError) {
  const Bytes colour = encodePng(makeImage({4, 4, 3}, 1));
  expectError(decodeImage(infoOf(colour), colour, 1), "image is 4x4x3, expected 1 channels");
  const Image raw = makeImage({4, 4, 1}, 1);
  expectError(decodeImage({"x", 0, Encoding::raw, 4, 4, 1}, raw.pixels, 3),
              "image is 4x4x1, expected 3 channels");
  // The file is another than the table of its chunk says.
  expectError(decodeImage({"x", 0, Encoding::png, 4, 4, 1}, colour, 1),
              "PNG is 4x4x3, expected 1 channels");
}

TEST(Decode, EveryTruncationIsAnError) {
  const Image image = makeImage({24, 24, 3}, 5);
  for (const Bytes &file : {encodeJpeg(image), encodePng(image)}) {
    const SampleInfo info = infoOf(file);
    // The last two bytes of a JPEG are its end marker, without which all pixels
    // are there; the last twelve of a PNG its end chunk.
    const size_t needed = file.size() - (info.encoding == Encoding::jpeg ? 8 : 16);
    for (size_t size = 0; size <= needed; size += 7)
      EXPECT_FALSE(decodeImage(info, ByteView(file.data(), size), 3).ok())
          << encodingName(info.encoding) << " cut to " << size << " of " << file.size();
  }
}

TEST(Decode, GarbageIsAnError) {
  expectError(probeImage(Bytes()), "empty file");
  expectError(probeImage(Bytes(100, 'x')), "not a JPEG or PNG");
  expectError(probeImage(Bytes{0xff, 0xd8, 0xff, 0, 0, 0}), "damaged JPEG");
  expectError(probeImage(Bytes{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 1, 2}), "damaged PNG");
  expectError(decodeImage({"x", 0, Encoding::raw, 4, 4, 1}, Bytes(15), 1), "15 bytes, expected 16");
  expectError(decodeImage({"x", 0, Encoding::raw, 1u << 31, 1u << 31, 1}, Bytes(15), 1),
              "expected 1 to");
}

/// The triangle filter by its definition, in double precision.
double filtered(const Image &image, const Box &box, uint32_t height, uint32_t width, uint32_t y,
                uint32_t x, uint32_t c) {
  const double scaleY = double(box.height) / height;
  const double scaleX = double(box.width) / width;
  double sum = 0;
  double weights = 0;
  for (uint32_t v = 0; v < box.height; ++v)
    for (uint32_t u = 0; u < box.width; ++u) {
      const double wy = 1 - std::abs(v + 0.5 - (y + 0.5) * scaleY) / std::max(1.0, scaleY);
      const double wx = 1 - std::abs(u + 0.5 - (x + 0.5) * scaleX) / std::max(1.0, scaleX);
      if (wy <= 0 || wx <= 0)
        continue;
      const size_t at =
          (size_t(box.top + v) * image.shape.width + box.left + u) * image.shape.channels + c;
      sum += wy * wx * image.pixels[at];
      weights += wy * wx;
    }
  return sum / weights;
}

TEST(Resize, IsTheTriangleFilter) {
  const Image image = makeImage({17, 23, 3}, 8);
  const Box boxes[] = {{0, 0, 17, 23}, {2, 3, 11, 9}, {16, 22, 1, 1}};
  for (const Box &box : boxes)
    for (auto [height, width] : {std::pair(5u, 7u), std::pair(40u, 31u), std::pair(17u, 3u)}) {
      const Image result = resize(image, box, height, width);
      ASSERT_EQ(result.shape, (ImageShape{height, width, 3}));
      for (uint32_t y = 0; y < height; ++y)
        for (uint32_t x = 0; x < width; ++x)
          for (uint32_t c = 0; c < 3; ++c)
            // Half a level of rounding for each of the two axes, and some.
            ASSERT_NEAR(result.pixels[(size_t(y) * width + x) * 3 + c],
                        filtered(image, box, height, width, y, x, c), 1.01);
    }
}

TEST(Resize, FlatStaysFlat) {
  for (int level : {0, 1, 127, 255}) {
    const Image image{{37, 41, 1}, Bytes(37 * 41, static_cast<uint8_t>(level))};
    const Image result = resize(image, {0, 0, 37, 41}, 19, 97);
    EXPECT_EQ(result.pixels, Bytes(19 * 97, static_cast<uint8_t>(level)));
  }
}

BatchFormat trainingFormat(int64_t height, int64_t width) {
  BatchFormat format;
  format.batch = 1;
  format.height = height;
  format.width = width;
  format.channels = 1;
  format.train = true;
  return format;
}

TEST(Augment, NothingAskedForNothingDone) {
  const Image image = makeImage({6, 5, 1}, 3);
  Bytes target(30);
  prepareImage(image, trainingFormat(6, 5), 77, target.data());
  EXPECT_EQ(target, image.pixels);
}

TEST(Augment, FlipMirrorsAboutHalf) {
  const Image image = makeImage({6, 5, 1}, 3);
  Bytes mirrored;
  for (size_t y = 0; y < 6; ++y)
    for (size_t x = 0; x < 5; ++x)
      mirrored.push_back(image.pixels[y * 5 + 4 - x]);
  BatchFormat format = trainingFormat(6, 5);
  format.flip = true;
  int flips = 0;
  for (uint64_t sample = 0; sample < 1000; ++sample) {
    Bytes target(30);
    prepareImage(image, format, sampleSeed(0, 0, sample), target.data());
    if (target == mirrored)
      ++flips;
    else
      ASSERT_EQ(target, image.pixels);
  }
  EXPECT_NEAR(flips, 500, 80); // Five deviations.
  // Evaluation does not augment.
  format.train = false;
  for (uint64_t sample = 0; sample < 20; ++sample) {
    Bytes target(30);
    prepareImage(image, format, sampleSeed(0, 0, sample), target.data());
    ASSERT_EQ(target, image.pixels);
  }
}

TEST(Augment, CropPaddingShiftsAndFillsWithZero) {
  const Image image{{4, 4, 1}, Bytes(16, 200)};
  BatchFormat format = trainingFormat(4, 4);
  format.cropPadding = 2;
  std::set<Bytes> seen;
  for (uint64_t sample = 0; sample < 1000; ++sample) {
    Bytes target(16, 1);
    prepareImage(image, format, sampleSeed(0, 0, sample), target.data());
    // What remains is a rectangle of at least 2 x 2 touching two sides.
    const auto kept = std::count(target.begin(), target.end(), 200);
    EXPECT_GE(kept, 4);
    EXPECT_EQ(kept + std::count(target.begin(), target.end(), 0), 16);
    seen.insert(target);
  }
  EXPECT_EQ(seen.size(), 25u); // All shifts by -2 ... 2 in both directions.
}

TEST(Augment, RandomBoxesStayInsideAndVary) {
  BatchFormat format = trainingFormat(32, 32);
  format.resizedCrop = true;
  for (const ImageShape &shape :
       {ImageShape{120, 150, 3}, ImageShape{1, 1, 3}, ImageShape{500, 2, 3}}) {
    double smallest = 1;
    double largest = 0;
    for (uint64_t seed = 0; seed < 2000; ++seed) {
      const Box box = chooseBox(shape, format, seed);
      ASSERT_GE(box.height, 1u);
      ASSERT_GE(box.width, 1u);
      ASSERT_LE(box.top + box.height, shape.height);
      ASSERT_LE(box.left + box.width, shape.width);
      const double part = double(box.height) * box.width / (double(shape.height) * shape.width);
      smallest = std::min(smallest, part);
      largest = std::max(largest, part);
    }
    if (shape.height == 120) {
      EXPECT_NEAR(smallest, 0.08, 0.02);
      EXPECT_GT(largest, 0.9);
    }
  }
}

TEST(Augment, EvaluationCutsTheCentre) {
  BatchFormat format = trainingFormat(224, 224);
  format.train = false;
  const Box box = chooseBox({300, 500, 3}, format, 1);
  EXPECT_EQ(box.height, 300u);
  EXPECT_EQ(box.width, 300u);
  EXPECT_EQ(box.left, 100u);
  format.resizedCrop = true;
  const Box inner = chooseBox({256, 512, 3}, format, 1);
  EXPECT_EQ(inner.height, 224u);
  EXPECT_EQ(inner.width, 224u);
  EXPECT_EQ(inner.top, 16u);
  EXPECT_EQ(inner.left, 144u);
}

} // namespace

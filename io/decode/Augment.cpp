//===- Augment.cpp - from a decoded image to one of a batch ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/decode/Augment.h"

#include "runtime/Random.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// Which number of a sample's stream decides what. The box takes four for each
/// of its attempts.
enum Draw : uint64_t { drawFlip, drawShiftY, drawShiftX, drawBox = 16 };

/// Number `draw` of the stream, in [0, bound).
uint64_t below(uint64_t stream, uint64_t draw, uint64_t bound) {
  return random::toBelow(random::hash(stream, draw), bound);
}

Box centred(const ImageShape &image, uint32_t height, uint32_t width) {
  return {(image.height - height) / 2, (image.width - width) / 2, height, width};
}

/// The largest centred box with the aspect height : width, times `numerator` / 8.
Box largestBox(const ImageShape &image, uint64_t height, uint64_t width, uint64_t numerator) {
  uint64_t boxHeight = image.height;
  uint64_t boxWidth = image.width;
  if (boxHeight * width > boxWidth * height)
    boxHeight = std::max<uint64_t>(1, (boxWidth * height + width / 2) / width);
  else
    boxWidth = std::max<uint64_t>(1, (boxHeight * width + height / 2) / height);
  boxHeight = std::max<uint64_t>(1, std::min<uint64_t>(boxHeight, image.height) * numerator / 8);
  boxWidth = std::max<uint64_t>(1, std::min<uint64_t>(boxWidth, image.width) * numerator / 8);
  return centred(image, static_cast<uint32_t>(boxHeight), static_cast<uint32_t>(boxWidth));
}

Box randomBox(const ImageShape &image, uint64_t seed) {
  const double area = double(image.height) * image.width;
  for (uint64_t attempt = 0; attempt < 10; ++attempt) {
    const uint64_t draw = drawBox + 4 * attempt;
    const double target = area * (0.08 + 0.92 * random::uniformDouble(seed, draw));
    // Log-uniform, so that wide and tall are equally likely.
    const double aspect = 0.75 * std::pow(16.0 / 9.0, random::uniformDouble(seed, draw + 1));
    const auto width = static_cast<uint32_t>(std::lround(std::sqrt(target * aspect)));
    const auto height = static_cast<uint32_t>(std::lround(std::sqrt(target / aspect)));
    if (width == 0 || height == 0 || width > image.width || height > image.height)
      continue;
    return {static_cast<uint32_t>(below(seed, draw + 2, image.height - height + 1)),
            static_cast<uint32_t>(below(seed, draw + 3, image.width - width + 1)), height, width};
  }
  // Too narrow or too flat for any of them.
  if (uint64_t(image.width) * 4 < uint64_t(image.height) * 3)
    return largestBox(image, 4, 3, 8);
  if (uint64_t(image.width) * 3 > uint64_t(image.height) * 4)
    return largestBox(image, 3, 4, 8);
  return {0, 0, image.height, image.width};
}

} // namespace

uint64_t io::sampleSeed(uint64_t seed, int64_t epoch, uint64_t sample) {
  return random::hash(random::hash(random::hash(seed, "augment"), static_cast<uint64_t>(epoch)),
                      sample);
}

Box io::chooseBox(const ImageShape &image, const BatchFormat &format, uint64_t seed) {
  if (format.resizedCrop && format.train)
    return randomBox(image, seed);
  return largestBox(image, static_cast<uint64_t>(format.height),
                    static_cast<uint64_t>(format.width), format.resizedCrop ? 7 : 8);
}

void io::prepareImage(const Image &image, const BatchFormat &format, uint64_t seed,
                      uint8_t *target) {
  assert(image.shape.channels == format.channels);
  const auto height = static_cast<uint32_t>(format.height);
  const auto width = static_cast<uint32_t>(format.width);
  const size_t channels = image.shape.channels;
  const Box box = chooseBox(image.shape, format, seed);
  const bool whole = box.height == image.shape.height && box.width == image.shape.width;
  Image resized;
  const bool fits = whole && box.height == height && box.width == width;
  if (!fits)
    resized = resize(image, box, height, width);
  const uint8_t *source = fits ? image.pixels.data() : resized.pixels.data();

  int64_t shiftY = 0;
  int64_t shiftX = 0;
  bool mirror = false;
  if (format.train && format.cropPadding > 0) {
    const auto choices = static_cast<uint64_t>(2 * format.cropPadding + 1);
    shiftY = int64_t(below(seed, drawShiftY, choices)) - format.cropPadding;
    shiftX = int64_t(below(seed, drawShiftX, choices)) - format.cropPadding;
  }
  if (format.train && format.flip)
    mirror = random::hash(seed, drawFlip) >> 63;

  const size_t rowBytes = width * channels;
  if (shiftY == 0 && shiftX == 0 && !mirror) {
    std::memcpy(target, source, height * rowBytes);
    return;
  }
  for (int64_t y = 0; y < height; ++y) {
    uint8_t *row = target + static_cast<size_t>(y) * rowBytes;
    const int64_t fromY = y + shiftY;
    if (fromY < 0 || fromY >= height) {
      std::memset(row, 0, rowBytes);
      continue;
    }
    for (int64_t x = 0; x < width; ++x) {
      const int64_t fromX = (mirror ? width - 1 - x : x) + shiftX;
      uint8_t *pixel = row + static_cast<size_t>(x) * channels;
      if (fromX < 0 || fromX >= width)
        std::memset(pixel, 0, channels);
      else
        std::memcpy(pixel,
                    source + static_cast<size_t>(fromY) * rowBytes +
                        static_cast<size_t>(fromX) * channels,
                    channels);
    }
  }
}

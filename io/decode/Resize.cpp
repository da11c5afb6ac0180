//===- Resize.cpp - bilinear resizing -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/decode/Resize.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// Weights are fixed-point numbers with this many bits after the point; 255
/// times their sum fits into 31 bits.
constexpr int weightBits = 22;

/// The input pixels that make one output pixel, along one axis.
struct Tap {
  uint32_t first = 0;
  uint32_t count = 0;
  size_t weights = 0; ///< Index of the first weight.
};

struct Axis {
  std::vector<Tap> taps; ///< One for each output pixel.
  std::vector<int32_t> weights;
};

/// The triangle around output pixel i has its peak at (i + 1/2) from / to and
/// reaches max(1, from / to) to each side. Everything is multiplied by 2 `to`, so
/// that it is whole: input pixel x lies at (2 x + 1) to, the peak at
/// (2 i + 1) from, and the reach is 2 max(from, to).
Axis makeAxis(uint32_t from, uint32_t to) {
  Axis axis;
  const int64_t reach = 2 * int64_t(std::max(from, to));
  for (uint32_t i = 0; i < to; ++i) {
    const int64_t peak = (2 * int64_t(i) + 1) * from;
    const int64_t begin = std::max<int64_t>(0, (peak - reach) / (2 * int64_t(to)) - 1);
    Tap tap;
    tap.weights = axis.weights.size();
    std::vector<int64_t> heights;
    int64_t sum = 0;
    for (int64_t x = begin; x < from; ++x) {
      const int64_t height = reach - std::abs((2 * x + 1) * int64_t(to) - peak);
      if (height <= 0 && !heights.empty())
        break;
      if (height <= 0)
        continue;
      if (heights.empty())
        tap.first = static_cast<uint32_t>(x);
      heights.push_back(height);
      sum += height;
    }
    // What rounding leaves goes to the tallest, so that a flat area stays flat.
    int32_t rest = 1 << weightBits;
    for (int64_t height : heights) {
      axis.weights.push_back(static_cast<int32_t>((height << weightBits) / sum));
      rest -= axis.weights.back();
    }
    const auto tallest = std::max_element(heights.begin(), heights.end()) - heights.begin();
    axis.weights[tap.weights + static_cast<size_t>(tallest)] += rest;
    tap.count = static_cast<uint32_t>(heights.size());
    axis.taps.push_back(tap);
  }
  return axis;
}

uint8_t weigh(const uint8_t *source, size_t stride, const int32_t *weights, uint32_t count) {
  int32_t sum = 1 << (weightBits - 1);
  for (uint32_t k = 0; k < count; ++k)
    sum += weights[k] * source[k * stride];
  return static_cast<uint8_t>(sum >> weightBits);
}

} // namespace

Image io::resize(const Image &image, const Box &box, uint32_t height, uint32_t width) {
  assert(box.height > 0 && box.width > 0 && height > 0 && width > 0);
  assert(box.top + box.height <= image.shape.height && box.left + box.width <= image.shape.width);
  const size_t channels = image.shape.channels;
  const size_t inputStride = image.shape.width * channels;
  const uint8_t *corner = image.pixels.data() + box.top * inputStride + box.left * channels;

  // Rows first: the box, as wide as the output.
  Image narrow;
  narrow.shape = {box.height, width, image.shape.channels};
  const size_t rowBytes = width * channels;
  narrow.pixels.resize(box.height * rowBytes);
  if (box.width == width) {
    for (uint32_t y = 0; y < box.height; ++y)
      std::memcpy(narrow.pixels.data() + y * rowBytes, corner + y * inputStride, rowBytes);
  } else {
    const Axis axis = makeAxis(box.width, width);
    for (uint32_t y = 0; y < box.height; ++y)
      for (uint32_t x = 0; x < width; ++x) {
        const Tap &tap = axis.taps[x];
        for (size_t c = 0; c < channels; ++c)
          narrow.pixels[y * rowBytes + x * channels + c] =
              weigh(corner + y * inputStride + tap.first * channels + c, channels,
                    &axis.weights[tap.weights], tap.count);
      }
  }
  if (box.height == height)
    return narrow;

  Image result;
  result.shape = {height, width, image.shape.channels};
  result.pixels.resize(height * rowBytes);
  const Axis axis = makeAxis(box.height, height);
  for (uint32_t y = 0; y < height; ++y) {
    const Tap &tap = axis.taps[y];
    for (size_t i = 0; i < rowBytes; ++i)
      result.pixels[y * rowBytes + i] = weigh(narrow.pixels.data() + tap.first * rowBytes + i,
                                              rowBytes, &axis.weights[tap.weights], tap.count);
  }
  return result;
}

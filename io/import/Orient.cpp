//===- Orient.cpp - turning photos upright --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/Orient.h"

#include <cstring>
#include <memory>
#include <optional>
#include <png.h>
#include <turbojpeg.h>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// Part of a view; empty where it would reach outside.
ByteView part(ByteView view, uint64_t offset, uint64_t size) {
  if (offset > view.size || size > view.size - offset)
    return {};
  return {view.data + offset, size};
}

bool is(ByteView view, const char *text, size_t size) {
  return view.size >= size && std::memcmp(view.data, text, size) == 0;
}

/// Integers of the order that the data say.
uint32_t number(ByteView view, bool little) {
  uint32_t value = 0;
  for (size_t i = 0; i < view.size; ++i)
    value |= uint32_t(view.data[i]) << 8 * (little ? i : view.size - 1 - i);
  return value;
}

/// EXIF data are a TIFF file: its order of bytes, 42, the offset of a table, which
/// has entries of tag, type, count and value.
Orientation orientationIn(ByteView exif) {
  constexpr uint32_t tag = 0x0112;
  constexpr uint32_t typeShort = 3;
  const bool little = is(exif, "II", 2);
  if ((!little && !is(exif, "MM", 2)) || number(part(exif, 2, 2), little) != 42)
    return Orientation::upright;
  const uint64_t table = number(part(exif, 4, 4), little);
  const uint32_t count = number(part(exif, table, 2), little);
  for (uint32_t i = 0; i < count; ++i) {
    const ByteView entry = part(exif, table + 2 + 12 * uint64_t(i), 12);
    if (entry.size == 0)
      break;
    if (number(part(entry, 0, 2), little) != tag || number(part(entry, 2, 2), little) != typeShort)
      continue;
    const uint32_t value = number(part(entry, 8, 2), little);
    return value >= 1 && value <= 8 ? static_cast<Orientation>(value) : Orientation::upright;
  }
  return Orientation::upright;
}

/// The first EXIF segment before the pixels.
ByteView exifOfJpeg(ByteView file) {
  for (uint64_t at = 2;;) {
    const ByteView head = part(file, at, 4);
    if (head.size == 0 || head.data[0] != 0xff)
      return {};
    const uint8_t marker = head.data[1];
    if (marker == 0xff) { // Padding.
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9)
      return {};
    const uint64_t length = number({head.data + 2, 2}, false);
    const ByteView segment = part(file, at + 4, length - std::min<uint64_t>(length, 2));
    if (marker == 0xe1 && is(segment, "Exif\0\0", 6))
      return part(segment, 6, segment.size - 6);
    at += 2 + length;
  }
}

ByteView exifOfPng(ByteView file) {
  for (uint64_t at = 8;;) {
    const ByteView head = part(file, at, 8);
    if (head.size == 0)
      return {};
    const uint64_t length = number({head.data, 4}, false);
    if (std::memcmp(head.data + 4, "eXIf", 4) == 0)
      return part(file, at + 8, length);
    at += 12 + length;
  }
}

/// The same JPEG with its blocks turned; nothing if that would cut an edge off.
std::optional<Bytes> turnBlocks(ByteView file, Orientation orientation) {
  constexpr TJXOP operations[] = {TJXOP_NONE,   TJXOP_NONE,       TJXOP_HFLIP,
                                  TJXOP_ROT180, TJXOP_VFLIP,      TJXOP_TRANSPOSE,
                                  TJXOP_ROT90,  TJXOP_TRANSVERSE, TJXOP_ROT270};
  const std::unique_ptr<void, int (*)(tjhandle)> handle(tjInitTransform(), tjDestroy);
  if (!handle)
    return std::nullopt;
  tjtransform transform = {};
  transform.op = operations[static_cast<size_t>(orientation)];
  transform.options = TJXOPT_PERFECT | TJXOPT_COPYNONE;
  unsigned char *memory = nullptr;
  unsigned long size = 0;
  const int code = tjTransform(handle.get(), file.data, file.size, 1, &memory, &size, &transform,
                               TJFLAG_STOPONWARNING);
  const std::unique_ptr<unsigned char, void (*)(unsigned char *)> owned(memory, tjFree);
  if (code != 0)
    return std::nullopt;
  return Bytes(memory, memory + size);
}

Result<Bytes> encodePng(const Image &image) {
  png_image state = {};
  state.version = PNG_IMAGE_VERSION;
  state.width = image.shape.width;
  state.height = image.shape.height;
  state.format = image.shape.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(state);
  Bytes bytes(size);
  if (!png_image_write_to_memory(&state, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr))
    return Status::error("encoding a turned image: {}", state.message);
  bytes.resize(size);
  if (size > format::maxPayloadBytes)
    return Status::error("turned image has {} bytes, expected at most {}", size,
                         format::maxPayloadBytes);
  return bytes;
}

} // namespace

Orientation io::orientationOf(ByteView file) {
  const std::optional<Encoding> encoding = encodingOf(file);
  if (encoding == Encoding::jpeg)
    return orientationIn(exifOfJpeg(file));
  if (encoding == Encoding::png)
    return orientationIn(exifOfPng(file));
  return Orientation::upright;
}

Image io::turned(const Image &image, Orientation orientation) {
  const auto code = static_cast<uint32_t>(orientation);
  const bool swaps = code >= 5;
  const ImageShape &from = image.shape;
  Image result;
  result.shape = {swaps ? from.width : from.height, swaps ? from.height : from.width,
                  from.channels};
  result.pixels.resize(image.pixels.size());
  // Where a pixel comes from: rows and columns swapped, then either counted backwards.
  const bool fromBelow = code == 3 || code == 4 || code == 6 || code == 7;
  const bool fromRight = code == 2 || code == 3 || code == 7 || code == 8;
  uint8_t *target = result.pixels.data();
  for (uint32_t y = 0; y < result.shape.height; ++y)
    for (uint32_t x = 0; x < result.shape.width; ++x, target += from.channels) {
      const uint32_t row = swaps ? x : y;
      const uint32_t column = swaps ? y : x;
      const size_t pixel = size_t(fromBelow ? from.height - 1 - row : row) * from.width +
                           (fromRight ? from.width - 1 - column : column);
      std::memcpy(target, image.pixels.data() + pixel * from.channels, from.channels);
    }
  return result;
}

Status Orienter::visit(SourceSample &sample) {
  if (sample.info.encoding == Encoding::raw)
    return {};
  const Orientation orientation = orientationOf(sample.payload);
  if (orientation == Orientation::upright)
    return {};
  ++foundCount;
  if (!apply)
    return {};
  const bool isJpeg = sample.info.encoding == Encoding::jpeg;
  if (isJpeg)
    if (std::optional<Bytes> blocks = turnBlocks(sample.payload, orientation)) {
      sample.payload = std::move(*blocks);
      return describeImage(sample);
    }
  Result<Image> image = decodeImage(sample.info, sample.payload, sample.info.channels);
  if (!image)
    return std::move(image).status();
  Result<Bytes> bytes = encodePng(turned(*image, orientation));
  if (!bytes)
    return std::move(bytes).status();
  sample.payload = std::move(*bytes);
  repackedCount += isJpeg ? 1 : 0;
  return describeImage(sample);
}

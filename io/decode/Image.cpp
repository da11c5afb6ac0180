//===- Image.cpp - from a stored payload to pixels ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/decode/Image.h"

#include <cstring>

using namespace fanfold;
using namespace fanfold::io;

namespace {

bool beginsWith(ByteView file, std::initializer_list<uint8_t> signature) {
  return file.size >= signature.size() &&
         std::memcmp(file.data, signature.begin(), signature.size()) == 0;
}

/// A decoded image is refused by its header before memory is asked for.
Status checkShape(const ImageShape &shape) {
  const uint64_t bytes = uint64_t(shape.height) * shape.width * shape.channels;
  if (bytes == 0 || bytes > format::maxPayloadBytes)
    return Status::error("image of {} has {} bytes, expected 1 to {}", toString(shape), bytes,
                         format::maxPayloadBytes);
  return {};
}

} // namespace

std::optional<Encoding> io::encodingOf(ByteView file) {
  if (beginsWith(file, {0xff, 0xd8, 0xff}))
    return Encoding::jpeg;
  if (beginsWith(file, {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}))
    return Encoding::png;
  return std::nullopt;
}

Result<ImageProbe> io::probeImage(ByteView file) {
  const std::optional<Encoding> encoding = encodingOf(file);
  if (!encoding)
    return Status::error(file.size == 0 ? "empty file, expected a JPEG or PNG image"
                                        : "not a JPEG or PNG image");
  ImageProbe probe;
  probe.encoding = *encoding;
  Result<ImageShape> shape = probe.encoding == Encoding::jpeg ? probeJpeg(file) : probePng(file);
  if (!shape)
    return std::move(shape).status();
  probe.shape = *shape;
  FANFOLD_RETURN_IF_ERROR(checkShape(probe.shape));
  return probe;
}

Result<Image> io::decodeImage(const SampleInfo &info, ByteView payload, uint32_t channels) {
  const ImageShape stored{info.height, info.width, info.channels};
  FANFOLD_RETURN_IF_ERROR(checkShape(stored));
  const bool widens = info.encoding != Encoding::raw && stored.channels == 1 && channels == 3;
  if (stored.channels != channels && !widens)
    return Status::error("image is {}, expected {} channels", toString(stored), channels);

  switch (info.encoding) {
  case Encoding::raw: {
    const uint64_t expected = uint64_t(stored.height) * stored.width * stored.channels;
    if (payload.size != expected)
      return Status::error("raw image of {} has {} bytes, expected {}", toString(stored),
                           payload.size, expected);
    return Image{stored, Bytes(payload.data, payload.data + payload.size)};
  }
  case Encoding::jpeg:
    return decodeJpeg(payload, channels);
  case Encoding::png:
    return decodePng(payload, channels);
  case Encoding::json:
    break;
  }
  return Status::error("found a sample of encoding {}, expected an image",
                       encodingName(info.encoding));
}

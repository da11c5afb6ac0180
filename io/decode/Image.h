//===- Image.h - from a stored payload to pixels --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Codecs of the encodings that chunks hold. An import only looks at headers
// (probeImage); pixels are decoded when a batch needs them (decodeImage).
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_DECODE_IMAGE_H
#define FANFOLD_IO_DECODE_IMAGE_H

#include "io/Chunk.h"
#include "io/Dataset.h"
#include "runtime/Status.h"

#include <cstdint>
#include <optional>

namespace fanfold::io {

/// Pixels as u8, height x width x channels, row-major without padding.
struct Image {
  ImageShape shape;
  Bytes pixels;
};

/// What the first bytes of a file say.
struct ImageProbe {
  Encoding encoding = Encoding::jpeg;
  ImageShape shape; ///< As decoding would give it: 1 channel for grey, else 3.
};

/// What the first eight bytes of a file say it is; nothing if it is no JPEG or PNG.
std::optional<Encoding> encodingOf(ByteView file);

/// Recognises a JPEG or PNG file by its content, whatever its name is, and reads
/// its header.
Result<ImageProbe> probeImage(ByteView file);

/// Decodes a payload to `channels` channels: to the values that PIL's convert("RGB")
/// or, of grey images, convert("L") gives. A grey JPEG or PNG widens to three
/// channels, because photo collections mix both; any other difference is a
/// failure. io/README.md says what becomes of gamma, profiles, transparency, depth
/// and ink. A file whose pixels end early is a failure, not a grey area.
Result<Image> decodeImage(const SampleInfo &info, ByteView payload, uint32_t channels);

// The codecs that the two functions above choose from.

Result<ImageShape> probeJpeg(ByteView file);
Result<Image> decodeJpeg(ByteView file, uint32_t channels);
Result<ImageShape> probePng(ByteView file);
Result<Image> decodePng(ByteView file, uint32_t channels);

} // namespace fanfold::io

#endif // FANFOLD_IO_DECODE_IMAGE_H

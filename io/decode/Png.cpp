//===- Png.cpp - PNG by libpng --------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/decode/Image.h"

#include <png.h>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// The library's simplified reader, which never leaves by longjmp.
class Reader {
public:
  explicit Reader(ByteView file) {
    image.version = PNG_IMAGE_VERSION;
    good = png_image_begin_read_from_memory(&image, file.data, file.size) != 0;
  }
  ~Reader() { png_image_free(&image); }
  Reader(const Reader &) = delete;
  Reader &operator=(const Reader &) = delete;

  Status status() const {
    if (good)
      return {};
    return Status::error("damaged PNG: {}", image.message);
  }
  ImageShape shape() const {
    return {image.height, image.width, image.format & PNG_FORMAT_FLAG_COLOR ? 3u : 1u};
  }
  void read(uint32_t channels, uint8_t *pixels) {
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    const png_color black = {0, 0, 0};
    good = png_image_finish_read(&image, &black, pixels, 0, nullptr) != 0;
  }

private:
  png_image image = {};
  bool good = false;
};

} // namespace

Result<ImageShape> io::probePng(ByteView file) {
  Reader reader(file);
  FANFOLD_RETURN_IF_ERROR(reader.status());
  return reader.shape();
}

Result<Image> io::decodePng(ByteView file, uint32_t channels) {
  Reader reader(file);
  FANFOLD_RETURN_IF_ERROR(reader.status());
  Image image;
  image.shape = reader.shape();
  image.shape.channels = channels;
  image.pixels.resize(size_t(image.shape.height) * image.shape.width * channels);
  reader.read(channels, image.pixels.data());
  FANFOLD_RETURN_IF_ERROR(reader.status());
  return image;
}

//===- Png.cpp - PNG by libpng --------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The library's full interface and not its simplified one, which lays colours out
// anew by gAMA, sRGB and iCCP and takes 16-bit values for linear light. Errors are
// calls that must not return and are left by longjmp: nothing with a destructor
// lives in the frames that are skipped.
//
//===----------------------------------------------------------------------===//

#include "io/decode/Image.h"

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <png.h>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// One pass over a file, and what the library said on the way.
struct PngJob {
  png_structp png = nullptr;
  png_infop info = nullptr;
  ByteView rest; ///< What the library has not read yet.
  char message[128] = "out of memory";
  ImageShape shape;

  ~PngJob() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void leave(png_structp png, png_const_charp message) {
  PngJob *job = static_cast<PngJob *>(png_get_error_ptr(png));
  std::strncpy(job->message, message, sizeof(job->message) - 1);
  png_longjmp(png, 1);
}

/// Warnings are about chunks that have no influence on the pixels.
void ignore(png_structp /*png*/, png_const_charp /*message*/) {}

void readBytes(png_structp png, png_bytep target, size_t size) {
  ByteView &rest = static_cast<PngJob *>(png_get_io_ptr(png))->rest;
  if (size > rest.size)
    png_error(png, "it ends early");
  std::copy(rest.data, rest.data + size, target);
  rest = ByteView(rest.data + size, rest.size - size);
}

/// Reads up to the first pixels; fails with a message in the job.
bool readHeader(PngJob &job, ByteView file) {
  job.rest = file;
  job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, leave, ignore);
  job.info = job.png ? png_create_info_struct(job.png) : nullptr;
  if (!job.info)
    return false;
  if (setjmp(png_jmpbuf(job.png)))
    return false;
  png_set_read_fn(job.png, &job, readBytes);
  png_read_info(job.png, job.info);
  const bool colour = png_get_color_type(job.png, job.info) & PNG_COLOR_MASK_COLOR;
  job.shape = {png_get_image_height(job.png, job.info), png_get_image_width(job.png, job.info),
               colour ? 3u : 1u};
  return true;
}

/// Decodes into `rows`, each of width x channels bytes.
bool readPixels(PngJob &job, uint32_t channels, uint8_t **rows) {
  if (setjmp(png_jmpbuf(job.png)))
    return false;
  png_set_scale_16(job.png); // v / 257, rounded.
  png_set_expand(job.png);   // Palettes, and 1, 2 and 4 bits, to the whole range of 8.
  png_set_strip_alpha(job.png);
  if (channels == 3)
    png_set_gray_to_rgb(job.png);
  png_set_interlace_handling(job.png);
  png_read_update_info(job.png, job.info);
  if (png_get_rowbytes(job.png, job.info) != size_t(job.shape.width) * channels)
    png_error(job.png, "its rows have another size than its header says");
  png_read_image(job.png, rows);
  return true;
}

} // namespace

Result<ImageShape> io::probePng(ByteView file) {
  PngJob job;
  if (!readHeader(job, file))
    return Status::error("damaged PNG: {}", job.message);
  return job.shape;
}

Result<Image> io::decodePng(ByteView file, uint32_t channels) {
  PngJob job;
  if (!readHeader(job, file))
    return Status::error("damaged PNG: {}", job.message);
  if (channels < job.shape.channels)
    return Status::error("PNG is {}, expected {} channels", toString(job.shape), channels);
  Image image;
  image.shape = {job.shape.height, job.shape.width, channels};
  const size_t stride = size_t(image.shape.width) * channels;
  image.pixels.resize(image.shape.height * stride);
  std::vector<uint8_t *> rows(image.shape.height);
  for (size_t y = 0; y < rows.size(); ++y)
    rows[y] = image.pixels.data() + y * stride;
  if (!readPixels(job, channels, rows.data()))
    return Status::error("damaged PNG: {}", job.message);
  return image;
}

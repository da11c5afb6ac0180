//===- Jpeg.cpp - JPEG by libjpeg-turbo -----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The library reports errors by a call that must not return, so it is left by
// longjmp. Nothing with a destructor lives in the frames that are skipped: the
// pixels belong to the caller of run().
//
//===----------------------------------------------------------------------===//

#include "io/decode/Image.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>

// Both need <cstdio> before them.
#include <jerror.h>
#include <jpeglib.h>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// One pass over a file, and what the library said on the way.
struct JpegJob {
  jpeg_error_mgr manager; // First, so that the library's pointer is ours.
  jpeg_decompress_struct state;
  jmp_buf failed;
  char message[JMSG_LENGTH_MAX] = {0};
  ImageShape shape;
};

JpegJob *jobOf(j_common_ptr state) { return reinterpret_cast<JpegJob *>(state->err); }

[[noreturn]] void leave(j_common_ptr state) {
  JpegJob *job = jobOf(state);
  (*state->err->format_message)(state, job->message);
  std::longjmp(job->failed, 1);
}

/// Most warnings are about stray bytes that do no harm. Pixels that end early
/// would be filled with grey: that is an error here.
void warn(j_common_ptr state, int level) {
  if (level < 0 &&
      (state->err->msg_code == JWRN_JPEG_EOF || state->err->msg_code == JWRN_HIT_MARKER))
    leave(state);
}

void start(JpegJob &job, ByteView file) {
  job.state.err = jpeg_std_error(&job.manager);
  job.manager.error_exit = leave;
  job.manager.emit_message = warn;
  jpeg_create_decompress(&job.state);
  jpeg_mem_src(&job.state, file.data, file.size);
  jpeg_read_header(&job.state, TRUE);
  // Four components are ink (CMYK, YCCK); they become RGB below.
  job.shape = {job.state.image_height, job.state.image_width,
               job.state.num_components == 1 ? 1u : 3u};
}

/// Reads the header; fails with a message in the job.
bool readHeader(JpegJob &job, ByteView file) {
  job.state = {};
  if (setjmp(job.failed)) {
    jpeg_destroy_decompress(&job.state);
    return false;
  }
  start(job, file);
  jpeg_destroy_decompress(&job.state);
  return true;
}

/// Ink as photo editors write it: inverted, so that 255 is no ink. Files without
/// the marker of such an editor are read no differently, as PIL does, and with its
/// arithmetic.
void inkToRgb(uint8_t *row, uint32_t width) {
  for (uint32_t x = 0; x < width; ++x) {
    const uint8_t *ink = row + 4 * size_t(x);
    const uint32_t light = ink[3];
    uint8_t rgb[3];
    for (int c = 0; c < 3; ++c) {
      const uint32_t product = (255u - ink[c]) * light + 128;
      rgb[c] = static_cast<uint8_t>(light - ((product + (product >> 8)) >> 8));
    }
    // Never ahead of what is still to be read.
    for (int c = 0; c < 3; ++c)
      row[3 * size_t(x) + c] = rgb[c];
  }
}

/// Decodes into `pixels` (of the size that readHeader found, times channels);
/// `inkRow` has room for one row of four components.
bool readPixels(JpegJob &job, ByteView file, uint32_t channels, uint8_t *pixels, uint8_t *inkRow) {
  job.state = {};
  if (setjmp(job.failed)) {
    jpeg_destroy_decompress(&job.state);
    return false;
  }
  start(job, file);
  const bool ink = job.state.num_components == 4;
  job.state.out_color_space = ink ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  job.state.dct_method = JDCT_ISLOW; // The same bits with and without SIMD.
  jpeg_start_decompress(&job.state);
  const size_t stride = size_t(job.shape.width) * channels;
  while (job.state.output_scanline < job.state.output_height) {
    uint8_t *target = pixels + job.state.output_scanline * stride;
    JSAMPROW row = ink ? inkRow : target;
    if (jpeg_read_scanlines(&job.state, &row, 1) == 1 && ink) {
      inkToRgb(inkRow, job.shape.width);
      std::copy(inkRow, inkRow + stride, target);
    }
  }
  jpeg_finish_decompress(&job.state);
  jpeg_destroy_decompress(&job.state);
  return true;
}

} // namespace

Result<ImageShape> io::probeJpeg(ByteView file) {
  JpegJob job;
  if (!readHeader(job, file))
    return Status::error("damaged JPEG: {}", job.message);
  if (const int found = job.state.num_components; found != 1 && found != 3 && found != 4)
    return Status::error("JPEG of {} components, expected 1, 3 or 4", found);
  return job.shape;
}

Result<Image> io::decodeJpeg(ByteView file, uint32_t channels) {
  Result<ImageShape> shape = probeJpeg(file);
  if (!shape)
    return std::move(shape).status();
  Image image;
  image.shape = {shape->height, shape->width, channels};
  image.pixels.resize(size_t(shape->height) * shape->width * channels);
  Bytes inkRow(4 * size_t(shape->width));
  JpegJob job;
  if (!readPixels(job, file, channels, image.pixels.data(), inkRow.data()))
    return Status::error("damaged JPEG: {}", job.message);
  return image;
}

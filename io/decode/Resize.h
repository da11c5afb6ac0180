//===- Resize.h - bilinear resizing ---------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Resizing with a triangle filter whose support grows when the image shrinks, so
// that no pixel is skipped (what PIL calls bilinear). Integers throughout: the
// same bits on every machine.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_DECODE_RESIZE_H
#define FANFOLD_IO_DECODE_RESIZE_H

#include "io/decode/Image.h"

#include <cstdint>

namespace fanfold::io {

/// A rectangle of pixels.
struct Box {
  uint32_t top = 0;
  uint32_t left = 0;
  uint32_t height = 0;
  uint32_t width = 0;
};

/// Resizes `box` of `image` to height x width. The box must lie inside the image
/// and not be empty; pixels outside it have no influence.
Image resize(const Image &image, const Box &box, uint32_t height, uint32_t width);

} // namespace fanfold::io

#endif // FANFOLD_IO_DECODE_RESIZE_H

//===- Orient.h - turning photos upright ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A camera that is held upright stores the picture lying and writes into the file's
// EXIF data how to turn it. Decoders of training pipelines do not look there, and
// neither does Fanfold's; an import may turn the picture itself.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_IMPORT_ORIENT_H
#define FANFOLD_IO_IMPORT_ORIENT_H

#include "io/decode/Image.h"
#include "io/import/Source.h"
#include "runtime/Status.h"

#include <cstdint>

namespace fanfold::io {

/// The values of the EXIF tag. The name says what brings the picture upright.
enum class Orientation : uint8_t {
  upright = 1,
  mirror, ///< Left becomes right.
  halfTurn,
  flip,       ///< Top becomes bottom.
  transpose,  ///< Rows become columns.
  turnRight,  ///< A quarter, clockwise.
  transverse, ///< About the other diagonal.
  turnLeft,
};

/// What the EXIF data of a JPEG or PNG say; upright if it has none, or none that make
/// sense.
Orientation orientationOf(ByteView file);

/// The pixels after the turn.
Image turned(const Image &image, Orientation orientation);

/// Looks at the samples of an import, and turns them if it is told to.
class Orienter {
public:
  explicit Orienter(bool apply) : apply(apply) {}

  /// A JPEG stays one, without loss, if its size is a multiple of its blocks where the
  /// turn needs it; else it becomes a PNG of the turned pixels, without loss as well.
  /// Other marks of the file (colour profile, comments) are not kept.
  Status visit(SourceSample &sample);

  bool applies() const { return apply; }
  /// Samples that are not upright.
  uint64_t found() const { return foundCount; }
  /// Those of them that became PNG files and were none.
  uint64_t repacked() const { return repackedCount; }

private:
  bool apply;
  uint64_t foundCount = 0;
  uint64_t repackedCount = 0;
};

} // namespace fanfold::io

#endif // FANFOLD_IO_IMPORT_ORIENT_H

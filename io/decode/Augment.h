//===- Augment.h - from a decoded image to one of a batch -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a model's recipe asks for. Every choice is a function of the sample's
// seed, so that it depends neither on threads nor on what was drawn before.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_DECODE_AUGMENT_H
#define FANFOLD_IO_DECODE_AUGMENT_H

#include "io/decode/Image.h"
#include "io/decode/Resize.h"
#include "runtime/DataSource.h"

#include <cstdint>

namespace fanfold::io {

/// The seed of one sample in one epoch; `sample` counts in stored order.
uint64_t sampleSeed(uint64_t seed, int64_t epoch, uint64_t sample);

/// The part of an image that becomes the batch's, before it is resized:
///   training with resizedCrop: 8 to 100% of the area, aspect 3/4 to 4/3, as in
///     the training of ImageNet; ten attempts, then the largest box that fits;
///   evaluation with resizedCrop: the largest centred box of the format's aspect,
///     shrunk to 7/8 (224 of 256);
///   else: the largest centred box of the format's aspect.
Box chooseBox(const ImageShape &image, const BatchFormat &format, uint64_t seed);

/// Cuts, resizes and, in training, shifts by up to cropPadding pixels (what comes
/// in from outside is zero) and mirrors. Writes height x width x channels of the
/// format to `target`. The image must have the format's channels.
void prepareImage(const Image &image, const BatchFormat &format, uint64_t seed, uint8_t *target);

} // namespace fanfold::io

#endif // FANFOLD_IO_DECODE_AUGMENT_H

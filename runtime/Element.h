//===- Element.h - elements of tensors as numbers -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The few places of the runtime that look at single elements (first values,
// the search for NaN) work in double precision through these two functions.
// Conversions to f16 and bf16 round to nearest, ties to even.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_ELEMENT_H
#define FANFOLD_RUNTIME_ELEMENT_H

#include "runtime/Program.h"

#include <cstddef>

namespace fanfold {

/// "f32"; as MLIR prints the type.
const char *elementTypeName(ElementType type);

/// Element `index` of the array at `data`.
double loadElement(ElementType type, const std::byte *data, size_t index);

/// Sets element `index` of the array at `data`. A value that the type cannot
/// hold becomes infinite (floats) or the nearest the type can hold (integers).
void storeElement(ElementType type, std::byte *data, size_t index, double value);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_ELEMENT_H

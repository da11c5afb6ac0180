//===- NonFinite.cpp - the launch that made the first NaN -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/NonFinite.h"
#include "runtime/Element.h"
#include "runtime/Session.h"
#include "runtime/Text.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace fanfold;

Result<std::optional<NonFiniteElement>> fanfold::findNonFinite(Device &device,
                                                               const LaunchOutput &range) {
  if (range.type == ElementType::u8 || range.type == ElementType::i32)
    return std::optional<NonFiniteElement>();
  // Elements one behind the other are rows of one element.
  const size_t elementBytes = byteSize(range.type);
  const size_t rowBytes = range.rowBytes ? range.rowBytes : elementBytes;
  const size_t pitch = range.rowBytes ? range.pitch : elementBytes;
  const size_t rows = range.bytes / rowBytes, perRow = rowBytes / elementBytes;
  // Whole rows, with what lies between them: many reads would take longer.
  const size_t step = std::max<size_t>(1, pieceBytes / pitch);
  std::vector<std::byte> piece(std::min(step, rows) * pitch);
  for (size_t begin = 0; begin < rows; begin += step) {
    const size_t count = std::min(step, rows - begin);
    FANFOLD_RETURN_IF_ERROR(
        device.read(range.offset + begin * pitch, piece.data(), (count - 1) * pitch + rowBytes));
    for (size_t row = 0; row < count; ++row)
      for (size_t i = 0; i < perRow; ++i)
        if (double value = loadElement(range.type, piece.data() + row * pitch, i);
            !std::isfinite(value))
          return std::optional(NonFiniteElement{(begin + row) * perRow + i, value});
  }
  return std::optional<NonFiniteElement>();
}

Result<std::optional<std::string>> fanfold::findDamage(Device &device, const Program &program) {
  for (const Variable &variable : program.variables) {
    if (!inCheckpoint(variable.role))
      continue;
    Result<std::optional<NonFiniteElement>> bad =
        findNonFinite(device, {variable.offset, variable.bytes, variable.type});
    if (!bad)
      return std::move(bad).status();
    if (*bad)
      return std::optional(fmt::format("{} has {} at element {}", variable.name,
                                       formatNumber((*bad)->value), (*bad)->index));
  }
  return std::optional<std::string>();
}

void NonFiniteSearch::beforeLaunch(StepContext &, size_t index) {
  // Whoever comes before launch `index` comes after the one before it.
  if (index > 0 && !first && failure.ok())
    inspect(index - 1);
}

void NonFiniteSearch::inspect(size_t launch) {
  const Span<LaunchOutput> &outputs = step.launches[launch].outputs;
  for (size_t output = 0; output < outputs.size; ++output) {
    const LaunchOutput &range = outputs[output];
    Result<std::optional<NonFiniteElement>> element = findNonFinite(device, range);
    if (!element) {
      failure = std::move(element).status();
      return;
    }
    if (*element) {
      first = {launch, output, **element};
      return;
    }
  }
}

std::string NonFiniteSearch::description() const {
  return fmt::format("{}, wrote {} at element {}", describeLaunch(step, first->launch),
                     formatNumber(first->element.value), first->element.index);
}

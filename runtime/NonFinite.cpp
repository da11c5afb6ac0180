//===- NonFinite.cpp - the launch that made the first NaN -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/NonFinite.h"
#include "runtime/Element.h"
#include "runtime/Text.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace fanfold;

static constexpr size_t pieceBytes = size_t{1} << 20;

Result<std::optional<NonFiniteElement>> fanfold::findNonFinite(Device &device, size_t offset,
                                                               size_t bytes, ElementType type) {
  if (type == ElementType::u8 || type == ElementType::i32)
    return std::optional<NonFiniteElement>();
  std::vector<std::byte> piece(std::min(pieceBytes, bytes));
  for (size_t begin = 0; begin < bytes; begin += pieceBytes) {
    size_t count = std::min(pieceBytes, bytes - begin);
    FANFOLD_RETURN_IF_ERROR(device.read(offset + begin, piece.data(), count));
    for (size_t i = 0; i < count / byteSize(type); ++i)
      if (double value = loadElement(type, piece.data(), i); !std::isfinite(value))
        return std::optional(NonFiniteElement{begin / byteSize(type) + i, value});
  }
  return std::optional<NonFiniteElement>();
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
    Result<std::optional<NonFiniteElement>> element =
        findNonFinite(device, range.offset, range.bytes, range.type);
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

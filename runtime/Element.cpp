//===- Element.cpp - elements of tensors as numbers -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Element.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace fanfold;

namespace {

template <typename T>
T load(const std::byte *data, size_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void store(std::byte *data, size_t index, T value) {
  std::memcpy(data + index * sizeof(T), &value, sizeof(T));
}

template <typename T>
T clampTo(double value) {
  if (std::isnan(value))
    return 0;
  return static_cast<T>(std::clamp<double>(std::nearbyint(value), std::numeric_limits<T>::min(),
                                           std::numeric_limits<T>::max()));
}

/// A binary format of 16 bits: sign, exponent, mantissa.
struct SmallFloat {
  int exponentBits;
  int mantissaBits;

  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  int exponentMask() const { return (1 << exponentBits) - 1; }

  double decode(uint16_t bits) const {
    int exponent = (bits >> mantissaBits) & exponentMask();
    int mantissa = bits & ((1 << mantissaBits) - 1);
    double magnitude;
    if (exponent == exponentMask())
      magnitude = mantissa ? std::numeric_limits<double>::quiet_NaN()
                           : std::numeric_limits<double>::infinity();
    else if (exponent == 0)
      magnitude = std::ldexp(mantissa, 1 - bias() - mantissaBits);
    else
      magnitude = std::ldexp(mantissa + (1 << mantissaBits), exponent - bias() - mantissaBits);
    return bits & 0x8000 ? -magnitude : magnitude;
  }

  uint16_t encode(double value) const {
    uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    uint16_t infinity = static_cast<uint16_t>(exponentMask() << mantissaBits);
    if (std::isnan(value))
      return static_cast<uint16_t>(sign | infinity | (1 << (mantissaBits - 1)));
    double magnitude = std::fabs(value);
    if (std::isinf(magnitude))
      return sign | infinity;
    if (magnitude == 0)
      return sign;
    // The unit of the last place, then the value as a whole number of units. A
    // mantissa that rounds up to the next power of two carries into the exponent
    // of the sum below, which is what it should do.
    int exponent = std::max(std::ilogb(magnitude), 1 - bias());
    auto units =
        static_cast<int64_t>(std::nearbyint(std::ldexp(magnitude, mantissaBits - exponent)));
    int64_t bits = units + (static_cast<int64_t>(exponent + bias() - 1) << mantissaBits);
    return static_cast<uint16_t>(sign | std::min<int64_t>(bits, infinity));
  }
};

constexpr SmallFloat halfFormat = {5, 10};
constexpr SmallFloat brainFormat = {8, 7};

} // namespace

const char *fanfold::elementTypeName(ElementType type) {
  switch (type) {
  case ElementType::u8:
    return "u8";
  case ElementType::i32:
    return "i32";
  case ElementType::f16:
    return "f16";
  case ElementType::bf16:
    return "bf16";
  case ElementType::f32:
    return "f32";
  case ElementType::f64:
    return "f64";
  }
  return "unknown";
}

double fanfold::loadElement(ElementType type, const std::byte *data, size_t index) {
  switch (type) {
  case ElementType::u8:
    return load<uint8_t>(data, index);
  case ElementType::i32:
    return load<int32_t>(data, index);
  case ElementType::f16:
    return halfFormat.decode(load<uint16_t>(data, index));
  case ElementType::bf16:
    return brainFormat.decode(load<uint16_t>(data, index));
  case ElementType::f32:
    return load<float>(data, index);
  case ElementType::f64:
    return load<double>(data, index);
  }
  return 0;
}

void fanfold::storeElement(ElementType type, std::byte *data, size_t index, double value) {
  switch (type) {
  case ElementType::u8:
    return store(data, index, clampTo<uint8_t>(value));
  case ElementType::i32:
    return store(data, index, clampTo<int32_t>(value));
  case ElementType::f16:
    return store(data, index, halfFormat.encode(value));
  case ElementType::bf16:
    return store(data, index, brainFormat.encode(value));
  case ElementType::f32:
    return store(data, index, static_cast<float>(value));
  case ElementType::f64:
    return store(data, index, value);
  }
}

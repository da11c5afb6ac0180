//===- Names.cpp - names as bytes and as text -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Names.h"

#include "io/ChunkFormat.h"

#include <cstdint>

using namespace fanfold;
using namespace fanfold::io;

namespace {

struct Character {
  size_t bytes = 1;
  bool isText = false; ///< Well-formed UTF-8 and no control character.
};

Character characterAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const uint8_t first = byte(0);
  if (first < 0x80)
    return {1, first >= 0x20 && first != 0x7f};
  const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + bytes > text.size())
    return {};
  uint32_t code = first & (0x7fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80)
      return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    return {};
  return {bytes, code >= 0xa0}; // Control characters end at U+009F.
}

} // namespace

std::string io::printable(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const Character character = characterAt(text, at);
    for (size_t i = 0; i < character.bytes; ++i, ++at)
      if (character.isText)
        result += text[at];
      else
        result += fmt::format("\\x{:02x}", static_cast<uint8_t>(text[at]));
  }
  return result;
}

Status io::checkName(const char *what, std::string_view name) {
  if (name.empty())
    return Status::error("{} with an empty name", what);
  if (name.size() > format::maxNameBytes)
    return Status::error("{} with a name of {} bytes, expected at most {}", what, name.size(),
                         format::maxNameBytes);
  if (const std::string shown = printable(name); shown != name)
    return Status::error("{} '{}': expected a name in UTF-8 without control characters", what,
                         shown);
  return {};
}

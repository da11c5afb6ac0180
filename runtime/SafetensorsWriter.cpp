//===- SafetensorsWriter.cpp - writing tensors by name --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Safetensors.h"

#include <nlohmann/json.hpp>

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <memory>

using namespace fanfold;

namespace {

constexpr const char *noChecksum = "0000000000000000";

/// Length prefix and header, with zeros for a checksum.
std::string makeHeader(const SafetensorsMetadata &metadata,
                       const std::vector<SafetensorsSource> &tensors) {
  // Keeps the order of tensors, which nlohmann::json would sort.
  nlohmann::ordered_json json;
  nlohmann::ordered_json &strings = json["__metadata__"];
  strings["xxh3"] = noChecksum;
  for (const auto &[key, value] : metadata)
    strings[key] = value;
  size_t offset = 0;
  for (const SafetensorsSource &tensor : tensors) {
    assert(!json.contains(tensor.name) && "two tensors of one name");
    json[tensor.name] = {{"dtype", safetensorsTypeName(tensor.type)},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, offset + tensor.bytes}}};
    offset += tensor.bytes;
  }
  // Names and values that are not UTF-8 lose the offending bytes rather than the file.
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  // Data that starts at a multiple of 64 can be mapped and used in place.
  text.resize((text.size() + 8 + 63) / 64 * 64 - 8, ' ');

  std::string header;
  for (int byte = 0; byte < 8; ++byte)
    header += static_cast<char>(text.size() >> (8 * byte));
  return header + text;
}

/// Hands the bytes of all tensors to `sink`, piece by piece.
Status forEachPiece(const std::vector<SafetensorsSource> &tensors,
                    const std::function<Status(const char *, size_t)> &sink) {
  std::vector<char> piece(pieceBytes);
  for (const SafetensorsSource &tensor : tensors)
    for (size_t begin = 0; begin < tensor.bytes; begin += pieceBytes) {
      size_t bytes = std::min(pieceBytes, tensor.bytes - begin);
      FANFOLD_RETURN_IF_ERROR(tensor.read(begin, piece.data(), bytes));
      FANFOLD_RETURN_IF_ERROR(sink(piece.data(), bytes));
    }
  return {};
}

} // namespace

size_t fanfold::safetensorsFileBytes(const SafetensorsMetadata &metadata,
                                     const std::vector<SafetensorsSource> &tensors) {
  size_t bytes = makeHeader(metadata, tensors).size();
  for (const SafetensorsSource &tensor : tensors)
    bytes += tensor.bytes;
  return bytes;
}

Status fanfold::writeSafetensors(const std::string &path, const SafetensorsMetadata &metadata,
                                 const std::vector<SafetensorsSource> &tensors) {
  std::string header = makeHeader(metadata, tensors);

  // The checksum stands before the data it covers, hence a pass of its own.
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                 XXH3_freeState);
  XXH3_64bits_reset(state.get());
  XXH3_64bits_update(state.get(), header.data() + 8, header.size() - 8);
  FANFOLD_RETURN_IF_ERROR(forEachPiece(tensors, [&](const char *data, size_t bytes) {
    XXH3_64bits_update(state.get(), data, bytes);
    return Status();
  }));
  std::string digits = fmt::format("{:016x}", XXH3_64bits_digest(state.get()));
  header.replace(header.find(noChecksum), digits.size(), digits);

  size_t bytes = header.size();
  for (const SafetensorsSource &tensor : tensors)
    bytes += tensor.bytes;
  return writeFileAtomically(path, bytes, [&](const FileDescriptor &file) {
    FANFOLD_RETURN_IF_ERROR(writeAll(file, header.data(), header.size()));
    return forEachPiece(
        tensors, [&](const char *data, size_t bytes) { return writeAll(file, data, bytes); });
  });
}

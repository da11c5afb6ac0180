//===- SafetensorsReader.cpp - reading tensors by name ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Safetensors.h"

#include <nlohmann/json.hpp>

#include <xxhash.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <set>

using namespace fanfold;
using nlohmann::json;

namespace {

/// The format's own bound. It keeps a hostile length from costing memory.
constexpr size_t maxHeaderBytes = 100'000'000;
constexpr size_t checksumDigits = 16;
constexpr const char *metadataKey = "__metadata__";

/// Bytes of one element; 0 for a type that the format does not define.
size_t bytesOfType(const std::string &type) {
  static const std::map<std::string, size_t> sizes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
      {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8}};
  auto found = sizes.find(type);
  return found == sizes.end() ? 0 : found->second;
}

bool multiply(size_t &product, size_t factor) {
  return !__builtin_mul_overflow(product, factor, &product);
}

/// The header's JSON. A name that occurs twice is refused: two readers could
/// see two different tensors.
Result<json> parseStrictly(const std::string &text) {
  std::set<std::string> seen;
  std::string duplicate;
  auto watch = [&](int depth, json::parse_event_t event, json &parsed) {
    if (event == json::parse_event_t::key && depth == 1)
      if (!seen.insert(parsed.get<std::string>()).second && duplicate.empty())
        duplicate = parsed.get<std::string>();
    return true;
  };
  json header = json::parse(text, watch, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object())
    return Status::error("header is not a JSON object");
  if (!duplicate.empty())
    return Status::error("tensor {} is listed twice", duplicate);
  return header;
}

/// An array of whole numbers that are not negative.
std::optional<std::vector<size_t>> sizesIn(const json &entry, const char *key) {
  auto found = entry.find(key);
  if (found == entry.end() || !found->is_array())
    return std::nullopt;
  std::vector<size_t> sizes;
  for (const json &number : *found) {
    if (!number.is_number_unsigned())
      return std::nullopt;
    sizes.push_back(number.get<size_t>());
  }
  return sizes;
}

Result<SafetensorsFile::Tensor> parseTensor(const std::string &name, const json &entry,
                                            size_t dataBytes) {
  if (!entry.is_object())
    return Status::error("tensor {}: entry is not an object", name);
  auto type = entry.find("dtype");
  if (type == entry.end() || !type->is_string())
    return Status::error("tensor {}: dtype is missing", name);
  SafetensorsFile::Tensor tensor{name, type->get<std::string>(), {}, 0, 0};
  size_t expected = bytesOfType(tensor.type);
  if (expected == 0)
    return Status::error("tensor {}: unknown dtype {}", name, tensor.type);

  std::optional<std::vector<size_t>> shape = sizesIn(entry, "shape");
  if (!shape)
    return Status::error("tensor {}: shape is not a list of sizes", name);
  for (size_t extent : *shape) {
    if (extent > static_cast<size_t>(std::numeric_limits<int64_t>::max()) ||
        !multiply(expected, extent))
      return Status::error("tensor {}: shape is too large", name);
    tensor.shape.push_back(static_cast<int64_t>(extent));
  }

  std::optional<std::vector<size_t>> range = sizesIn(entry, "data_offsets");
  if (!range || range->size() != 2 || (*range)[0] > (*range)[1])
    return Status::error("tensor {}: data_offsets is not a range", name);
  if ((*range)[1] > dataBytes)
    return Status::error("tensor {}: data ends at byte {}, the file has {} bytes of data "
                         "(truncated?)",
                         name, (*range)[1], dataBytes);
  tensor.offset = (*range)[0];
  tensor.bytes = (*range)[1] - (*range)[0];
  if (tensor.bytes != expected)
    return Status::error("tensor {}: {} bytes of data, expected {} for {}", name, tensor.bytes,
                         expected, tensor.description());
  return tensor;
}

} // namespace

const char *fanfold::safetensorsTypeName(ElementType type) {
  switch (type) {
  case ElementType::u8:
    return "U8";
  case ElementType::i32:
    return "I32";
  case ElementType::f16:
    return "F16";
  case ElementType::bf16:
    return "BF16";
  case ElementType::f32:
    return "F32";
  case ElementType::f64:
    return "F64";
  }
  return "";
}

std::string SafetensorsFile::Tensor::description() const {
  if (shape.empty())
    return type + " scalar";
  return fmt::format("{} {}", type, fmt::join(shape, "x"));
}

bool SafetensorsFile::Tensor::matches(ElementType wanted, Span<int64_t> extents) const {
  return type == safetensorsTypeName(wanted) &&
         std::equal(shape.begin(), shape.end(), extents.begin(), extents.end());
}

Result<SafetensorsFile> SafetensorsFile::open(const std::string &path) {
  Result<FileDescriptor> file = openForReading(path);
  if (!file)
    return std::move(file).status();
  SafetensorsFile result;
  result.filePath = path;
  result.file = std::move(*file);

  struct stat info;
  if (fstat(result.file.get(), &info) != 0)
    return Status::fromErrno(errno, "examining " + path);
  const auto fileBytes = static_cast<size_t>(info.st_size);
  if (fileBytes < 8)
    return Status::error("{}: not a safetensors file: {} bytes long", path, fileBytes);
  unsigned char prefix[8];
  FANFOLD_RETURN_IF_ERROR(readAt(result.file, 0, prefix, 8).withContext("{}", path));
  uint64_t headerBytes = 0;
  for (int byte = 7; byte >= 0; --byte)
    headerBytes = headerBytes << 8 | prefix[byte];
  if (headerBytes > maxHeaderBytes)
    return Status::error("{}: not a safetensors file: header of {} bytes, expected at most {}",
                         path, headerBytes, maxHeaderBytes);
  if (headerBytes > fileBytes - 8)
    return Status::error("{}: header of {} bytes in a file of {} bytes (truncated?)", path,
                         headerBytes, fileBytes);

  std::string header(headerBytes, '\0');
  FANFOLD_RETURN_IF_ERROR(
      readAt(result.file, 8, header.data(), headerBytes).withContext("{}", path));
  const size_t dataOffset = 8 + headerBytes;
  const size_t dataBytes = fileBytes - dataOffset;
  FANFOLD_RETURN_IF_ERROR(
      result.parseHeader(header, dataOffset, dataBytes).withContext("{}", path));
  FANFOLD_RETURN_IF_ERROR(
      result.verifyChecksum(std::move(header), dataOffset, dataBytes).withContext("{}", path));
  return result;
}

Status SafetensorsFile::parseHeader(const std::string &text, size_t dataOffset, size_t dataBytes) {
  Result<json> header = parseStrictly(text);
  if (!header)
    return std::move(header).status();
  for (const auto &[name, entry] : header->items()) {
    if (name == metadataKey) {
      if (!entry.is_object())
        return Status::error("{} is not an object", metadataKey);
      for (const auto &[key, value] : entry.items()) {
        if (!value.is_string())
          return Status::error("{} {} is not a string", metadataKey, key);
        strings[key] = value.get<std::string>();
      }
      continue;
    }
    Result<Tensor> tensor = parseTensor(name, entry, dataBytes);
    if (!tensor)
      return std::move(tensor).status();
    list.push_back(std::move(*tensor));
  }

  // Together the tensors are the data: no byte twice, none left out.
  std::sort(list.begin(), list.end(), [](const Tensor &a, const Tensor &b) {
    return std::tie(a.offset, a.bytes) < std::tie(b.offset, b.bytes);
  });
  size_t end = 0;
  for (const Tensor &tensor : list) {
    if (tensor.offset != end)
      return Status::error("tensor {}: data begins at byte {}, expected {} ({})", tensor.name,
                           tensor.offset, end, tensor.offset < end ? "overlap" : "gap");
    end = tensor.offset + tensor.bytes;
  }
  if (end != dataBytes)
    return Status::error("{} bytes of data, expected {}", dataBytes, end);

  for (Tensor &tensor : list) {
    tensor.offset += dataOffset;
    byName.emplace(tensor.name, &tensor - list.data());
  }
  return {};
}

Status SafetensorsFile::verifyChecksum(std::string header, size_t dataOffset, size_t dataBytes) {
  auto found = strings.find("xxh3");
  if (found == strings.end())
    return {};
  const std::string digits = found->second;
  const std::string spelled = "\"xxh3\":\"" + digits + "\"";
  size_t place = header.find(spelled);
  if (digits.size() != checksumDigits || place == std::string::npos)
    return Status::error("xxh3 is not {} hexadecimal digits", checksumDigits);
  header.replace(place + spelled.size() - 1 - checksumDigits, checksumDigits, checksumDigits, '0');

  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                 XXH3_freeState);
  XXH3_64bits_reset(state.get());
  XXH3_64bits_update(state.get(), header.data(), header.size());
  std::vector<char> piece(std::min(pieceBytes, dataBytes));
  for (size_t begin = 0; begin < dataBytes; begin += pieceBytes) {
    size_t bytes = std::min(pieceBytes, dataBytes - begin);
    FANFOLD_RETURN_IF_ERROR(readAt(file, dataOffset + begin, piece.data(), bytes));
    XXH3_64bits_update(state.get(), piece.data(), bytes);
  }
  std::string actual = fmt::format("{:016x}", XXH3_64bits_digest(state.get()));
  if (actual != digits)
    return Status::error("checksum mismatch: found {}, expected {}", actual, digits);
  checked = true;
  return {};
}

const SafetensorsFile::Tensor *SafetensorsFile::find(const std::string &name) const {
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : &list[found->second];
}

Status SafetensorsFile::read(const Tensor &tensor, size_t begin, void *target, size_t bytes) const {
  assert(begin <= tensor.bytes && bytes <= tensor.bytes - begin && "read beyond the tensor");
  return readAt(file, tensor.offset + begin, target, bytes).withContext("{}", filePath);
}

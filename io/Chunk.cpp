//===- Chunk.cpp - many samples in one self-describing block --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Chunk.h"

#include <xxhash.h>

#include <cassert>
#include <cstring>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::format;

namespace {

/// Little-endian integers, whatever the machine's order.
template <typename T>
void store(uint8_t *target, T value) {
  for (size_t i = 0; i < sizeof(T); ++i)
    target[i] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i));
}

template <typename T>
T load(const uint8_t *source) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<uint64_t>(source[i]) << (8 * i);
  return static_cast<T>(value);
}

/// The checksum of a header is taken with its own field zero.
uint64_t checksumOfHeader(ByteView header) {
  Bytes copy(header.data, header.data + header.size);
  store<uint64_t>(copy.data() + headerChecksum, 0);
  return XXH3_64bits(copy.data(), copy.size());
}

} // namespace

const char *io::encodingName(Encoding encoding) {
  switch (encoding) {
  case Encoding::raw:
    return "raw";
  case Encoding::jpeg:
    return "jpeg";
  case Encoding::png:
    return "png";
  case Encoding::json:
    return "json";
  }
  return "unknown";
}

std::string io::runName(uint64_t generation, const std::string &split) {
  return fmt::format("{:016x}-{}", generation, split);
}

std::string io::chunkName(const std::string &run, uint32_t ordinal) {
  return fmt::format("{}-{:06}", run, ordinal);
}

std::string io::chunkName(const ChunkIdentity &identity) {
  const bool isRecord = identity.kind == ChunkKind::record;
  return chunkName(runName(identity.generation, isRecord ? "record" : identity.split),
                   identity.ordinal);
}

void ChunkBuilder::add(const SampleInfo &info, ByteView payload) {
  assert(info.name.size() <= maxNameBytes && payload.size <= maxPayloadBytes);
  assert(entries.size() < maxEntries);
  ChunkEntry entry;
  static_cast<SampleInfo &>(entry) = info;
  entry.offset = payloads.size();
  entry.length = payload.size;
  entry.checksum = XXH3_64bits(payload.data, payload.size);
  entries.push_back(std::move(entry));
  payloads.insert(payloads.end(), payload.data, payload.data + payload.size);
}

Bytes ChunkBuilder::finish(const ChunkIdentity &identity) {
  std::string names = identity.dataset + identity.split;
  std::vector<uint32_t> nameOffsets;
  for (const ChunkEntry &entry : entries) {
    nameOffsets.push_back(static_cast<uint32_t>(names.size()));
    names += entry.name;
  }
  const uint64_t tableEnd = headerFixedBytes + entries.size() * entryBytes;
  const uint64_t headerEnd = tableEnd + names.size();

  Bytes bytes(headerEnd);
  uint8_t *header = bytes.data();
  std::memcpy(header + headerMagic, magic, sizeof(magic));
  store<uint32_t>(header + headerVersion, version);
  store<uint32_t>(header + headerKind, static_cast<uint32_t>(identity.kind));
  store<uint64_t>(header + headerGeneration, identity.generation);
  store<uint32_t>(header + headerOrdinal, identity.ordinal);
  store<uint32_t>(header + headerEntryCount, static_cast<uint32_t>(entries.size()));
  store<uint64_t>(header + headerBytes, headerEnd);
  store<uint64_t>(header + headerChunkBytes, headerEnd + payloads.size());
  store<uint16_t>(header + headerDatasetLength, static_cast<uint16_t>(identity.dataset.size()));
  store<uint16_t>(header + headerSplitLength, static_cast<uint16_t>(identity.split.size()));
  store<uint32_t>(header + headerNamesLength, static_cast<uint32_t>(names.size()));
  for (size_t i = 0; i < entries.size(); ++i) {
    const ChunkEntry &entry = entries[i];
    uint8_t *row = header + headerFixedBytes + i * entryBytes;
    store<uint64_t>(row + entryOffset, headerEnd + entry.offset);
    store<uint64_t>(row + entryLength, entry.length);
    store<uint64_t>(row + entryChecksum, entry.checksum);
    store<uint32_t>(row + entryNameOffset, nameOffsets[i]);
    store<uint16_t>(row + entryNameLength, static_cast<uint16_t>(entry.name.size()));
    store<uint8_t>(row + entryEncoding, static_cast<uint8_t>(entry.encoding));
    store<uint8_t>(row + entryChannels, entry.channels);
    store<int32_t>(row + entryLabel, entry.label);
    store<uint32_t>(row + entryHeight, entry.height);
    store<uint32_t>(row + entryWidth, entry.width);
    store<uint32_t>(row + entryReserved, 0);
  }
  std::memcpy(header + tableEnd, names.data(), names.size());
  store<uint64_t>(header + headerChecksum, checksumOfHeader(bytes));

  bytes.insert(bytes.end(), payloads.begin(), payloads.end());
  entries.clear();
  payloads.clear();
  return bytes;
}

Result<uint64_t> Chunk::headerLength(ByteView bytes, uint64_t storedBytes) {
  if (bytes.size < headerFixedBytes)
    return Status::error("truncated: found {} bytes, expected a header of at least {}", bytes.size,
                         static_cast<size_t>(headerFixedBytes));
  if (std::memcmp(bytes.data + headerMagic, magic, sizeof(magic)) != 0)
    return Status::error("not a chunk, or its first bytes are damaged");
  if (const auto found = load<uint32_t>(bytes.data + headerVersion); found != version)
    return Status::error("chunk format version {}, expected {}", found, version);
  const auto chunkBytes = load<uint64_t>(bytes.data + headerChunkBytes);
  if (chunkBytes > storedBytes)
    return Status::error("truncated: found {} bytes, expected {}", storedBytes, chunkBytes);
  if (chunkBytes < storedBytes)
    return Status::error("found {} bytes after the end of the chunk at {}",
                         storedBytes - chunkBytes, chunkBytes);
  const auto length = load<uint64_t>(bytes.data + headerBytes);
  const uint64_t expected = headerFixedBytes +
                            uint64_t(load<uint32_t>(bytes.data + headerEntryCount)) * entryBytes +
                            load<uint32_t>(bytes.data + headerNamesLength);
  if (length != expected || length > chunkBytes || chunkBytes > maxChunkBytes)
    return Status::error("damaged header: its lengths disagree");
  return length;
}

Result<Chunk> Chunk::parseHeader(ByteView bytes, uint64_t storedBytes) {
  Result<uint64_t> length = headerLength(bytes, storedBytes);
  if (!length)
    return std::move(length).status();
  if (bytes.size < *length)
    return Status::error("truncated: found {} bytes of the header, expected {}", bytes.size,
                         *length);
  const ByteView header(bytes.data, *length);
  if (load<uint64_t>(header.data + headerChecksum) != checksumOfHeader(header))
    return Status::error("checksum mismatch in the header, bytes 0 to {}", *length);

  // From here on the header is what a builder wrote, or forged with its
  // checksum: ranges are checked all the same, so that nothing reads outside.
  Chunk chunk;
  const Status damaged = Status::error("damaged header: a table entry points outside");
  const auto kind = load<uint32_t>(header.data + headerKind);
  if (kind != static_cast<uint32_t>(ChunkKind::samples) &&
      kind != static_cast<uint32_t>(ChunkKind::record))
    return Status::error("chunk of kind {}, expected samples (1) or a record (2)", kind);
  chunk.whose.kind = static_cast<ChunkKind>(kind);
  chunk.whose.generation = load<uint64_t>(header.data + headerGeneration);
  chunk.whose.ordinal = load<uint32_t>(header.data + headerOrdinal);
  const auto count = load<uint32_t>(header.data + headerEntryCount);
  const uint64_t namesBegin = headerFixedBytes + uint64_t(count) * entryBytes;
  const std::string_view names(reinterpret_cast<const char *>(header.data) + namesBegin,
                               *length - namesBegin);
  const auto datasetLength = load<uint16_t>(header.data + headerDatasetLength);
  const auto splitLength = load<uint16_t>(header.data + headerSplitLength);
  if (size_t(datasetLength) + splitLength > names.size())
    return damaged;
  chunk.whose.dataset = names.substr(0, datasetLength);
  chunk.whose.split = names.substr(datasetLength, splitLength);

  uint64_t expectedOffset = *length;
  chunk.table.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t *row = header.data + headerFixedBytes + uint64_t(i) * entryBytes;
    ChunkEntry entry;
    entry.offset = load<uint64_t>(row + entryOffset);
    entry.length = load<uint64_t>(row + entryLength);
    entry.checksum = load<uint64_t>(row + entryChecksum);
    const auto nameOffset = load<uint32_t>(row + entryNameOffset);
    const auto nameLength = load<uint16_t>(row + entryNameLength);
    const auto encoding = load<uint8_t>(row + entryEncoding);
    if (entry.offset != expectedOffset || entry.length > storedBytes - entry.offset ||
        uint64_t(nameOffset) + nameLength > names.size() ||
        encoding > static_cast<uint8_t>(Encoding::json))
      return damaged;
    expectedOffset += entry.length;
    entry.name = names.substr(nameOffset, nameLength);
    entry.encoding = static_cast<Encoding>(encoding);
    entry.channels = load<uint8_t>(row + entryChannels);
    entry.label = load<int32_t>(row + entryLabel);
    entry.height = load<uint32_t>(row + entryHeight);
    entry.width = load<uint32_t>(row + entryWidth);
    chunk.table.push_back(std::move(entry));
  }
  // No byte of a chunk is outside the header and the payloads, so every flipped
  // bit breaks a checksum.
  if (expectedOffset != storedBytes)
    return damaged;
  return chunk;
}

Result<Chunk> Chunk::parse(Bytes bytes) {
  Result<Chunk> chunk = parseHeader(bytes, bytes.size());
  if (chunk)
    chunk->content = std::move(bytes);
  return chunk;
}

Result<ByteView> Chunk::payload(size_t index) const {
  assert(index < table.size() && !content.empty() && "needs a chunk from parse()");
  const ChunkEntry &entry = table[index];
  ByteView view(content.data() + entry.offset, entry.length);
  FANFOLD_RETURN_IF_ERROR(checkPayload(entry, view));
  return view;
}

Status Chunk::checkPayload(const ChunkEntry &entry, ByteView payload) {
  if (payload.size == entry.length && XXH3_64bits(payload.data, payload.size) == entry.checksum)
    return {};
  return Status::error("checksum mismatch in '{}', bytes {} to {}", entry.name, entry.offset,
                       entry.offset + entry.length);
}

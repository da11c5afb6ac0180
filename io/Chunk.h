//===- Chunk.h - many samples in one self-describing block ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A chunk is a header, a file table and the payloads, back to back. It says by
// itself which data set and split it belongs to, so that the metadata can be
// rebuilt from chunks alone. ChunkBuilder makes the bytes; Chunk reads them.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_CHUNK_H
#define FANFOLD_IO_CHUNK_H

#include "io/ChunkFormat.h"
#include "runtime/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold::io {

using Bytes = std::vector<uint8_t>;

/// Bytes that somebody else owns.
struct ByteView {
  const uint8_t *data = nullptr;
  size_t size = 0;

  ByteView() = default;
  ByteView(const uint8_t *data, size_t size) : data(data), size(size) {}
  ByteView(const Bytes &bytes)
      : data(bytes.data()), size(bytes.size()) {} // NOLINT: implicit on purpose
};

/// What a chunk holds.
enum class ChunkKind : uint32_t {
  samples = 1,
  record = 2, ///< One entry: the data set's record as JSON (Dataset.h).
};

/// How a payload is stored.
enum class Encoding : uint8_t {
  raw = 0,  ///< u8, height x width x channels.
  jpeg = 1, ///< A JPEG file.
  png = 2,  ///< A PNG file.
  json = 3, ///< The record of a data set.
};

/// "raw", "jpeg", "png", "json".
const char *encodingName(Encoding encoding);

/// What is known of a sample besides its pixels.
struct SampleInfo {
  std::string name; ///< Unique in its split.
  int32_t label = 0;
  Encoding encoding = Encoding::raw;
  uint32_t height = 0;
  uint32_t width = 0;
  uint8_t channels = 0;
};

/// One row of the file table.
struct ChunkEntry : SampleInfo {
  uint64_t offset = 0; ///< Of the payload, from the start of the chunk.
  uint64_t length = 0;
  uint64_t checksum = 0;
};

/// Whose chunk it is and where it stands.
struct ChunkIdentity {
  ChunkKind kind = ChunkKind::samples;
  uint64_t generation = 0; ///< The import that wrote it.
  uint32_t ordinal = 0;    ///< Among the chunks of the split.
  std::string dataset;
  std::string split; ///< Empty in a record.
};

/// "0000000000000003-train": what the chunks of one split of one import share.
/// The identifier of a chunk is its run, '-', and the ordinal in six digits or
/// more.
std::string runName(uint64_t generation, const std::string &split);
std::string chunkName(const std::string &run, uint32_t ordinal);

/// The identifier under which a chunk of this identity is stored.
std::string chunkName(const ChunkIdentity &identity);

/// Collects samples and lays them out.
class ChunkBuilder {
public:
  /// Appends a sample; its payload is copied. Names, sizes and counts must be
  /// within the limits of ChunkFormat.h.
  void add(const SampleInfo &info, ByteView payload);

  /// Bytes of payload so far.
  uint64_t payloadBytes() const { return payloads.size(); }
  size_t size() const { return entries.size(); }
  const std::vector<ChunkEntry> &table() const { return entries; }

  /// The whole chunk. The builder is empty afterwards.
  Bytes finish(const ChunkIdentity &identity);

private:
  std::vector<ChunkEntry> entries; ///< `offset` counts from the first payload.
  Bytes payloads;
};

/// The header and file table of a chunk, and its payloads where they were read.
class Chunk {
public:
  /// Reads a header from the first bytes of a chunk. Checks all that can be
  /// checked without the payloads: checksum, lengths, that payloads lie back to
  /// back and end where the chunk ends. `storedBytes` is what the storage holds.
  static Result<Chunk> parseHeader(ByteView bytes, uint64_t storedBytes);

  /// Takes a whole chunk. Payloads are checked one at a time by payload().
  static Result<Chunk> parse(Bytes bytes);

  /// How many bytes the header has, from the first `headerFixedBytes` of a
  /// chunk; a failure if they are no chunk's.
  static Result<uint64_t> headerLength(ByteView bytes, uint64_t storedBytes);

  const ChunkIdentity &identity() const { return whose; }
  const std::vector<ChunkEntry> &entries() const { return table; }

  /// The payload of entry `index`, after its checksum was compared. Valid as
  /// long as the chunk; the chunk must come from parse().
  Result<ByteView> payload(size_t index) const;

  /// The same for a payload that was read alone.
  static Status checkPayload(const ChunkEntry &entry, ByteView payload);

private:
  ChunkIdentity whose;
  std::vector<ChunkEntry> table;
  Bytes content; ///< The whole chunk; empty after parseHeader().
};

} // namespace fanfold::io

#endif // FANFOLD_IO_CHUNK_H

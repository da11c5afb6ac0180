//===- ChunkFormat.h - the bytes of a chunk -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The constants of chunk-format.md, which draws the layout byte by byte. All
// integers are little-endian; offsets are in bytes.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_CHUNKFORMAT_H
#define FANFOLD_IO_CHUNKFORMAT_H

#include <cstddef>
#include <cstdint>

namespace fanfold::io::format {

inline constexpr char magic[8] = {'D', 'L', 'F', 'S', 'c', 'h', 'n', 'k'};
inline constexpr uint32_t version = 1;

/// The fixed part of the header, offsets from the start of the chunk.
enum HeaderField : size_t {
  headerMagic = 0,          ///< 8 bytes.
  headerVersion = 8,        ///< u32.
  headerKind = 12,          ///< u32: ChunkKind.
  headerGeneration = 16,    ///< u64: number of the import that wrote the chunk.
  headerOrdinal = 24,       ///< u32: place of the chunk in its split.
  headerEntryCount = 28,    ///< u32.
  headerBytes = 32,         ///< u64: fixed part, entries and names; payloads follow.
  headerChunkBytes = 40,    ///< u64: the whole chunk.
  headerDatasetLength = 48, ///< u16: the first bytes of the names are the data set,
  headerSplitLength = 50,   ///< u16: then the split.
  headerNamesLength = 52,   ///< u32: all names, data set and split included.
  headerChecksum = 56,      ///< u64: XXH3-64 of the header with this field zero.
  headerFixedBytes = 64,
};

/// One entry of the file table, offsets from the start of the entry.
enum EntryField : size_t {
  entryOffset = 0,      ///< u64: of the payload, from the start of the chunk.
  entryLength = 8,      ///< u64.
  entryChecksum = 16,   ///< u64: XXH3-64 of the payload.
  entryNameOffset = 24, ///< u32: from the start of the names.
  entryNameLength = 28, ///< u16.
  entryEncoding = 30,   ///< u8: Encoding.
  entryChannels = 31,   ///< u8: 1 or 3; of a raw sample, any.
  entryLabel = 32,      ///< i32.
  entryHeight = 36,     ///< u32: pixels.
  entryWidth = 40,      ///< u32: pixels.
  entryReserved = 44,   ///< u32: zero.
  entryBytes = 48,
};

/// A chunk is closed when its payloads reach this many bytes. Large enough that
/// reading one is sequential work, small enough that a shuffle window of many
/// chunks fits into memory.
inline constexpr uint64_t defaultChunkBytes = uint64_t(8) << 20;

/// Limits that a reader relies on to refuse nonsense before it allocates.
inline constexpr uint64_t maxPayloadBytes = uint64_t(256) << 20; ///< Of one sample.
inline constexpr uint64_t maxChunkBytes = uint64_t(1) << 30;
inline constexpr uint32_t maxEntries = 1u << 20; ///< Of one chunk.
inline constexpr size_t maxNameBytes = 4096;     ///< Of one sample.
inline constexpr size_t maxDatasetNameBytes = 200;

} // namespace fanfold::io::format

#endif // FANFOLD_IO_CHUNKFORMAT_H

//===- Store.h - a store: chunks and metadata together --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A URL names a store and, in its last component, a data set:
//
//   dlfs:///directory/dataset   embedded: /directory/chunks, /directory/metadata
//
// A host after `dlfs://` means servers, which this build does not have.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_STORE_H
#define FANFOLD_IO_STORE_H

#include "io/Metadata.h"
#include "io/Storage.h"
#include "runtime/Status.h"

#include <memory>
#include <string>

namespace fanfold::io {

/// The parts of "dlfs:///directory/dataset".
struct StoreUrl {
  std::string directory; ///< Absolute, without a slash at its end.
  std::string dataset;   ///< Empty in the URL of a whole store.
};

/// Parses the URL of a data set.
Result<StoreUrl> parseDatasetUrl(const std::string &url);

/// Parses the URL of a store, or of a data set if there is no such store.
Result<StoreUrl> parseAnyUrl(const std::string &url);

enum class Access {
  read,    ///< Changes nothing on disk, not even a log.
  write,   ///< Makes the store if there is none; fails while somebody writes.
  rebuild, ///< Puts the metadata aside and begins with empty ones.
};

/// Both halves of a store, opened with one kind of access.
struct Store {
  std::string directory;
  std::unique_ptr<ChunkStorage> chunks;
  std::unique_ptr<Metadata> metadata;

  /// The record of `dataset`; where there is none, the failure lists those that
  /// there are.
  Result<DatasetRecord> find(const std::string &dataset) const;
};

Result<Store> openStore(const std::string &directory, Access access);

/// The chunks alone: for a store whose metadata are lost.
Result<std::unique_ptr<ChunkStorage>> openChunks(const std::string &directory);

/// Reads and checks the header of a stored chunk, or the whole chunk. Failures
/// name the chunk.
Result<Chunk> readChunkHeader(ChunkStorage &storage, const std::string &id);
Result<Chunk> readChunk(ChunkStorage &storage, const std::string &id);

} // namespace fanfold::io

#endif // FANFOLD_IO_STORE_H

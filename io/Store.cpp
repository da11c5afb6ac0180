//===- Store.cpp - a store: chunks and metadata together ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Store.h"

#include "io/embedded/DirectoryStorage.h"
#include "io/embedded/RocksMetadata.h"

#include <algorithm>
#include <filesystem>

using namespace fanfold;
using namespace fanfold::io;

namespace {

constexpr std::string_view scheme = "dlfs://";

/// The path of an embedded store's URL, without slashes at its end.
Result<std::string> pathOf(const std::string &url) {
  if (url.compare(0, scheme.size(), scheme) != 0)
    return Status::error("found '{}', expected dlfs:///directory/dataset", url);
  std::string path = url.substr(scheme.size());
  if (path.empty() || path.front() != '/')
    return Status::error("found host '{}' in '{}', expected dlfs:///directory/dataset (three "
                         "slashes): this build reads embedded stores only",
                         path.substr(0, path.find('/')), url);
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  return path;
}

bool isStore(const std::string &directory) {
  std::error_code ignored;
  return std::filesystem::is_directory(directory + "/chunks", ignored);
}

/// Lists at most a handful; an error message is not a catalogue.
std::string someOf(const std::vector<std::string> &names) {
  constexpr size_t most = 20;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), most); ++i)
    text += (i ? ", " : "") + names[i];
  if (names.size() > most)
    text += fmt::format(" and {} more", names.size() - most);
  return text;
}

} // namespace

Result<StoreUrl> io::parseDatasetUrl(const std::string &url) {
  Result<std::string> path = pathOf(url);
  if (!path)
    return std::move(path).status();
  const size_t slash = path->rfind('/');
  StoreUrl parts{path->substr(0, slash), path->substr(slash + 1)};
  if (parts.directory.empty())
    return Status::error(
        "found '{}', expected a directory and a data set: dlfs:///directory/dataset", url);
  FANFOLD_RETURN_IF_ERROR(checkDatasetName(parts.dataset).withContext("in '{}'", url));
  return parts;
}

Result<StoreUrl> io::parseAnyUrl(const std::string &url) {
  Result<std::string> path = pathOf(url);
  if (!path)
    return std::move(path).status();
  if (isStore(*path))
    return StoreUrl{*path, ""};
  return parseDatasetUrl(url);
}

Result<DatasetRecord> Store::find(const std::string &dataset) const {
  Result<std::optional<DatasetRecord>> record = metadata->find(dataset);
  if (!record)
    return std::move(record).status().withContext("opening data set '{}' of {}", dataset,
                                                  directory);
  if (*record)
    return std::move(**record);
  Result<std::vector<std::string>> names = metadata->datasets();
  if (!names)
    return std::move(names).status();
  return Status::error("no data set '{}' in {}; {}", dataset, directory,
                       names->empty() ? "the store is empty" : "it has " + someOf(*names));
}

// The storage and metadata backends. A URL form that names other backends gets
// its branch here and nowhere else.

Result<std::unique_ptr<ChunkStorage>> io::openChunks(const std::string &directory) {
  return DirectoryStorage::open(directory + "/chunks", DirectoryStorage::Mode::read);
}

Result<Store> io::openStore(const std::string &directory, Access access) {
  if (access != Access::write && !isStore(directory)) {
    std::error_code failure;
    const bool exists = std::filesystem::exists(directory, failure);
    if (failure)
      return Status::error("opening {}: {}", directory, failure.message());
    return Status::error("no store at {}: {}", directory,
                         exists ? "it has no folder 'chunks'" : "no such directory");
  }
  Store store;
  store.directory = directory;
  Result<std::unique_ptr<ChunkStorage>> chunks = DirectoryStorage::open(
      directory + "/chunks",
      access == Access::write ? DirectoryStorage::Mode::write : DirectoryStorage::Mode::read);
  if (!chunks)
    return std::move(chunks).status();
  store.chunks = std::move(*chunks);
  Result<std::unique_ptr<Metadata>> metadata =
      RocksMetadata::open(directory, access, *store.chunks);
  if (!metadata)
    return std::move(metadata).status();
  store.metadata = std::move(*metadata);
  return store;
}

Result<Chunk> io::readChunkHeader(ChunkStorage &storage, const std::string &id) {
  auto read = [&]() -> Result<Chunk> {
    Result<uint64_t> stored = storage.size(id);
    if (!stored)
      return std::move(stored).status();
    // Most headers fit into the first read; the rest takes a second one.
    constexpr uint64_t guess = 64 << 10;
    Result<Bytes> bytes = storage.read(id, 0, std::min(*stored, guess));
    if (!bytes)
      return std::move(bytes).status();
    Result<uint64_t> length = Chunk::headerLength(*bytes, *stored);
    if (!length)
      return std::move(length).status();
    if (*length > bytes->size())
      bytes = storage.read(id, 0, *length);
    if (!bytes)
      return std::move(bytes).status();
    return Chunk::parseHeader(*bytes, *stored);
  };
  Result<Chunk> chunk = read();
  if (!chunk)
    return std::move(chunk).status().withContext("reading chunk {}", id);
  if (chunkName(chunk->identity()) != id)
    return Status::error("reading chunk {}: its header says that it is {}", id,
                         chunkName(chunk->identity()));
  return chunk;
}

Result<Chunk> io::readChunk(ChunkStorage &storage, const std::string &id) {
  auto read = [&]() -> Result<Chunk> {
    Result<uint64_t> stored = storage.size(id);
    if (!stored)
      return std::move(stored).status();
    if (*stored > format::maxChunkBytes)
      return Status::error("found {} bytes, expected at most {}", *stored, format::maxChunkBytes);
    Result<Bytes> bytes = storage.read(id, 0, *stored);
    if (!bytes)
      return std::move(bytes).status();
    return Chunk::parse(std::move(*bytes));
  };
  Result<Chunk> chunk = read();
  if (!chunk)
    return std::move(chunk).status().withContext("reading chunk {}", id);
  if (chunkName(chunk->identity()) != id)
    return Status::error("reading chunk {}: its header says that it is {}", id,
                         chunkName(chunk->identity()));
  return chunk;
}

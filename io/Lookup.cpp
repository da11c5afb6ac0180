//===- Lookup.cpp - one sample by its name --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Lookup.h"

using namespace fanfold;
using namespace fanfold::io;

Result<SplitRecord> io::findSplit(const DatasetRecord &record, const std::string &split) {
  if (const auto at = record.splits.find(split); at != record.splits.end())
    return at->second;
  std::string names;
  for (const auto &[name, unused] : record.splits)
    names += (names.empty() ? "" : ", ") + name;
  return Status::error("data set '{}' has no split '{}'; it has {}", record.name, split, names);
}

Result<SampleLocation> io::findSample(Store &store, const DatasetRecord &record,
                                      const std::string &splitName, const std::string &name) {
  Result<SplitRecord> split = findSplit(record, splitName);
  if (!split)
    return std::move(split).status();
  Result<std::optional<SamplePlace>> place = store.metadata->locate(split->run, name);
  if (!place)
    return std::move(place).status();
  if (!*place)
    return Status::error("no sample '{}' in split '{}' of data set '{}'", name, splitName,
                         record.name);
  SampleLocation where;
  where.chunk = chunkName(split->run, (*place)->chunk);
  Result<Chunk> chunk = readChunkHeader(*store.chunks, where.chunk);
  if (!chunk)
    return std::move(chunk).status();
  if ((*place)->entry >= chunk->entries().size() || chunk->entries()[(*place)->entry].name != name)
    return Status::error("sample '{}' is not at entry {} of chunk {}, as the metadata say; "
                         "'dlfs verify --rebuild' renews them",
                         name, (*place)->entry, where.chunk);
  where.entry = chunk->entries()[(*place)->entry];
  return where;
}

Result<Bytes> io::readSample(Store &store, const SampleLocation &where) {
  Result<Bytes> payload = store.chunks->read(where.chunk, where.entry.offset, where.entry.length);
  if (!payload)
    return payload;
  FANFOLD_RETURN_IF_ERROR(
      Chunk::checkPayload(where.entry, *payload).withContext("reading chunk {}", where.chunk));
  return payload;
}

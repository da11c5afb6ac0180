//===- Verify.cpp - every byte of a store looked at -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Verify.h"

#include <algorithm>
#include <map>
#include <set>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// "000000000000000a-train-000000" begins with its generation.
uint64_t generationOf(const std::string &id) {
  return std::strtoull(id.substr(0, 16).c_str(), nullptr, 16);
}

std::string recordChunkOf(const DatasetRecord &record) {
  return chunkName(runName(record.generation, "record"), 0);
}

/// Goes through the chunks of one data set.
class DatasetVerifier {
public:
  DatasetVerifier(Store &store, const DatasetRecord &record, VerifyReport &report,
                  const VerifyProgress &progress)
      : store(store), record(record), report(report), progress(progress) {}

  void verify() {
    verifyRecord();
    for (const auto &[name, split] : record.splits)
      for (uint32_t ordinal = 0; ordinal < split.samplesInChunk.size(); ++ordinal) {
        verifyChunk(name, split, ordinal);
        if (progress)
          progress(report);
      }
  }

private:
  template <typename... Args>
  void problem(fmt::format_string<Args...> format, Args &&...args) {
    report.problems.push_back(fmt::format("data set '{}': ", record.name) +
                              fmt::format(format, std::forward<Args>(args)...));
  }
  void verifyRecord();
  void verifyChunk(const std::string &splitName, const SplitRecord &split, uint32_t ordinal);
  void verifyIndex(const SplitRecord &split, uint32_t ordinal, const Chunk &chunk);

  Store &store;
  const DatasetRecord &record;
  VerifyReport &report;
  const VerifyProgress &progress;
};

/// Reads the record out of its chunk.
Result<DatasetRecord> recordIn(const Chunk &chunk) {
  if (chunk.identity().kind != ChunkKind::record || chunk.entries().size() != 1)
    return Status::error("not the record of a data set");
  Result<ByteView> json = chunk.payload(0);
  if (!json)
    return std::move(json).status();
  return parseRecord({reinterpret_cast<const char *>(json->data), json->size});
}

void DatasetVerifier::verifyRecord() {
  const std::string id = recordChunkOf(record);
  Result<Chunk> chunk = readChunk(*store.chunks, id);
  if (!chunk)
    return problem("{}", chunk.status().message());
  ++report.chunks;
  Result<DatasetRecord> stored = recordIn(*chunk);
  if (!stored)
    return problem("chunk {}: {}", id, stored.status().message());
  if (toJson(*stored) != toJson(record))
    problem("chunk {}: differs from the record in the metadata", id);
}

void DatasetVerifier::verifyChunk(const std::string &splitName, const SplitRecord &split,
                                  uint32_t ordinal) {
  const std::string id = chunkName(split.run, ordinal);
  Result<Chunk> chunk = readChunk(*store.chunks, id);
  if (!chunk)
    return problem("split {}: {}", splitName, chunk.status().message());
  ++report.chunks;
  if (chunk->identity().dataset != record.name)
    problem("split {}: chunk {} belongs to data set '{}'", splitName, id,
            chunk->identity().dataset);
  if (chunk->entries().size() != split.samplesInChunk[ordinal])
    problem("split {}: chunk {} has {} samples, expected {}", splitName, id,
            chunk->entries().size(), split.samplesInChunk[ordinal]);
  for (size_t i = 0; i < chunk->entries().size(); ++i) {
    if (const ChunkEntry &entry = chunk->entries()[i];
        entry.label < 0 || static_cast<uint32_t>(entry.label) >= record.classCount)
      problem("split {}: chunk {}: sample '{}' has label {}, expected 0 to {}", splitName, id,
              entry.name, entry.label, record.classCount - 1);
    ++report.samples;
    report.bytes += chunk->entries()[i].length;
    if (Result<ByteView> payload = chunk->payload(i); !payload)
      problem("split {}: chunk {}: {}", splitName, id, payload.status().message());
  }
  verifyIndex(split, ordinal, *chunk);
}

void DatasetVerifier::verifyIndex(const SplitRecord &split, uint32_t ordinal, const Chunk &chunk) {
  for (uint32_t i = 0; i < chunk.entries().size(); ++i) {
    const std::string &name = chunk.entries()[i].name;
    Result<std::optional<SamplePlace>> place = store.metadata->locate(split.run, name);
    if (!place)
      return problem("{}", place.status().message());
    if (!*place)
      return problem("sample '{}' of chunk {} is not in the metadata; 'dlfs verify --rebuild' "
                     "renews them",
                     name, chunkName(split.run, ordinal));
    if ((*place)->chunk != ordinal || (*place)->entry != i)
      return problem("sample '{}' lies at entry {} of chunk {}, the metadata say entry {} of {}; "
                     "'dlfs verify --rebuild' renews them",
                     name, i, chunkName(split.run, ordinal), (*place)->entry,
                     chunkName(split.run, (*place)->chunk));
  }
}

/// Chunks that no record refers to: of a killed import, or of a lost record.
Status noteStrayChunks(Store &store, const std::vector<DatasetRecord> &records,
                       VerifyReport &report) {
  std::set<std::string> known;
  for (const DatasetRecord &record : records) {
    known.insert(recordChunkOf(record));
    for (const auto &[name, split] : record.splits)
      for (uint32_t i = 0; i < split.samplesInChunk.size(); ++i)
        known.insert(chunkName(split.run, i));
  }
  Result<std::vector<std::string>> ids = store.chunks->list("");
  if (!ids)
    return std::move(ids).status();
  const auto strays =
      std::count_if(ids->begin(), ids->end(), [&](const auto &id) { return !known.count(id); });
  if (strays)
    report.notes.push_back(fmt::format("{} chunk{} of {} belong to no data set", strays,
                                       strays == 1 ? "" : "s", store.directory));
  return {};
}

} // namespace

Result<VerifyReport> io::verifyStore(Store &store, const std::string &dataset,
                                     const VerifyProgress &progress) {
  VerifyReport report;
  std::vector<DatasetRecord> records;
  std::vector<std::string> names = {dataset};
  if (dataset.empty()) {
    Result<std::vector<std::string>> all = store.metadata->datasets();
    if (!all)
      return std::move(all).status();
    names = std::move(*all);
  }
  for (const std::string &name : names) {
    Result<DatasetRecord> record = store.find(name);
    if (!record)
      return std::move(record).status();
    records.push_back(std::move(*record));
  }
  for (const DatasetRecord &record : records) {
    ++report.datasets;
    DatasetVerifier(store, record, report, progress).verify();
  }
  if (dataset.empty())
    FANFOLD_RETURN_IF_ERROR(noteStrayChunks(store, records, report));
  return report;
}

Result<VerifyReport> io::rebuildMetadata(const std::string &directory,
                                         const VerifyProgress &progress) {
  // An empty folder is a disk that is not mounted rather than a store without
  // data sets; metadata are not put aside for it.
  Result<std::unique_ptr<ChunkStorage>> storage = openChunks(directory);
  if (!storage)
    return std::move(storage).status();
  Result<std::vector<std::string>> ids = (*storage)->list("");
  if (!ids)
    return std::move(ids).status();
  if (ids->empty())
    return Status::error("no chunks in {}: nothing to rebuild from", directory);

  // From here on there is no other writer, so the list holds.
  Result<Store> opened = openStore(directory, Access::rebuild);
  if (!opened)
    return std::move(opened).status();
  Store &store = *opened;
  ids = store.chunks->list("");
  if (!ids)
    return std::move(ids).status();

  VerifyReport report;
  std::map<std::string, DatasetRecord> newest;
  uint64_t largestGeneration = 0;
  for (const std::string &id : *ids) {
    largestGeneration = std::max(largestGeneration, generationOf(id));
    if (id.find("-record-") == std::string::npos)
      continue;
    Result<Chunk> chunk = readChunk(*store.chunks, id);
    Result<DatasetRecord> record = chunk ? recordIn(*chunk) : Result<DatasetRecord>(chunk.status());
    if (!record) {
      report.problems.push_back(fmt::format("chunk {}: {}", id, record.status().message()));
      continue;
    }
    // Identifiers come in ascending order, so the last one is the newest.
    newest[record->name] = std::move(*record);
    ++report.chunks;
  }

  std::vector<DatasetRecord> records;
  for (const auto &[name, record] : newest) {
    for (const auto &[splitName, split] : record.splits)
      for (uint32_t ordinal = 0; ordinal < split.samplesInChunk.size(); ++ordinal) {
        Result<Chunk> chunk = readChunkHeader(*store.chunks, chunkName(split.run, ordinal));
        if (!chunk) {
          report.problems.push_back(fmt::format("data set '{}': split {}: {}", name, splitName,
                                                chunk.status().message()));
          continue;
        }
        FANFOLD_RETURN_IF_ERROR(store.metadata->index(split.run, ordinal, chunk->entries()));
        ++report.chunks;
        report.samples += chunk->entries().size();
        for (const ChunkEntry &entry : chunk->entries())
          report.bytes += entry.length;
        if (progress)
          progress(report);
      }
    FANFOLD_RETURN_IF_ERROR(store.metadata->restore(record));
    records.push_back(record);
    ++report.datasets;
  }
  FANFOLD_RETURN_IF_ERROR(store.metadata->finishRestoring(largestGeneration));
  FANFOLD_RETURN_IF_ERROR(noteStrayChunks(store, records, report));
  return report;
}

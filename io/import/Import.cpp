//===- Import.cpp - a source into a store, all or nothing -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/Import.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// Removes what earlier imports left.
Status clearLeftovers(Store &store) {
  Result<std::vector<std::string>> prefixes = store.metadata->leftovers();
  if (!prefixes)
    return std::move(prefixes).status();
  for (const std::string &prefix : *prefixes) {
    FANFOLD_RETURN_IF_ERROR(store.chunks->removeAll(prefix));
    FANFOLD_RETURN_IF_ERROR(store.metadata->forget(prefix));
  }
  return {};
}

/// Labels of a source in terms of the data set's classes. A class keeps its number
/// and its name, or the import is refused: numbers and names of two sources are one
/// and the same only if somebody says so.
class Labels {
public:
  /// `kept`: classes that splits which stay refer to, null if none stays.
  static Result<Labels> make(const DatasetRecord *kept, const Catalogue &source) {
    Labels labels;
    labels.names = source.classNames;
    if (!kept)
      return labels;
    labels.count = kept->classCount;
    if (kept->classNames.empty()) {
      FANFOLD_RETURN_IF_ERROR(nameNumbers(*kept, source));
      return labels;
    }
    if (labels.names.empty())
      return Status::error("the source has numbers for classes, the splits that stay have names "
                           "('{}' ...); --classes says which name each number has",
                           kept->classNames.front());
    for (const std::string &name : labels.names) {
      const auto at = std::find(kept->classNames.begin(), kept->classNames.end(), name);
      if (at == kept->classNames.end())
        return Status::error("class '{}' is not among the {} classes of the splits that stay", name,
                             kept->classNames.size());
      labels.target.push_back(static_cast<int32_t>(at - kept->classNames.begin()));
    }
    labels.names = kept->classNames;
    return labels;
  }

  /// Translates a label; fails if it is outside the named classes.
  Result<int32_t> translate(int32_t label) {
    size_t limit = std::numeric_limits<int32_t>::max();
    if (!names.empty())
      limit = target.empty() ? names.size() : target.size();
    if (label < 0 || static_cast<size_t>(label) >= limit)
      return Status::error("label {}, expected 0 to {}", label, limit - 1);
    if (!target.empty())
      label = target[static_cast<size_t>(label)];
    count = std::max(count, static_cast<uint32_t>(label) + 1);
    return label;
  }

  void describe(DatasetRecord &record) const {
    record.classNames = names;
    record.classCount = names.empty() ? count : static_cast<uint32_t>(names.size());
  }

private:
  /// Whether the names of a source may become those of classes with numbers alone.
  static Status nameNumbers(const DatasetRecord &kept, const Catalogue &source) {
    const size_t found = source.classNames.size();
    if (found > 0 && !source.classesAreGiven)
      return Status::error("the source has names for classes ('{}' ...), the splits that stay have "
                           "numbers, 0 to {}; --classes says which name each number has",
                           source.classNames.front(), kept.classCount - 1);
    if (found > 0 && found < kept.classCount)
      return Status::error("the list has {} classes, expected at least {}: the splits that stay "
                           "have numbers, 0 to {}",
                           found, kept.classCount, kept.classCount - 1);
    return {};
  }

  std::vector<std::string> names;
  std::vector<int32_t> target; ///< Label of the source to label of the data set.
  uint32_t count = 0;
};

/// Writes the chunks of one split.
class SplitWriter {
public:
  SplitWriter(Store &store, const DatasetRecord &record, std::string split, uint64_t chunkBytes)
      : store(store), dataset(record.name), generation(record.generation), split(std::move(split)),
        chunkBytes(chunkBytes) {
    result.run = runName(generation, this->split);
  }

  Status add(const SampleInfo &info, ByteView payload);
  Result<SplitRecord> finish();

private:
  Status flush();

  Store &store;
  std::string dataset;
  uint64_t generation;
  std::string split;
  uint64_t chunkBytes;
  SplitRecord result;
  ChunkBuilder builder;
  std::unordered_set<std::string> names; ///< To find one that comes twice.
};

Status SplitWriter::add(const SampleInfo &info, ByteView payload) {
  if (!names.insert(info.name).second)
    return Status::error("a second sample of this name in split {}", split);
  const ImageShape shape{info.height, info.width, info.channels};
  if (names.size() == 1)
    result.smallest = shape;
  result.smallest = {std::min(result.smallest.height, shape.height),
                     std::min(result.smallest.width, shape.width),
                     std::min(result.smallest.channels, shape.channels)};
  result.largest = {std::max(result.largest.height, shape.height),
                    std::max(result.largest.width, shape.width),
                    std::max(result.largest.channels, shape.channels)};
  auto &encodings = result.encodings;
  if (auto at = std::lower_bound(encodings.begin(), encodings.end(), info.encoding);
      at == encodings.end() || *at != info.encoding)
    encodings.insert(at, info.encoding);
  result.payloadBytes += payload.size;
  builder.add(info, payload);
  if (builder.payloadBytes() >= chunkBytes || builder.size() == format::maxEntries)
    return flush();
  return {};
}

Status SplitWriter::flush() {
  if (builder.size() == 0)
    return {};
  ChunkIdentity identity;
  identity.generation = generation;
  identity.ordinal = static_cast<uint32_t>(result.samplesInChunk.size());
  identity.dataset = dataset;
  identity.split = split;
  result.samplesInChunk.push_back(static_cast<uint32_t>(builder.size()));
  FANFOLD_RETURN_IF_ERROR(store.metadata->index(result.run, identity.ordinal, builder.table()));
  return store.chunks->put(chunkName(identity), builder.finish(identity));
}

Result<SplitRecord> SplitWriter::finish() {
  FANFOLD_RETURN_IF_ERROR(flush());
  return std::move(result);
}

/// Reads the source to its end; fills in the record's new splits.
Status writeSplits(Store &store, SampleSource &source, const ImportOptions &options, Labels &labels,
                   DatasetRecord &record) {
  SourceSample sample;
  uint64_t samples = 0;
  uint64_t bytes = 0;
  const std::vector<SourceSplit> &splits = source.catalogue.splits;
  for (size_t split = 0; split < splits.size(); ++split) {
    SplitWriter writer(store, record, splits[split].name, options.chunkBytes);
    for (const SourceItem &item : splits[split].items) {
      Result<int32_t> label = labels.translate(item.label);
      if (!label)
        return std::move(label).status().withContext("sample '{}'", item.name);
      sample.info.name = item.name;
      sample.info.label = *label;
      FANFOLD_RETURN_IF_ERROR(source.read(split, item, sample));
      if (options.orienter)
        FANFOLD_RETURN_IF_ERROR(
            options.orienter->visit(sample).withContext("sample '{}'", item.name));
      FANFOLD_RETURN_IF_ERROR(
          writer.add(sample.info, sample.payload).withContext("sample '{}'", item.name));
      bytes += sample.payload.size();
      if (options.progress)
        options.progress(++samples, bytes);
    }
    Result<SplitRecord> finished = writer.finish();
    if (!finished)
      return std::move(finished).status();
    record.splits[splits[split].name] = std::move(*finished);
  }
  return {};
}

/// Stores the record as a chunk of its own, for a rebuild.
Status writeRecordChunk(Store &store, const DatasetRecord &record) {
  const std::string json = toJson(record);
  if (json.size() > format::maxPayloadBytes)
    return Status::error("the record of the data set has {} bytes, expected at most {}",
                         json.size(), format::maxPayloadBytes);
  SampleInfo info;
  info.name = "record.json";
  info.encoding = Encoding::json;
  ChunkBuilder builder;
  builder.add(info, ByteView(reinterpret_cast<const uint8_t *>(json.data()), json.size()));
  ChunkIdentity identity;
  identity.kind = ChunkKind::record;
  identity.generation = record.generation;
  identity.dataset = record.name;
  return store.chunks->put(chunkName(identity), builder.finish(identity));
}

} // namespace

Result<DatasetRecord> io::importDataset(const StoreUrl &url, SampleSource &source,
                                        const ImportOptions &options) {
  if (options.strict && !source.catalogue.passedOver.empty())
    return Status::error("{}; --strict takes this for an error",
                         source.catalogue.passedOver.summary());
  Result<Store> opened = openStore(url.directory, Access::write);
  if (!opened)
    return std::move(opened).status();
  Store &store = *opened;
  FANFOLD_RETURN_IF_ERROR(clearLeftovers(store).withContext(
      "clearing what an earlier import left in {}", url.directory));

  Result<std::optional<DatasetRecord>> before = store.metadata->find(url.dataset);
  if (!before)
    return std::move(before).status();
  DatasetRecord record;
  std::vector<std::string> replaced;
  if (*before) {
    record = **before;
    replaced.push_back(runName(record.generation, "record"));
    for (const SourceSplit &split : source.catalogue.splits) {
      const auto there = record.splits.find(split.name);
      if (there == record.splits.end())
        continue;
      if (!options.replace)
        return Status::error(
            "data set '{}' of {} has a split '{}' of {} samples already; --replace "
            "replaces it",
            url.dataset, url.directory, split.name, there->second.samples());
      replaced.push_back(there->second.run);
      record.splits.erase(there);
    }
  }
  record.name = url.dataset;
  Result<Labels> labels = Labels::make(record.splits.empty() ? nullptr : &record, source.catalogue);
  if (!labels)
    return std::move(labels).status();

  Result<uint64_t> generation = store.metadata->allocate();
  if (!generation)
    return std::move(generation).status();
  record.generation = *generation;
  Status status = writeSplits(store, source, options, *labels, record);
  if (status.ok()) {
    labels->describe(record);
    const ImportId import = newImportId();
    for (const SourceSplit &split : source.catalogue.splits)
      record.splits[split.name].import = import;
    status = writeRecordChunk(store, record);
  }
  if (status.ok())
    status = store.metadata->commit(record, replaced);
  // Either the new chunks or the replaced ones are left over now. Where they
  // cannot be removed (a full disk, say), the next import tries again.
  const Status cleared = clearLeftovers(store);
  static_cast<void>(cleared);
  if (!status.ok())
    return std::move(status).withContext("importing into '{}' of {}", url.dataset, url.directory);
  return record;
}

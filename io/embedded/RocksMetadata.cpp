//===- RocksMetadata.cpp - metadata in a RocksDB of the store -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/embedded/RocksMetadata.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace fanfold;
using namespace fanfold::io;

namespace {

constexpr const char *nextKey = "next";
constexpr const char *advice = "'dlfs verify --rebuild' renews the metadata from the chunks";

std::string datasetKey(const std::string &dataset) { return "d/" + dataset; }
std::string indexKey(const std::string &run, const std::string &sample) {
  return "i/" + run + "/" + sample;
}
std::string leftoverKey(const std::string &prefix) { return "l/" + prefix; }

template <typename T>
void append(std::string &text, T value) {
  for (size_t i = 0; i < sizeof(T); ++i)
    text.push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * i)));
}

template <typename T>
T extract(const std::string &text, size_t offset) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value |= uint64_t(static_cast<uint8_t>(text[offset + i])) << (8 * i);
  return static_cast<T>(value);
}

/// The one place where a RocksDB status becomes ours.
Status fromRocks(const rocksdb::Status &status, const std::string &what) {
  if (status.ok())
    return {};
  if (status.IsCorruption())
    return Status::error("{}: {}; {}", what, status.ToString(), advice);
  return Status::error("{}: {}", what, status.ToString());
}

/// The exclusive lock of a store, held as long as the object lives.
class WriterLock {
public:
  static Result<WriterLock> take(const std::string &directory) {
    const std::string path = directory + "/lock";
    WriterLock lock;
    lock.descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock.descriptor < 0)
      return Status::fromErrno(errno, "opening " + path);
    if (::flock(lock.descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK)
        return Status::error("store {} is being written by another process", directory);
      return Status::fromErrno(errno, "locking " + path);
    }
    return lock;
  }
  WriterLock() = default;
  WriterLock(WriterLock &&other) noexcept : descriptor(std::exchange(other.descriptor, -1)) {}
  WriterLock &operator=(WriterLock &&other) noexcept {
    std::swap(descriptor, other.descriptor);
    return *this;
  }
  ~WriterLock() {
    if (descriptor >= 0)
      ::close(descriptor);
  }

private:
  int descriptor = -1;
};

class RocksMetadataImpl : public Metadata {
public:
  RocksMetadataImpl(std::string path, WriterLock lock, std::unique_ptr<rocksdb::DB> db)
      : path(std::move(path)), lock(std::move(lock)), db(std::move(db)) {}

  Result<std::vector<std::string>> datasets() override { return keysUnder("d/"); }
  Result<std::optional<DatasetRecord>> find(const std::string &dataset) override;
  Result<std::optional<SamplePlace>> locate(const std::string &run,
                                            const std::string &sample) override;
  Result<uint64_t> allocate() override;
  Status index(const std::string &run, uint32_t chunk,
               const std::vector<ChunkEntry> &entries) override;
  Status commit(const DatasetRecord &record, const std::vector<std::string> &replaced) override;
  Result<std::vector<std::string>> leftovers() override { return keysUnder("l/"); }
  Status forget(const std::string &prefix) override;
  Status restore(const DatasetRecord &record) override;
  Status finishRestoring(uint64_t largestGeneration) override;

  /// Whether generations can be given out.
  Result<bool> complete();

private:
  Result<std::vector<std::string>> keysUnder(const std::string &prefix);
  Status write(rocksdb::WriteBatch &batch, bool durable);
  /// The value of `key`; nothing if there is none.
  Result<std::optional<std::string>> get(const std::string &key);

  std::string path;
  WriterLock lock; // Outlives the database, which is closed first.
  std::unique_ptr<rocksdb::DB> db;
};

} // namespace

Result<std::vector<std::string>> RocksMetadataImpl::keysUnder(const std::string &prefix) {
  std::vector<std::string> names;
  std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(rocksdb::ReadOptions()));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next())
    names.push_back(it->key().ToString().substr(prefix.size()));
  FANFOLD_RETURN_IF_ERROR(fromRocks(it->status(), "reading " + path));
  return names;
}

Result<std::optional<std::string>> RocksMetadataImpl::get(const std::string &key) {
  std::string value;
  const rocksdb::Status status = db->Get(rocksdb::ReadOptions(), key, &value);
  if (status.IsNotFound())
    return std::optional<std::string>();
  FANFOLD_RETURN_IF_ERROR(fromRocks(status, "reading " + path));
  return std::optional<std::string>(std::move(value));
}

Status RocksMetadataImpl::write(rocksdb::WriteBatch &batch, bool durable) {
  rocksdb::WriteOptions options;
  options.sync = durable;
  return fromRocks(db->Write(options, &batch), "writing " + path);
}

Result<std::optional<DatasetRecord>> RocksMetadataImpl::find(const std::string &dataset) {
  Result<std::optional<std::string>> value = get(datasetKey(dataset));
  if (!value)
    return std::move(value).status();
  if (!*value)
    return std::optional<DatasetRecord>();
  Result<DatasetRecord> record = parseRecord(**value);
  if (!record)
    return std::move(record).status().withContext("reading {}", path);
  return std::optional<DatasetRecord>(std::move(*record));
}

Result<std::optional<SamplePlace>> RocksMetadataImpl::locate(const std::string &run,
                                                             const std::string &sample) {
  Result<std::optional<std::string>> value = get(indexKey(run, sample));
  if (!value)
    return std::move(value).status();
  if (!*value)
    return std::optional<SamplePlace>();
  if ((*value)->size() != 8)
    return Status::error("reading {}: index entry of '{}' has {} bytes, expected 8; {}", path,
                         sample, (*value)->size(), advice);
  return std::optional<SamplePlace>({extract<uint32_t>(**value, 0), extract<uint32_t>(**value, 4)});
}

Result<bool> RocksMetadataImpl::complete() {
  Result<std::optional<std::string>> next = get(nextKey);
  if (!next)
    return std::move(next).status();
  return next->has_value() && (*next)->size() == 8;
}

Result<uint64_t> RocksMetadataImpl::allocate() {
  Result<std::optional<std::string>> next = get(nextKey);
  if (!next)
    return std::move(next).status();
  if (!*next || (*next)->size() != 8)
    return Status::error("metadata {} are incomplete; {}", path, advice);
  const auto generation = extract<uint64_t>(**next, 0);
  std::string after;
  append<uint64_t>(after, generation + 1);
  rocksdb::WriteBatch batch;
  (void)batch.Put(nextKey, after);
  (void)batch.Put(leftoverKey(runName(generation, "")), "");
  FANFOLD_RETURN_IF_ERROR(write(batch, true));
  return generation;
}

Status RocksMetadataImpl::index(const std::string &run, uint32_t chunk,
                                const std::vector<ChunkEntry> &entries) {
  rocksdb::WriteBatch batch;
  for (uint32_t i = 0; i < entries.size(); ++i) {
    std::string place;
    append<uint32_t>(place, chunk);
    append<uint32_t>(place, i);
    (void)batch.Put(indexKey(run, entries[i].name), place);
  }
  return write(batch, false);
}

Status RocksMetadataImpl::commit(const DatasetRecord &record,
                                 const std::vector<std::string> &replaced) {
  rocksdb::WriteBatch batch;
  (void)batch.Put(datasetKey(record.name), toJson(record));
  (void)batch.Delete(leftoverKey(runName(record.generation, "")));
  for (const std::string &prefix : replaced)
    (void)batch.Put(leftoverKey(prefix), "");
  FANFOLD_RETURN_IF_ERROR(write(batch, true));
  // The log is durable; tables only spare readers from replaying it.
  (void)db->Flush(rocksdb::FlushOptions());
  return {};
}

Status RocksMetadataImpl::forget(const std::string &prefix) {
  rocksdb::WriteBatch batch;
  // '~' and above do not occur in a run's name, so this is past every such run.
  (void)batch.DeleteRange("i/" + prefix, "i/" + prefix + "~");
  (void)batch.Delete(leftoverKey(prefix));
  return write(batch, true);
}

Status RocksMetadataImpl::restore(const DatasetRecord &record) {
  rocksdb::WriteBatch batch;
  (void)batch.Put(datasetKey(record.name), toJson(record));
  return write(batch, true);
}

Status RocksMetadataImpl::finishRestoring(uint64_t largestGeneration) {
  std::string next;
  append<uint64_t>(next, largestGeneration + 1);
  rocksdb::WriteBatch batch;
  (void)batch.Put(nextKey, next);
  FANFOLD_RETURN_IF_ERROR(write(batch, true));
  (void)db->Flush(rocksdb::FlushOptions());
  return {};
}

namespace {

rocksdb::Options databaseOptions() {
  rocksdb::Options options;
  options.info_log_level = rocksdb::FATAL_LEVEL;
  options.keep_log_file_num = 1;
  options.max_background_jobs = 2;
  return options;
}

/// A writer may rename and remove tables between a reader's look at the list of
/// them and its opening them; the next look sees the new list.
Result<std::unique_ptr<Metadata>> openReadOnly(const std::string &path) {
  rocksdb::DB *db = nullptr;
  rocksdb::Status status;
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (attempt)
      std::this_thread::sleep_for(std::chrono::milliseconds(20 << attempt));
    status = rocksdb::DB::OpenForReadOnly(databaseOptions(), path, &db);
    if (status.ok())
      return std::unique_ptr<Metadata>(
          new RocksMetadataImpl(path, WriterLock(), std::unique_ptr<rocksdb::DB>(db)));
  }
  return fromRocks(status, "opening " + path);
}

/// RocksDB would wait for a pipe that somebody put in place of a file.
Status checkFiles(const std::string &path) {
  std::error_code failure;
  for (std::filesystem::directory_iterator it(path, failure), end; !failure && it != end;
       it.increment(failure))
    if (std::error_code gone; it->exists(gone) && !it->is_regular_file(gone) && !gone)
      return Status::error("{} is not a regular file", it->path().string());
  return {};
}

/// Renames what is there to the first free of metadata.old, metadata.old.1, ...
Status putAside(const std::string &path) {
  std::error_code failure;
  if (!std::filesystem::exists(path, failure))
    return {};
  std::string target = path + ".old";
  for (int i = 1; std::filesystem::exists(target, failure); ++i)
    target = fmt::format("{}.old.{}", path, i);
  std::filesystem::rename(path, target, failure);
  if (failure)
    return Status::error("renaming {} to {}: {}", path, target, failure.message());
  return {};
}

} // namespace

Result<std::unique_ptr<Metadata>> RocksMetadata::open(const std::string &directory, Access access,
                                                      ChunkStorage &chunks) {
  const std::string path = directory + "/metadata";
  std::error_code ignored;
  const bool exists = std::filesystem::exists(path + "/CURRENT", ignored);
  if (access == Access::read) {
    if (!exists)
      return Status::error("store {} has no metadata; {}", directory, advice);
    FANFOLD_RETURN_IF_ERROR(checkFiles(path));
    return openReadOnly(path);
  }

  Result<WriterLock> lock = WriterLock::take(directory);
  if (!lock)
    return std::move(lock).status();
  // A store without metadata may be made new only if it has no chunks.
  bool hasChunks = true;
  if (access == Access::write) {
    Result<std::vector<std::string>> ids = chunks.list("");
    if (!ids)
      return std::move(ids).status();
    hasChunks = !ids->empty();
    if (!exists && hasChunks)
      return Status::error("store {} has chunks and no metadata; {}", directory, advice);
  } else {
    FANFOLD_RETURN_IF_ERROR(putAside(path));
  }

  FANFOLD_RETURN_IF_ERROR(checkFiles(path));
  rocksdb::Options options = databaseOptions();
  options.create_if_missing = true;
  rocksdb::DB *db = nullptr;
  FANFOLD_RETURN_IF_ERROR(fromRocks(rocksdb::DB::Open(options, path, &db), "opening " + path));
  auto metadata =
      std::make_unique<RocksMetadataImpl>(path, std::move(*lock), std::unique_ptr<rocksdb::DB>(db));
  if (access == Access::write) {
    Result<bool> complete = metadata->complete();
    if (!complete)
      return std::move(complete).status();
    if (!*complete && hasChunks)
      return Status::error("metadata {} are incomplete; {}", path, advice);
    if (!*complete)
      FANFOLD_RETURN_IF_ERROR(metadata->finishRestoring(0));
  }
  return std::unique_ptr<Metadata>(std::move(metadata));
}

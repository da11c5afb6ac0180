//===- Loader.cpp - batches of a data set, made in the background ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Loader.h"

#include "io/ChunkWindow.h"
#include "io/Lookup.h"
#include "io/Shuffle.h"
#include "io/Store.h"
#include "io/WorkerPool.h"
#include "io/decode/Augment.h"
#include "io/decode/Image.h"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// A sample of the batch under way, with the chunk that holds it.
struct Task {
  SampleRef ref;
  std::shared_ptr<const Chunk> chunk;
};

class Loader : public DataSource {
public:
  Loader(std::unique_ptr<ChunkStorage> storage, const DatasetRecord &record,
         const std::string &split, const BatchFormat &format, std::string what)
      : storage(std::move(storage)), split(record.splits.at(split)), format(format),
        what(std::move(what)), classes(record.classCount), pool(format.threads),
        windows(*this->storage, this->split), order(orderOf(0)), worker([this] { run(); }) {}
  ~Loader() override;

  int64_t sampleCount() const override { return static_cast<int64_t>(split.samples()); }
  int64_t batchesPerEpoch() const override;
  int64_t classCount() const override { return classes; }
  ImportId importId() const override { return split.importId(); }
  Status seek(int64_t newEpoch, int64_t nextSample) override;
  void prefetch(BatchSlot slot) override;
  Result<BatchInfo> wait() override;

private:
  EpochOrder orderOf(int64_t ofEpoch) const {
    return format.train ? EpochOrder::shuffled(split.samplesInChunk, format.seed, ofEpoch)
                        : EpochOrder::stored(split.samplesInChunk);
  }
  /// Samples that all ranks take at once.
  uint64_t wholeBatch() const { return static_cast<uint64_t>(format.batch * format.ranks); }
  /// Samples of an epoch that get into batches.
  uint64_t usableSamples() const;
  void moveTo(int64_t newEpoch, uint64_t newPosition);
  /// Makes window `window` the present one and begins to read its successor.
  Status enterWindow(size_t window);
  Result<BatchInfo> fill(const BatchSlot &slot);
  Status decode(const Task &task, uint8_t *image, int32_t *label) const;
  void run();

  // Set once.
  std::unique_ptr<ChunkStorage> storage;
  const SplitRecord split;
  const BatchFormat format;
  const std::string what; ///< For diagnostics: which split of which data set.
  const int64_t classes;
  WorkerPool pool;

  // Of the worker; seek() touches them while it has nothing to do.
  WindowReader windows;
  int64_t epoch = 0;
  uint64_t position = 0; ///< Samples of the epoch that are in batches already.
  EpochOrder order;
  bool inWindow = false; ///< Whether the next three are of the present position.
  size_t window = 0;
  ChunkWindow chunks;
  std::vector<SampleRef> refs;
  Status failure; ///< Ends the stream.

  // Between worker and caller.
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<BatchSlot> slots;            ///< To be filled; the first may be under way.
  std::deque<Result<BatchInfo>> finished; ///< In the order of the slots.
  size_t outstanding = 0;                 ///< prefetch() calls without their wait().
  bool stopping = false;

  std::thread worker; // Last: everything above exists when it starts.
};

} // namespace

Loader::~Loader() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  worker.join();
}

uint64_t Loader::usableSamples() const {
  return format.train ? split.samples() / wholeBatch() * wholeBatch() : split.samples();
}

int64_t Loader::batchesPerEpoch() const {
  return static_cast<int64_t>((usableSamples() + wholeBatch() - 1) / wholeBatch());
}

void Loader::moveTo(int64_t newEpoch, uint64_t newPosition) {
  // A training batch is whole; where none fits any more the epoch is over.
  const uint64_t needed = format.train ? wholeBatch() : 1;
  if (newPosition + needed > split.samples()) {
    ++newEpoch;
    newPosition = 0;
  }
  if (newEpoch != epoch)
    order = orderOf(newEpoch);
  epoch = newEpoch;
  position = newPosition;
}

Status Loader::seek(int64_t newEpoch, int64_t nextSample) {
  std::lock_guard<std::mutex> lock(mutex);
  assert(outstanding == 0 && "a prefetch is pending");
  if (newEpoch < 0 || nextSample < 0 || nextSample > sampleCount())
    return Status::error("{}: found position {} of epoch {}, expected 0 to {}", what, nextSample,
                         newEpoch, sampleCount());
  moveTo(newEpoch, static_cast<uint64_t>(nextSample));
  inWindow = false;
  failure = Status();
  return {};
}

void Loader::prefetch(BatchSlot slot) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    assert(outstanding < 2 && "at most two slots may be pending");
    slots.push_back(slot);
    ++outstanding;
  }
  changed.notify_all();
}

Result<BatchInfo> Loader::wait() {
  std::unique_lock<std::mutex> lock(mutex);
  if (outstanding == 0)
    return Status::internal("{}: waiting for a batch that nobody asked for", what);
  changed.wait(lock, [this] { return !finished.empty(); });
  Result<BatchInfo> info = std::move(finished.front());
  finished.pop_front();
  --outstanding;
  return info;
}

void Loader::run() {
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return stopping || !slots.empty(); });
    if (stopping)
      return;
    const BatchSlot slot = slots.front();
    lock.unlock();
    Result<BatchInfo> info = failure.ok() ? fill(slot) : Result<BatchInfo>(failure);
    if (!info)
      failure = info.status();
    lock.lock();
    slots.pop_front();
    finished.push_back(std::move(info));
    changed.notify_all();
  }
}

Status Loader::enterWindow(size_t newWindow) {
  Result<ChunkWindow> read = windows.get(order.chunksOf(newWindow));
  if (!read)
    return std::move(read).status();
  chunks = std::move(*read);
  refs = order.samplesOf(newWindow);
  window = newWindow;
  inWindow = true;
  if (window + 1 < order.windows())
    windows.begin(order.chunksOf(window + 1));
  else
    windows.begin(orderOf(epoch + 1).chunksOf(0));
  return {};
}

Result<BatchInfo> Loader::fill(const BatchSlot &slot) {
  const auto batch = static_cast<size_t>(format.batch);
  // Others have those before and behind.
  const uint64_t first =
      std::min(position + static_cast<uint64_t>(format.rank) * batch, split.samples());
  const size_t samples = std::min<uint64_t>(batch, split.samples() - first);
  std::vector<Task> tasks;
  while (tasks.size() < samples) {
    const uint64_t at = first + tasks.size();
    if (!inWindow || order.windowOf(at) != window)
      FANFOLD_RETURN_IF_ERROR(enterWindow(order.windowOf(at)).withContext("{}", what));
    const SampleRef &ref = refs[at - order.windowBegin(window)];
    tasks.push_back({ref, chunks.at(ref.chunk)});
  }

  const auto imageBytes = static_cast<size_t>(format.height * format.width * format.channels);
  std::vector<Status> statuses(samples);
  pool.forEach(samples, [&](size_t i) {
    statuses[i] = decode(tasks[i], slot.images + i * imageBytes, slot.labels + i);
  });
  // The first in the order of the batch, whichever thread was quicker.
  for (Status &status : statuses)
    FANFOLD_RETURN_IF_ERROR(std::move(status));
  std::memset(slot.images + samples * imageBytes, 0, (batch - samples) * imageBytes);
  std::fill(slot.labels + samples, slot.labels + batch, -1);

  BatchInfo info;
  info.samples = static_cast<int64_t>(samples);
  info.epoch = epoch;
  const uint64_t next = std::min(position + wholeBatch(), split.samples());
  info.nextSample = static_cast<int64_t>(next);
  moveTo(epoch, next);
  info.lastOfEpoch = epoch != info.epoch;
  if (info.lastOfEpoch)
    inWindow = false;
  return info;
}

Status Loader::decode(const Task &task, uint8_t *image, int32_t *label) const {
  const ChunkEntry &entry = task.chunk->entries()[task.ref.entry];
  const std::string id = chunkName(split.run, task.ref.chunk);
  Result<ByteView> payload = task.chunk->payload(task.ref.entry);
  if (!payload)
    return std::move(payload).status().withContext("{}: chunk {}", what, id);
  if (entry.label < 0 || entry.label >= classes)
    return Status::error("{}: chunk {}: sample '{}': found label {}, expected 0 to {}", what, id,
                         entry.name, entry.label, classes - 1);
  Result<Image> decoded = decodeImage(entry, *payload, static_cast<uint32_t>(format.channels));
  if (!decoded)
    return std::move(decoded).status().withContext("{}: chunk {}: sample '{}'", what, id,
                                                   entry.name);
  prepareImage(*decoded, format, sampleSeed(format.seed, epoch, task.ref.sample), image);
  *label = entry.label;
  return {};
}

Result<std::unique_ptr<DataSource>>
io::openDataSource(const std::string &url, const std::string &split, const BatchFormat &format) {
  constexpr int64_t maxExtent = 1 << 16;
  if (format.height > maxExtent || format.width > maxExtent || format.channels > 255)
    return Status::error("the model has images of {}x{}x{}, expected at most {}x{}x255",
                         format.height, format.width, format.channels, maxExtent, maxExtent);
  if (format.batch <= 0 || format.height <= 0 || format.width <= 0 || format.channels <= 0 ||
      format.threads <= 0 || format.cropPadding < 0 || format.rank < 0 ||
      format.rank >= format.ranks)
    return Status::internal("batch format {} x {}x{}x{} with crop padding {} and {} threads for "
                            "rank {} of {} makes no sense",
                            format.batch, format.height, format.width, format.channels,
                            format.cropPadding, format.threads, format.rank, format.ranks);
  Result<StoreUrl> parts = parseDatasetUrl(url);
  if (!parts)
    return std::move(parts).status();
  Result<Store> store = openStore(parts->directory, Access::read);
  if (!store)
    return std::move(store).status();
  Result<DatasetRecord> record = store->find(parts->dataset);
  if (!record)
    return std::move(record).status();
  Result<SplitRecord> found = findSplit(*record, split);
  if (!found)
    return std::move(found).status();
  const SplitRecord &there = *found;
  const auto channels = static_cast<uint32_t>(format.channels);
  const bool onlyRaw = there.encodings == std::vector<Encoding>{Encoding::raw};
  // Grey files are as good as coloured ones; a raw image is what it is. Where both are in a
  // split, which of them is grey shows when it comes up.
  const uint32_t narrowest = !onlyRaw && channels == 3 ? 1 : channels;
  const uint32_t least = there.smallest.channels, most = there.largest.channels;
  if (least < narrowest || most > channels)
    return Status::error(
        "split '{}' of {} has images of {} channels, expected {}", split, url,
        least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most), channels);
  if (there.samples() == 0)
    return Status::error("split '{}' of {} has 0 samples, expected at least 1", split, url);
  if (format.train && there.samples() < static_cast<uint64_t>(format.batch * format.ranks))
    return Status::error("split '{}' of {} has {} samples, expected at least a batch of {}", split,
                         url, there.samples(), format.batch * format.ranks);
  return std::unique_ptr<DataSource>(new Loader(std::move(store->chunks), *record, split, format,
                                                fmt::format("split '{}' of {}", split, url)));
}

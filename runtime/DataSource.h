//===- DataSource.h - where batches come from -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The runtime asks for batches through this interface; io/ implements it over
// DLFS. The order of samples is a pure function of seed and epoch, so that a
// position (epoch, sample) is all a checkpoint needs to resume to the bit.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_DATASOURCE_H
#define FANFOLD_RUNTIME_DATASOURCE_H

#include "runtime/Program.h"
#include "runtime/Status.h"

#include <cstdint>
#include <memory>
#include <string>

namespace fanfold {

/// What a reader of a split must deliver.
struct BatchFormat {
  int64_t batch = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0; ///< Images are u8, NHWC.
  bool train = false;   ///< Shuffle and augment, drop the last partial batch; else in
                        ///< stored order, the last batch padded.
  int64_t cropPadding = 0;
  bool flip = false;
  bool resizedCrop = false;
  uint64_t seed = 0;
  int threads = 1; ///< Decoding threads.
  /// Of a job of several ranks: each takes its share of every batch of ranks x `batch` samples, the
  /// ones behind those of the ranks before it. An epoch ends where that is not whole any more, and
  /// in evaluation where no rank has a sample.
  int rank = 0;
  int ranks = 1;
};

/// Host memory for one batch.
struct BatchSlot {
  uint8_t *images = nullptr; ///< batch x height x width x channels.
  int32_t *labels = nullptr; ///< batch; -1 in the padding of a last batch.
};

/// What a filled slot holds.
struct BatchInfo {
  int64_t samples = 0; ///< Of this rank, without padding.
  int64_t epoch = 0;
  int64_t nextSample = 0;   ///< Samples of the epoch consumed after this batch, by all ranks.
  bool lastOfEpoch = false; ///< The next batch, if any, begins another epoch.
};

/// Which import wrote the samples of a split. A copy of a store keeps it; importing the
/// same files again makes another, for their order may be another one.
struct ImportId {
  std::string id;   ///< 16 hexadecimal digits.
  int64_t time = 0; ///< Seconds since 1970; 0: not known.
};

/// An endless stream of batches of one split.
class DataSource {
public:
  virtual ~DataSource() = default;

  virtual int64_t sampleCount() const = 0;
  virtual int64_t batchesPerEpoch() const = 0;
  virtual int64_t classCount() const = 0;
  virtual ImportId importId() const = 0;

  /// Continues at sample `nextSample` of `epoch`. No prefetch may be pending.
  virtual Status seek(int64_t epoch, int64_t nextSample) = 0;

  /// Begins to fill `slot` with the next batch on other threads and returns.
  /// The slot belongs to the source until wait() hands it back. Slots are
  /// filled in the order of the calls; at most two are pending.
  virtual void prefetch(BatchSlot slot) = 0;

  /// Waits for the oldest pending slot.
  virtual Result<BatchInfo> wait() = 0;
};

/// Opens split "train" or "test" of the data set at `url`
/// ("dlfs:///directory/dataset").
using OpenDataSource = Result<std::unique_ptr<DataSource>> (*)(const std::string &url,
                                                               const std::string &split,
                                                               const BatchFormat &format);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_DATASOURCE_H
